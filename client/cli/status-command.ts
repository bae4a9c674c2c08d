/**
 * `daylight status`: the cluster at a glance, from the server's API.
 */
import { type Command, Option } from 'commander';
import { AuthenticationError, ConnectionLostError, DaylightError } from '#shared/errors/daylight-error.ts';
import { UsageError } from './exit-codes.ts';
import { parseAddress } from './parse-values.ts';
import { printable } from './printable.ts';

const SHOWN_JOBS = 10;
const ANSWER_LIMIT_MS = 10_000;
const UNAUTHORIZED = 401;

interface StatusOptions {
  readonly address?: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** What is read of the API's answers; they hold more. */
interface ClusterRow {
  readonly inGrace: boolean;
  readonly hosts: number;
  readonly tabs: number;
  readonly drivers: number;
  readonly cpus: number;
  readonly freeCpus: number;
  readonly unfinishedTasks: number;
  readonly queuedTasks: number;
  readonly tasksPerSecond: number;
  readonly infeasible: readonly { readonly demand: string; readonly tasks: number; readonly reason: string }[];
}
interface NodeRow {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly state: string;
  readonly trusted: boolean;
  readonly cpus: number;
  readonly runningTasks: number;
  readonly executedTasks: number;
}
interface JobRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly finished: number;
  readonly submitted: number;
  readonly progress: number;
}

/** Adds the command. */
export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .summary('nodes, jobs and load of a cluster')
    .description('Shows the nodes, the newest jobs and the load of a cluster.')
    .addOption(new Option('--address <url>', 'address of the server').env('DAYLIGHT_ADDRESS').argParser(parseAddress))
    .addOption(new Option('--token <token>', "the operator's token").env('DAYLIGHT_TOKEN'))
    .option('--json', 'print everything as one line of JSON')
    .addHelpText('after', '\nExample:\n  daylight status --address http://127.0.0.1:7700 --token …')
    .action(status);
}

async function status({ address, token, json = false }: StatusOptions): Promise<void> {
  if (address === undefined || token === undefined)
    throw new UsageError('say which cluster: --address and --token, or DAYLIGHT_ADDRESS and DAYLIGHT_TOKEN');
  const [cluster, nodes, jobs] = await Promise.all([
    ask<ClusterRow>(address, token, 'cluster'),
    ask<{ items: NodeRow[] }>(address, token, 'nodes'),
    ask<{ items: JobRow[] }>(address, token, `jobs?limit=${SHOWN_JOBS}`),
  ]);
  if (json) {
    process.stdout.write(`${JSON.stringify({ cluster, nodes: nodes.items, jobs: jobs.items })}\n`);
    return;
  }
  const living = nodes.items.filter(({ state }) => state !== 'dead');
  const text = [
    `${counted(cluster.hosts + cluster.tabs, 'node')}${cluster.tabs > 0 ? ` (${counted(cluster.tabs, 'browser tab')})` : ''}, ${cluster.freeCpus} of ${cluster.cpus} CPUs free, ${counted(cluster.drivers, 'driver')}; ${counted(cluster.unfinishedTasks, 'task')} unfinished (${cluster.queuedTasks} queued), ${Math.round(cluster.tasksPerSecond)}/s`,
    ...(cluster.inGrace ? ['! the server has just started and waits for the nodes it knew, at most 45 s'] : []),
    ...cluster.infeasible.map(({ demand, tasks, reason }) => `! ${counted(tasks, 'task')} for ${demand}: ${reason}`),
    '',
    ...table(
      ['NODE', 'NAME', 'ROLE', 'STATE', 'CPUS', 'RUNNING', 'DONE'],
      living.map((node) => [
        node.id,
        node.name,
        node.trusted ? node.role : `${node.role}, stranger`,
        node.state,
        node.cpus,
        node.runningTasks,
        node.executedTasks,
      ]),
    ),
    '',
    ...table(
      ['JOB', 'NAME', 'STATUS', 'TASKS', 'PROGRESS'],
      jobs.items.map((job) => [
        job.id,
        job.name,
        job.status,
        `${job.finished}/${job.submitted}`,
        job.status === 'succeeded' ? '100 %' : `${Math.round(job.progress * 100)} %`,
      ]),
    ),
  ];
  process.stdout.write(`${printable(text.join('\n'))}\n`);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

async function ask<T>(address: string, token: string, what: string): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${address}/api/v1/${what}`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new ConnectionLostError(
      `${address} cannot be reached (${cause instanceof Error ? cause.message : String(cause)})`,
    );
  }
  if (response.status === UNAUTHORIZED) throw new AuthenticationError("status needs the operator's token");
  if (!response.ok) throw new DaylightError(`the server answered ${response.status}`);
  return response.json() as Promise<T>;
}

/** Rows under a heading, in columns as wide as their widest cell. */
export function table(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = [heading, ...rows.map((row) => row.map(String))];
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
