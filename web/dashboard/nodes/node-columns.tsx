/**
 * Columns of the list of nodes: what each is, and how much it does and holds.
 */
import type { Node } from '#shared/api/schemas.ts';
import { formatAmount, formatQuantity } from '../format/numbers.ts';
import { formatMemory, formatSize } from '../format/sizes.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { EntityLink, Id } from '../parts/id.tsx';
import { nodeState, roleWords, wordsOf } from '../parts/states.ts';
import { Status } from '../parts/status.tsx';
import type { Column } from '../parts/table/column.ts';
import { When } from '../parts/when.tsx';

const STATES = ['connected', 'disconnected', 'dead'].map((value) => ({ value, label: wordsOf(value).label }));
const ROLES = [
  { value: 'host', label: 'Host' },
  { value: 'tab', label: 'Browser tab' },
  { value: 'driver', label: 'Driver' },
];

/** Other resources, `GPU 1, licence 2`. */
export function resourceWords(resources: Node['resources']): string {
  return Object.entries(resources)
    .map(([name, amount]) => `${name} ${formatAmount(amount)}`)
    .join(', ');
}

/** CPUs that work, of all. */
export function cpuWords({ role, state, cpus, freeCpus }: Node): string {
  if ((role === 'driver' && cpus === 0) || state === 'dead') return '–';
  return `${formatAmount(Math.max(0, cpus - freeCpus))} of ${formatAmount(cpus)}`;
}

/** See above. */
export const NODE_COLUMNS: readonly Column<Node>[] = [
  {
    id: 'name',
    header: 'Node',
    filter: 'part',
    isSortable: true,
    isTitle: true,
    cell: ({ id, name }) => (
      <span className="id">
        <EntityLink kind="node" id={id} name={name === '' ? `node ${id}` : name} />
        <CopyButton text={id} what={`id ${id} of ${name}`} />
      </span>
    ),
  },
  {
    id: 'id',
    header: 'Id',
    filter: 'exact',
    isSortable: true,
    isExtra: true,
    cell: ({ id }) => <Id kind="node" id={id} />,
  },
  { id: 'role', header: 'Kind', filter: ROLES, isSortable: true, cell: (node) => roleWords(node) },
  {
    id: 'state',
    header: 'State',
    filter: STATES,
    isSortable: true,
    cell: (node) => <Status state={nodeState(node)} />,
  },
  {
    id: 'cpus',
    header: 'CPUs in use',
    isNumber: true,
    isSortable: true,
    cell: cpuWords,
  },
  { id: 'resources', header: 'Other resources', cell: ({ resources }) => resourceWords(resources) },
  { id: 'labels', header: 'Labels', filter: 'part', isExtra: true, cell: ({ labels }) => labels.join(', ') },
  {
    id: 'runningTasks',
    header: 'Running',
    isNumber: true,
    isSortable: true,
    cell: ({ runningTasks }) => formatQuantity(runningTasks),
  },
  {
    id: 'executedTasks',
    header: 'Done',
    isNumber: true,
    isSortable: true,
    cell: ({ executedTasks }) => formatQuantity(executedTasks),
  },
  {
    id: 'rssBytes',
    header: 'Memory',
    isNumber: true,
    isSortable: true,
    cell: ({ rssBytes }) => (rssBytes === 0 ? '–' : formatMemory(rssBytes)),
  },
  {
    id: 'storeBytes',
    header: 'Objects held',
    isNumber: true,
    isSortable: true,
    cell: ({ storeBytes }) => formatSize(storeBytes),
  },
  { id: 'joinedAt', header: 'Joined', isSortable: true, cell: ({ joinedAt }) => <When at={joinedAt} /> },
  {
    id: 'platform',
    header: 'Platform',
    isExtra: true,
    filter: 'part',
    isSortable: true,
    cell: ({ platform }) => platform,
  },
  {
    id: 'epoch',
    header: 'Life',
    isNumber: true,
    isExtra: true,
    isSortable: true,
    cell: ({ epoch }) => formatQuantity(epoch),
  },
  {
    id: 'nodeId',
    header: 'Lasting id',
    isExtra: true,
    filter: 'part',
    cell: ({ nodeId }) => <span className="mono">{nodeId}</span>,
  },
];
