/**
 * One node: what it is, what it runs and holds, how it has done lately, its former lives.
 */
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { Node } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatQuantity } from '../format/numbers.ts';
import { formatMemory, formatSize } from '../format/sizes.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Empty } from '../parts/empty.tsx';
import { type Fact, Facts } from '../parts/facts.tsx';
import { Failure } from '../parts/failure.tsx';
import { TaskIcon } from '../parts/icons.ts';
import { Note } from '../parts/note.tsx';
import { PageHeader } from '../parts/page-header.tsx';
import { Panel } from '../parts/panel.tsx';
import { ProgressBar } from '../parts/progress-bar.tsx';
import { nodeState, roleWords } from '../parts/states.ts';
import { Status } from '../parts/status.tsx';
import { useOwnState } from '../parts/table/table-state.ts';
import { When } from '../parts/when.tsx';
import { PageLoading } from '../shell/page-loading.tsx';
import { TasksTable } from '../tasks/tasks-table.tsx';
import { MachineFacts } from './machine-facts.tsx';
import { cpuWords, resourceWords } from './node-columns.tsx';
import { NodeCharts } from './node-charts.tsx';
import { NodeSessions } from './node-sessions.tsx';

/** See above. */
export function NodePage() {
  const { id } = useParams({ from: '/shell/nodes/$id' });
  const { data: node, error, refetch } = useQuery(ask('getNode', { params: { id } }));
  const tasks = useOwnState();
  if (!node && !error) return <PageLoading />;
  if (!node) {
    return (
      <>
        <PageHeader title={`Node ${id}`} back="/nodes" />
        <Failure error={error} what="node" onRetry={() => void refetch()} />
      </>
    );
  }
  return (
    <>
      <PageHeader
        title={node.name === '' ? `Node ${id}` : node.name}
        back="/nodes"
        badge={<Status state={nodeState(node)} isLarge />}
      >
        {roleWords(node)}
        {node.platform !== '' && `, ${node.platform}`}
      </PageHeader>
      <div className="stack">
        <StateNote node={node} />
        <Panel title={node.state === 'dead' ? 'At its end' : 'Now'}>
          <div className="stack">
            {node.cpus > 0 && node.state !== 'dead' && (
              <ProgressBar share={Math.max(0, node.cpus - node.freeCpus) / node.cpus} label="CPUs in use" />
            )}
            <Facts facts={factsOf(node)} />
          </div>
        </Panel>
        <NodeCharts id={id} />
        <MachineFacts facts={node.facts} />
        <NodeSessions node={node} />
        <section aria-labelledby="node-tasks" className="stack">
          <h2 id="node-tasks" className="section">
            Tasks it has or had
          </h2>
          <TasksTable
            state={tasks}
            fixed={{ node: id }}
            empty={<Empty icon={TaskIcon} title="No task has been given to it yet" />}
          />
        </section>
      </div>
    </>
  );
}

function StateNote({ node }: { readonly node: Node }) {
  if (node.state === 'disconnected') {
    return (
      <Note tone="sun" title="Its connection is lost">
        <p>It gets no new work. If it does not come back soon, its work is given to others.</p>
      </Note>
    );
  }
  if (node.state === 'dead') {
    return (
      <Note title="This life of the node is over">
        <p>If the machine comes back, it is a new one below.</p>
      </Note>
    );
  }
  if (!node.paused) return null;
  return (
    <Note title="Paused">
      <p>It takes no work for now: its owner has paused it, or it is not charging.</p>
    </Note>
  );
}

function factsOf(node: Node): Fact[] {
  return [
    {
      name: 'Id',
      value: (
        <span className="id">
          <span className="mono">{node.id}</span>
          <CopyButton text={node.id} what={`id ${node.id}`} />
        </span>
      ),
    },
    { name: 'CPUs in use', value: cpuWords(node) },
    { name: 'Other resources', value: resourceWords(node.resources) },
    { name: 'Labels', value: node.labels.join(', ') },
    { name: 'Running tasks', value: formatQuantity(node.runningTasks) },
    { name: 'In its own queue', value: formatQuantity(node.queuedTasks) },
    { name: 'Done so far', value: formatQuantity(node.executedTasks) },
    { name: 'Workers', value: formatQuantity(node.workers) },
    {
      name: 'Objects it holds',
      value: (
        <Link to="/objects" search={{ nodes: node.id }}>
          {formatQuantity(node.objects)}, {formatSize(node.storeBytes)}
        </Link>
      ),
    },
    { name: 'Memory of its process', value: node.rssBytes === 0 ? undefined : formatMemory(node.rssBytes) },
    { name: 'Joined', value: <When at={node.joinedAt} /> },
    { name: 'Trusted', value: node.trusted ? 'yes' : 'no: a stranger’s' },
    {
      name: 'Lasting id',
      value: (
        <span className="id">
          <span className="mono">{node.nodeId}</span>
          <CopyButton text={node.nodeId} what={`lasting id ${node.nodeId}`} />
        </span>
      ),
    },
  ];
}
