/**
 * One task: where it is, why there, what it asked for, how it ended.
 */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Task } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatRun } from '../format/durations.ts';
import { shortFunction } from '../format/function-name.ts';
import { JobLog } from '../jobs/logs/job-log.tsx';
import { useNodeNames } from '../nodes/node-names.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { type Fact, Facts } from '../parts/facts.tsx';
import { Failure } from '../parts/failure.tsx';
import { EntityLink, Id, MaybeId } from '../parts/id.tsx';
import { Note } from '../parts/note.tsx';
import { PageHeader } from '../parts/page-header.tsx';
import { Panel } from '../parts/panel.tsx';
import { Stack } from '../parts/stack.tsx';
import { Status } from '../parts/status.tsx';
import { RunTime, When } from '../parts/when.tsx';
import { PageLoading } from '../shell/page-loading.tsx';
import { WhyView } from './why-view.tsx';

const OVER = ['succeeded', 'failed', 'cancelled'];

/** See above. */
export function TaskPage() {
  const { id } = useParams({ from: '/shell/tasks/$id' });
  const { data: task, error, refetch } = useQuery(ask('getTask', { params: { id } }));
  const nameOf = useNodeNames();
  if (!task && !error) return <PageLoading />;
  if (!task) {
    return (
      <>
        <PageHeader title={`Task ${id}`} back="/tasks" />
        <Failure error={error} what="task" onRetry={() => void refetch()} />
      </>
    );
  }
  const isOver = OVER.includes(task.state);
  return (
    <>
      <PageHeader title={shortFunction(task.fn)} back="/tasks" badge={<Status state={task.state} isLarge />} />
      <div className="stack">
        {task.error !== null && (
          <Panel title="Error">
            <Stack text={task.error} aside={<CopyButton text={task.error} what="the error" />} />
          </Panel>
        )}
        {task.state === 'failed' && task.error === null && (
          <Note tone="bad" title="It ended with an error">
            <p>The error itself is with whoever asked for its result: see the job, and the log below.</p>
          </Note>
        )}
        <Panel title="Task">
          <Facts facts={factsOf(task, nameOf)} />
        </Panel>
        {!isOver && (
          <Panel title={task.node === null ? 'Why is it waiting?' : 'Why is it there?'}>
            <WhyView task={id} />
          </Panel>
        )}
        <JobLog job={task.job} task={id} isRunning={!isOver} />
      </div>
    </>
  );
}

function factsOf(task: Task, nameOf: (node: string) => string): Fact[] {
  const { id, fn, job, node, attempts, parent, actor, demand, submittedAt, startedAt, endedAt, runMs } = task;
  return [
    {
      name: 'Id',
      value: (
        <span className="id">
          <span className="mono">{id}</span>
          <CopyButton text={id} what={`id ${id}`} />
        </span>
      ),
    },
    { name: 'Function', value: <span className="mono">{fn}</span> },
    { name: 'Job', value: <EntityLink kind="job" id={job} name={`job ${job}`} /> },
    { name: 'Node', value: node === null ? 'none yet' : <EntityLink kind="node" id={node} name={nameOf(node)} /> },
    { name: 'Attempts', value: String(attempts) },
    { name: 'Asks for', value: demand },
    { name: 'Submitted', value: <When at={submittedAt} /> },
    { name: 'Waited', value: <RunTime from={submittedAt} to={startedAt ?? endedAt} /> },
    { name: 'Given to the node', value: startedAt === null ? undefined : <When at={startedAt} /> },
    { name: 'Ended', value: endedAt === null ? undefined : <When at={endedAt} /> },
    { name: 'Ran', value: runMs === null ? undefined : formatRun(runMs) },
    { name: 'Called by', value: parent === null ? undefined : <MaybeId kind="task" id={parent} /> },
    { name: 'Actor', value: actor === null ? undefined : <MaybeId kind="actor" id={actor} /> },
    { name: 'Result', value: <Id kind="object" id={id} /> },
  ];
}
