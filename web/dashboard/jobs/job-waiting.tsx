/**
 * Why a job is waiting: of each function one task that waits for a node, with the reason, and what the scheduler weighed for it.
 */
import { useQuery } from '@tanstack/react-query';
import type { JobDetail, Task } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { useClock } from '../parts/clock.ts';
import { Fn } from '../parts/fn.tsx';
import { Id } from '../parts/id.tsx';
import { Panel } from '../parts/panel.tsx';
import { WhyView } from '../tasks/why-view.tsx';
import styles from './job-waiting.module.css';

const SHOWN = 4;
/** A task that has just been submitted waits, and it means nothing. */
const MIN_WAIT_MS = 3000;
const LOOKED_AT = 200;

/** See above. */
export function JobWaiting({ job }: { readonly job: JobDetail }) {
  const isRunning = job.status === 'running';
  const { data } = useQuery({
    ...ask('listTasks', { query: { job: job.id, state: 'queued', limit: LOOKED_AT } }),
    enabled: isRunning && job.unfinished > 0,
  });
  const tasks = isRunning && data ? data.items : [];
  // Time alone brings a task here: the answer may stay the same.
  const ids = useClock((nowMs) => oneOfEach(tasks, nowMs).slice(0, SHOWN).join(' ')).split(' ');
  const waiting = tasks.filter(({ id }) => ids.includes(id));
  if (waiting.length === 0) return null;
  return (
    <Panel title="Why is it waiting?" hint="One task of each function that waits for a node">
      <ul className={styles['waiting']}>
        {waiting.map(({ id, fn, demand }) => (
          <li key={id}>
            <p>
              <Fn fn={fn} /> <Id kind="task" id={id} />
              {demand !== '' && <span className="soft">asks for {demand}</span>}
            </p>
            <WhyView task={id} isShort />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

/** Id of the task of each function that has waited longest. */
function oneOfEach(tasks: readonly Task[], nowMs: number): string[] {
  const oldest = new Map<string, Task>();
  for (const task of tasks) {
    const { fn, submittedAt } = task;
    if (submittedAt === null || nowMs - Date.parse(submittedAt) < MIN_WAIT_MS) continue;
    const known = oldest.get(fn)?.submittedAt ?? undefined;
    if (known === undefined || submittedAt < known) oldest.set(fn, task);
  }
  return [...oldest.values()].map(({ id }) => id);
}
