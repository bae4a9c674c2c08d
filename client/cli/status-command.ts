/**
 * `daylight status`: the cluster at a glance, from the server's API.
 */
import type { Command } from 'commander';
import type { Cluster, Job, Node } from '#shared/api/schemas.ts';
import { connectApi, takeRows } from './cluster-api.ts';
import { warningsOf } from './cluster-warnings.ts';
import { type ApiRow, tableColumn } from './columns.ts';
import { everydayJobs, LENDING_ROLES, LIVING_STATES } from './everyday-rows.ts';
import { counted, formatNumber } from './format.ts';
import { outputWidth, print, printJson, styled } from './output.ts';
import { paintState } from './state-colours.ts';
import { fitTable } from './table.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';

const SHOWN_JOBS = 10;
const SHOWN_NODES = 20;
const NODE_COLUMNS = ['id', 'name', 'role', 'state', 'cpus', 'freeCpus', 'runningTasks', 'executedTasks'];
const JOB_COLUMNS = ['id', 'name', 'status', 'progress', 'finished', 'submitted', 'startedAt'];

interface StatusOptions extends TargetOptions {
  readonly json?: boolean;
}

/** Adds the command. */
export function addStatusCommand(program: Command): void {
  const command = program
    .command('status')
    .summary('nodes, jobs and load of a cluster')
    .description('Shows the nodes, the newest jobs and the load of a cluster.')
    .option('--json', 'print everything as one line of JSON');
  addTargetOptions(command)
    .addHelpText('after', '\nExample:\n  daylight status --address http://10.0.0.5:7700 --token 8mO2…')
    .action(status);
}

async function status({ json = false, ...target }: StatusOptions): Promise<void> {
  const api = connectApi(resolveTarget(target));
  const [cluster, nodes, jobs] = await Promise.all([
    api.call('getCluster'),
    takeRows(api, 'listNodes', { query: { role: LENDING_ROLES, state: LIVING_STATES } }),
    everydayJobs(api, { limit: SHOWN_JOBS }),
  ]);
  if (json) printJson({ cluster, nodes: nodes.items, jobs: jobs.items });
  else print(...statusLines({ cluster, nodes: nodes.items, jobs: jobs.items, width: outputWidth() }));
}

/** What is printed. */
export function statusLines({
  cluster,
  nodes,
  jobs,
  width,
}: {
  cluster: Cluster;
  nodes: readonly Node[];
  jobs: readonly Job[];
  width: number | undefined;
}): string[] {
  const rest = nodes.length - SHOWN_NODES;
  return [
    summaryOf(cluster),
    ...warningsOf(cluster).map((warning) => styled('yellow', `! ${warning}`)),
    '',
    ...(nodes.length === 0
      ? ['no nodes: daylight join lends a machine']
      : tableOf(nodes.slice(0, SHOWN_NODES).map(shownNode), NODE_COLUMNS, 'NODE', width)),
    ...(rest > 0 ? [`… and ${rest} more: daylight list nodes`] : []),
    '',
    ...(jobs.length === 0 ? ['no jobs yet: daylight submit job.ts'] : tableOf(jobs, JOB_COLUMNS, 'JOB', width)),
  ];
}

function summaryOf({ hosts, tabs, freeCpus, cpus, gpus, drivers, ...load }: Cluster): string {
  const tabsAmong = tabs > 0 ? ` (${counted(tabs, 'browser tab')})` : '';
  const withGpus = gpus > 0 ? `, ${counted(gpus, 'GPU')}` : '';
  return [
    `${counted(hosts + tabs, 'node')}${tabsAmong}, ${formatNumber(freeCpus)} of ${formatNumber(cpus)} CPUs free${withGpus}, ${counted(drivers, 'driver')}`,
    `${counted(load.unfinishedTasks, 'task')} unfinished (${load.queuedTasks} queued), ${Math.round(load.tasksPerSecond)}/s`,
  ].join('; ');
}

function shownNode(node: Node): ApiRow {
  return { ...node, role: node.trusted ? node.role : `${node.role}, stranger` };
}

/** The heading of the first column says what the rows are. */
function tableOf(
  rows: readonly ApiRow[],
  fields: readonly string[],
  what: string,
  width: number | undefined,
): readonly string[] {
  const columns = fields.map((field) => tableColumn(field, rows, Date.now(), paintState));
  return fitTable(
    columns.map((column, index) => (index === 0 ? { ...column, heading: what } : column)),
    width,
  ).lines;
}
