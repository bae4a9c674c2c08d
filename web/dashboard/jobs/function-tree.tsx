/**
 * Progress by function: where a job spends its time, and where it is stuck.
 */
import { Link } from '@tanstack/react-router';
import type { FunctionProgress } from '#shared/api/schemas.ts';
import { formatDuration } from '../format/durations.ts';
import { shortFunction } from '../format/function-name.ts';
import { formatQuantity } from '../format/numbers.ts';
import { Panel } from '../parts/panel.tsx';
import { ProgressBar } from '../parts/progress-bar.tsx';
import { callsOf, functionRows, shareOver } from './function-rows.ts';
import styles from './function-tree.module.css';
import { ScrollRegion } from '../parts/scroll-region.tsx';

/** See above. */
export interface FunctionTreeProps {
  readonly functions: readonly FunctionProgress[] | undefined;
  readonly job: string;
}

/** See above. */
export function FunctionTree({ functions, job }: FunctionTreeProps) {
  if (!functions || functions.length === 0) return null;
  return (
    <Panel title="By function" isFlush>
      <ScrollRegion className={styles['scroll']} label="Progress by function">
        <table className={styles['tree']}>
          <thead>
            <tr>
              <th scope="col">Function</th>
              <th scope="col">Progress</th>
              <th scope="col">Waiting</th>
              <th scope="col">Running</th>
              <th scope="col">Done</th>
              <th scope="col">Failed</th>
              <th scope="col">Retries</th>
              <th scope="col">Each takes</th>
              <th scope="col">In total</th>
            </tr>
          </thead>
          <tbody>
            {functionRows(functions).flatMap(({ progress, methods }) => [
              <Row key={progress.fn} row={progress} job={job} level={0} />,
              ...methods.map((method) => <Row key={method.fn} row={method} job={job} level={1} />),
            ])}
          </tbody>
        </table>
      </ScrollRegion>
    </Panel>
  );
}

const KINDS = { task: '', actor: 'actor', method: 'method' };

function Row({ row, job, level }: { readonly row: FunctionProgress; readonly job: string; readonly level: number }) {
  const { fn, kind, waiting, queued, running, succeeded, failed, retries, totalMs, meanMs } = row;
  const all = callsOf(row);
  const over = succeeded + failed;
  return (
    <tr>
      <th scope="row" data-level={level}>
        <Link to="/tasks" search={{ job, fn }} className="mono" title={fn}>
          {shortFunction(fn)}
        </Link>
        {KINDS[kind] !== '' && <span className={styles['kind']}>{KINDS[kind]}</span>}
      </th>
      <td className={styles['bar']}>
        <ProgressBar
          share={shareOver(row)}
          failedShare={all === 0 ? 0 : failed / all}
          label={`Progress of ${shortFunction(fn)}`}
          tone={running + queued + waiting > 0 ? 'busy' : 'good'}
        />
      </td>
      <Count value={waiting + queued} />
      <Count value={running} />
      <Count value={succeeded} />
      <Count value={failed} isBad />
      <Count value={retries} />
      <td>{over === 0 ? '–' : formatDuration(meanMs)}</td>
      <td>{over === 0 ? '–' : formatDuration(totalMs)}</td>
    </tr>
  );
}

function Count({ value, isBad = false }: { readonly value: number; readonly isBad?: boolean }) {
  return <td className={value === 0 ? 'soft' : isBad ? 'bad' : undefined}>{formatQuantity(value)}</td>;
}
