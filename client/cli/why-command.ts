/**
 * `daylight why`: why a task waits, or why it is where it is, with what the scheduler weighed.
 */
import type { Command } from 'commander';
import type { ApiClient } from '#shared/api/client.ts';
import type { Node, Task, Why } from '#shared/api/schemas.ts';
import { connectApi, isNotFound, takeRows } from './cluster-api.ts';
import { NO_DEMAND } from './cluster-warnings.ts';
import { LIVING_STATES } from './everyday-rows.ts';
import { orMissing, parseId } from './find.ts';
import { formatBytes, formatDuration, NOTHING } from './format.ts';
import { outputWidth, print, printJson } from './output.ts';
import { plainLine } from './printable.ts';
import { paintState } from './state-colours.ts';
import { fitTable, type TableColumn } from './table.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';

interface WhyOptions extends TargetOptions {
  readonly json?: boolean;
}

/** Adds the command. */
export function addWhyCommand(program: Command): void {
  const command = program
    .command('why')
    .summary('why a task waits, or runs where it runs')
    .description(
      'Says why a task waits, or why it runs where it runs: the nodes that were weighed for it, and the estimated time until it would start on each, term by term.',
    )
    .argument('<task>', 'id of the task, such as 3.1057 (daylight list tasks)', parseId)
    .option('--json', 'print one line of JSON');
  addTargetOptions(command).addHelpText('after', '\nExample:\n  daylight why 3.1057').action(why);
}

async function why(id: string, options: WhyOptions): Promise<void> {
  const api = connectApi(resolveTarget(options));
  const [answer, task] = await orMissing(api, {
    id,
    what: 'task',
    answer: Promise.all([api.call('why', { params: { id } }), api.call('getTask', { params: { id } })]),
  });
  if (options.json) {
    printJson(answer);
    return;
  }
  print(...whyLines({ why: answer, task, nodes: await nodesOf(api, task), width: outputWidth() }));
}

/** Whoever can be weighed for a task, drivers too, and the node that had it, which may be gone. */
async function nodesOf(api: ApiClient, { node }: Pick<Task, 'node'>): Promise<Node[]> {
  const { items } = await takeRows(api, 'listNodes', { query: { state: LIVING_STATES } });
  if (node === null || items.some(({ id }) => id === node)) return items;
  const gone = await api.call('getNode', { params: { id: node } }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  return gone === undefined ? items : [...items, gone];
}

/** What is printed. */
export function whyLines({
  why: { state, reason, candidates },
  task,
  nodes,
  width,
}: {
  why: Why;
  task: Pick<Task, 'id' | 'fn' | 'job' | 'state' | 'node' | 'demand'>;
  nodes: readonly Pick<Node, 'id' | 'name'>[];
  width?: number | undefined;
}): string[] {
  const names = new Map(nodes.map(({ id, name }) => [id, plainLine(name)]));
  const ranOn =
    task.node === null ? '' : ` on node ${task.node}${names.has(task.node) ? ` (${names.get(task.node)})` : ''}`;
  const isOver = state === 'unknown';
  const shown = isOver ? task.state : state;
  const lines = [
    `${task.id} (${plainLine(task.fn)}) of job ${task.job}: ${paintState(shown, shown)}`,
    // The scheduler forgets what is over; the history does not.
    `  ${isOver ? `it is over, and was${ranOn === '' ? ' never with a node' : ranOn}` : reason}`,
    ...(task.demand === ''
      ? []
      : [`  it ${isOver ? 'asked' : 'asks'} for ${task.demand === NO_DEMAND ? 'nothing but a node' : task.demand}`]),
  ];
  if (candidates.length === 0) return lines;
  // What was chosen, or would be, first.
  const sorted = candidates.toSorted((a, b) => a.waitUs - b.waitUs);
  const column = (
    heading: string,
    cellOf: (candidate: (typeof sorted)[number]) => string,
    more: Partial<TableColumn> = {},
  ): TableColumn => ({ heading, cells: sorted.map(cellOf), align: 'right', ...more });
  const transferOf = ({ missingBytes, bytesPerSecond }: (typeof sorted)[number]): string =>
    missingBytes === 0
      ? NOTHING
      : `${formatBytes(missingBytes)} at ${bytesPerSecond > 0 ? `${formatBytes(bytesPerSecond)}/s` : NOTHING}`;
  const columns = [
    column('NODE', ({ node }) => node, { align: 'left', importance: 9 }),
    column('NAME', ({ node }) => names.get(node) ?? NOTHING, { align: 'left', importance: 7, minWidth: 10 }),
    column('STARTS IN', ({ waitUs }) => duration(waitUs), { importance: 8 }),
    column('QUEUED', ({ queuedUs }) => duration(queuedUs), { importance: 5 }),
    column('SLOTS', ({ slots }) => String(slots), { importance: 2 }),
    column('INPUTS', transferOf, { importance: 4 }),
    column('CODE', ({ startUs }) => duration(startUs), { importance: 3 }),
    column('SLOWER BY', ({ slowerUs }) => duration(slowerUs), { importance: 3 }),
    column('NOT NOW BECAUSE', ({ closed = NOTHING }) => plainLine(closed), {
      align: 'left',
      importance: 6,
      minWidth: 16,
    }),
  ];
  // A term that is nothing for all of them explains nothing.
  const telling = columns.filter(({ cells }) => cells.some((cell) => cell !== NOTHING));
  return [...lines, '', ...fitTable(telling, width).lines];
}

function duration(microseconds: number): string {
  return microseconds === 0 ? NOTHING : formatDuration(microseconds / 1000);
}
