/**
 * `daylight list`: jobs, nodes, tasks, actors or objects as a table, as CSV or as JSON. Filters work at the server, before the limit.
 */
import type { Command } from 'commander';
import type { ApiClient } from '#shared/api/client.ts';
import type { Query } from '#shared/api/routes.ts';
import { connectApi, takeRows } from './cluster-api.ts';
import { type ApiRow, checkField, type Kind, KINDS, parseKind, sortRows, tableColumn } from './columns.ts';
import { toCsv } from './csv.ts';
import { everydayJobs, LENDING_ROLES, LIVING_STATES } from './everyday-rows.ts';
import { UsageError } from './exit-codes.ts';
import { findJob } from './find.ts';
import { counted, NOTHING } from './format.ts';
import { outputWidth, print, printJson, say } from './output.ts';
import { parseCount, parseList, parseWhere } from './parse-values.ts';
import { paintState } from './state-colours.ts';
import { fitTable } from './table.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';

const DEFAULT_LIMIT = 50;
/** Rows that are fetched to be sorted here, unless all are asked for. */
const MAX_SORTED_ROWS = 100_000;
/** Who filters jobs by one of these means those of put and get, too. */
const ERRAND_FIELDS = ['id', 'kind', 'purpose'];
/** And who filters nodes by one of these, drivers and those that have left. */
const LASTING_FIELDS = ['id', 'nodeId', 'role', 'state'];

interface ListOptions extends TargetOptions {
  readonly where?: Readonly<Record<string, string>>;
  readonly limit: number;
  readonly all?: boolean;
  readonly sort?: string;
  readonly columns?: readonly string[];
  readonly json?: boolean;
  readonly csv?: boolean;
}

/** Adds the command. */
export function addListCommand(program: Command): void {
  const command = program
    .command('list')
    .summary('list jobs, nodes, tasks, actors or objects')
    .description(
      'Lists jobs, nodes or actors, newest first; objects and tasks by their ids, which count within each submitter, tasks that are not over before the others. Drivers, nodes that have left, and the jobs of put and get are shown with --all, or if --where names a role, a state or a kind. A table is made to fit the terminal: --columns, --json and --csv show what it leaves out.',
    )
    .argument('<kind>', Object.keys(KINDS).join(', '))
    .option(
      '--where <column=value>',
      'only these; * stands for anything; may be repeated; job=NAME means the newest of that name',
      parseWhere,
    )
    .option('--sort <column>', 'sort all that match by a column, descending with - before it', parseSort)
    .option('--columns <a,b>', 'these columns, in this order', parseList)
    .option('--limit <n>', 'rows at most', parseCount, DEFAULT_LIMIT)
    .option('--all', 'all rows, however many and of whatever kind')
    .option('--csv', 'print CSV, values as the API has them')
    .option('--json', 'print one line of JSON: items, and next if there are more');
  addTargetOptions(command)
    .addHelpText(
      'after',
      "\nExample:\n  daylight list tasks --where state=failed --where 'fn=train*' --columns id,fn,node,error",
    )
    .action(list);
}

async function list(what: string, options: ListOptions): Promise<void> {
  const kind = parseKind(what);
  if (options.json && options.csv) throw new UsageError('--json or --csv, not both');
  const columns = options.columns?.map((field) => checkField(kind, field));
  const { items, next } = await fetchRows(kind, options);
  if (options.json) {
    printJson({ items: columns ? items.map((row) => pick(row, columns)) : items, next });
    return;
  }
  if (options.csv) {
    process.stdout.write(toCsv(columns ?? KINDS[kind].fields, items));
  } else {
    printTable(kind, { items, columns });
  }
  if (next !== null) say(`… and more: --all, or --limit above ${items.length}`);
}

async function fetchRows(kind: Kind, options: ListOptions): Promise<{ items: readonly ApiRow[]; next: string | null }> {
  const { where: given = {}, limit, all = false, sort } = options;
  for (const field of Object.keys(given)) checkField(kind, field);
  const sortedBy = sort === undefined ? undefined : checkField(kind, sort.replace(/^-/, ''));
  const api = connectApi(resolveTarget(options));
  const where = await withJobId(api, all ? given : { ...usualFilters(kind, given), ...given });
  if (sort !== undefined && sortedBy !== undefined && !KINDS[kind].isSortedByServer) {
    const isDescending = sort.startsWith('-');
    return sortedHere(api, kind, { where, sortedBy, isDescending, limit: all ? Infinity : limit });
  }
  const query = { ...where, ...(sort === undefined ? {} : { sort }) };
  const isEveryday = kind === 'jobs' && !all && !ERRAND_FIELDS.some((name) => name in given);
  return isEveryday ? everydayJobs(api, { query, limit }) : rowsFor(api, kind, query, all ? Infinity : limit);
}

function rowsFor(
  api: ApiClient,
  kind: Kind,
  query: Readonly<Record<string, string>>,
  limit: number,
): Promise<{ items: readonly ApiRow[]; next: string | null }> {
  return takeRows(api, LISTS[kind], { query: query as Partial<Query<(typeof LISTS)[Kind]>>, limit });
}

/** What the server does not sort: all that match is fetched, so that the first rows are the first of all. */
async function sortedHere(
  api: ApiClient,
  kind: Kind,
  wanted: { where: Readonly<Record<string, string>>; sortedBy: string; isDescending: boolean; limit: number },
): Promise<{ items: readonly ApiRow[]; next: string | null }> {
  const { where, sortedBy, isDescending, limit } = wanted;
  const { items, next } = await rowsFor(api, kind, where, Math.max(limit, MAX_SORTED_ROWS));
  if (next !== null) say(`sorted among the first ${items.length}; --all sorts all ${kind}`);
  const shown = sortRows(items, sortedBy, isDescending).slice(0, limit);
  return { items: shown, next: next ?? (shown.length < items.length ? String(shown.at(-1)?.['id']) : null) };
}

/** What is left out unless somebody asks for it. */
function usualFilters(kind: Kind, given: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (kind !== 'nodes' || LASTING_FIELDS.some((name) => name in given)) return {};
  return { role: LENDING_ROLES, state: LIVING_STATES };
}

/** Jobs go by their names, too: tasks and actors know only the ids. */
async function withJobId(
  api: ApiClient,
  where: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const { job } = where;
  if (job === undefined || /^\d+$/.test(job) || job.includes('*')) return where;
  return { ...where, job: (await findJob(api, job)).id };
}

const LISTS = {
  jobs: 'listJobs',
  nodes: 'listNodes',
  tasks: 'listTasks',
  actors: 'listActors',
  objects: 'listObjects',
} as const;

function printTable(
  kind: Kind,
  { items, columns }: { items: readonly ApiRow[]; columns: readonly string[] | undefined },
): void {
  if (items.length === 0) {
    say(kind === 'nodes' ? 'no nodes (with drivers and those that have left: --all)' : `no ${kind}`);
    return;
  }
  const all = (columns ?? KINDS[kind].shown).map((field) => tableColumn(field, items, Date.now(), paintState));
  const asked =
    columns === undefined
      ? all.filter(({ cells }, index) => index === 0 || cells.some((cell) => cell !== NOTHING))
      : // Who names columns wants them all; what is too wide is cut.
        all.map((column) => ({ ...column, importance: 0 }));
  const { lines, dropped } = fitTable(asked, outputWidth());
  print(...lines);
  if (dropped.length > 0)
    say(`${counted(dropped.length, 'column')} left out for want of room: ${dropped.join(', ')} (--columns, --json)`);
}

function pick(row: ApiRow, fields: readonly string[]): ApiRow {
  return Object.fromEntries(fields.map((field) => [field, row[field]]));
}

function parseSort(text: string): string {
  return text.trim();
}
