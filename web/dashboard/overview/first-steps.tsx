/**
 * For a cluster that has no nodes or no jobs yet: the two steps that make it one.
 */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ask } from '../../api/queries.ts';
import { Command } from '../parts/command.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { DoneIcon, LendIcon } from '../parts/icons.ts';
import { useMe } from '../parts/me.ts';
import { Panel } from '../parts/panel.tsx';
import styles from './first-steps.module.css';
import { joinCommand } from './join-command.ts';

const EXAMPLES = 4;

/** See above. */
export function FirstSteps({ hasNodes, hasJobs }: { readonly hasNodes: boolean; readonly hasJobs: boolean }) {
  return (
    <Panel title="Begin here" hint="Two steps, and this cluster computes.">
      <ol className={styles['steps']}>
        <li data-done={hasNodes || undefined}>
          <StepSign number={1} isDone={hasNodes} />
          <div>
            <h3>{hasNodes ? 'A machine has joined' : 'Lend a machine'}</h3>
            {!hasNodes && <LendStep />}
          </div>
        </li>
        <li data-done={hasJobs || undefined}>
          <StepSign number={2} isDone={hasJobs} />
          <div>
            <h3>{hasJobs ? 'A job has run' : 'Run the first job'}</h3>
            {!hasJobs && <RunStep />}
          </div>
        </li>
      </ol>
    </Panel>
  );
}

function StepSign({ number, isDone }: { readonly number: number; readonly isDone: boolean }) {
  return <span className={styles['sign']}>{isDone ? <DoneIcon size={18} aria-label="Done" /> : number}</span>;
}

function LendStep() {
  const { isOperator, joinUrl } = useMe();
  if (!isOperator || joinUrl === null) {
    return <p className="soft">Ask an operator of this cluster for the link that lends a machine.</p>;
  }
  return (
    <div className={styles['parts']}>
      <p className="soft">This browser, nothing to install. It computes while the tab is open.</p>
      <div className={styles['line']}>
        <Button
          component="a"
          href={joinUrl}
          target="_blank"
          rel="noreferrer"
          variant="default"
          leftSection={<LendIcon size={17} />}
        >
          Lend this computer
        </Button>
        <span className="soft small">
          or send the link to another <CopyButton text={joinUrl} what="the link that lends a machine" />
        </span>
      </div>
      <p className="soft">A server or laptop with Node.js, in its terminal:</p>
      <Command text={joinCommand(joinUrl)} />
    </div>
  );
}

function RunStep() {
  const { isOperator } = useMe();
  const { data: examples } = useQuery(ask('listExamples'));
  if (!isOperator) return <p className="soft">Whoever has the token of an operator can submit one.</p>;
  return (
    <div className={styles['parts']}>
      <p className="soft">Open an example, press Run, change it. Or write your own: it is one TypeScript file.</p>
      <ul className={styles['examples']}>
        {examples?.items.slice(0, EXAMPLES).map(({ id, title, summary }) => (
          <li key={id}>
            <Link to="/submit" search={{ example: id }}>
              {title}
            </Link>
            <span className="soft small">{summary}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
