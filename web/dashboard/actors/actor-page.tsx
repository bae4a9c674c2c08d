/**
 * One actor: where it lives, what it has to do, the calls it got.
 */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { Actor } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatNoun, formatQuantity } from '../format/numbers.ts';
import { useNodeNames } from '../nodes/node-names.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Empty } from '../parts/empty.tsx';
import { type Fact, Facts } from '../parts/facts.tsx';
import { Failure } from '../parts/failure.tsx';
import { sentence } from '../parts/failure-words.ts';
import { EntityLink } from '../parts/id.tsx';
import { TaskIcon } from '../parts/icons.ts';
import { PageHeader } from '../parts/page-header.tsx';
import { Panel } from '../parts/panel.tsx';
import { Status } from '../parts/status.tsx';
import { useOwnState } from '../parts/table/table-state.ts';
import { PageLoading } from '../shell/page-loading.tsx';
import { TasksTable } from '../tasks/tasks-table.tsx';
import { WhyView } from '../tasks/why-view.tsx';

/** See above. */
export function ActorPage() {
  const { id } = useParams({ from: '/shell/actors/$id' });
  const { data: actor, error, refetch } = useQuery(ask('getActor', { params: { id } }));
  const nameOf = useNodeNames();
  const calls = useOwnState();
  if (!actor && !error) return <PageLoading />;
  if (!actor) {
    return (
      <>
        <PageHeader title={`Actor ${id}`} back="/actors" />
        <Failure error={error} what="actor" onRetry={() => void refetch()} />
      </>
    );
  }
  const isWaiting = actor.state === 'pending' || actor.state === 'restarting';
  return (
    <>
      <PageHeader title={actor.className} back="/actors" badge={<Status state={actor.state} isLarge />}>
        {actor.name !== '' && `Known as ${actor.name}`}
      </PageHeader>
      <div className="stack">
        <Panel title="Actor">
          <Facts facts={factsOf(actor, nameOf)} />
        </Panel>
        {isWaiting && (
          <Panel title="Why is it waiting?">
            <WhyView task={id} />
          </Panel>
        )}
        <section aria-labelledby="actor-calls" className="stack">
          <h2 id="actor-calls" className="section">
            Calls
          </h2>
          <TasksTable
            state={calls}
            fixed={{ actor: id }}
            empty={<Empty icon={TaskIcon} title="No call is under way" />}
          />
        </section>
      </div>
    </>
  );
}

function factsOf(actor: Actor, nameOf: (node: string) => string): Fact[] {
  const { id, job, name, namespace, node, incarnation, restarts, pendingCalls, inFlightCalls } = actor;
  const { checkpointCalls, callsSince, nextLife } = actor;
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
    { name: 'Job', value: <EntityLink kind="job" id={job} name={`job ${job}`} /> },
    { name: 'Node', value: node === null ? 'none now' : <EntityLink kind="node" id={node} name={nameOf(node)} /> },
    { name: 'Name', value: name },
    { name: 'Namespace', value: namespace },
    { name: 'Life', value: formatQuantity(incarnation) },
    { name: 'Restarts', value: formatQuantity(restarts) },
    { name: 'Calls waiting', value: formatQuantity(pendingCalls) },
    { name: 'Calls running', value: formatQuantity(inFlightCalls) },
    {
      name: 'Last checkpoint',
      value: checkpointCalls === null ? 'none' : `after ${formatNoun(checkpointCalls, 'call')}`,
    },
    { name: 'Calls since', value: callsSince === null ? null : formatQuantity(callsSince) },
    { name: 'If it were lost', value: sentence(nextLife), isWide: true },
  ];
}
