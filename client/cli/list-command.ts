/**
 * `daylight list`: jobs, nodes, tasks, actors or objects as a table, as CSV or as JSON. Filters work at the server, before the limit.
 */
import type { Command } from 'commander';
import type { Query } from '#shared/api/routes.ts';
import { connectApi, takeRows } from './cluster-api.ts';
import { type ApiRow, checkField, type Kind, KINDS, parseKind, sortRows, tableColumn } from './columns.ts';
import { toCsv } from './csv.ts';
import { UsageError } from './exit-codes.ts';
import { counted, NOTHING } from './format.ts';
import { outputWidth, print, printJson, say } from './output.ts';
import { parseCount, parseList, parseWhere } from './parse-values.ts';
import { paintState } from './state-colours.ts';
import { fitTable } from './table.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';

const DEFAULT_LIMIT = 50;

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
      'Lists jobs, nodes, tasks, actors or objects, newest first. A table is made to fit the terminal: --columns, --json and --csv show what it leaves out.',
    )
    .argument('<kind>', Object.keys(KINDS).join(', '))
    .option('--where <column=value>', 'only these; * stands for anything; may be repeated', parseWhere)
    .option('--sort <column>', 'sort by a column, descending with - before it', parseSort)
    .option('--columns <a,b>', 'these columns, in this order', parseList)
    .option('--limit <n>', 'rows at most', parseCount, DEFAULT_LIMIT)
    .option('--all', 'all rows, however many')
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

async function fetchRows(
  kind: Kind,
  { where = {}, limit, all = false, sort, ...target }: ListOptions,
): Promise<{ items: ApiRow[]; next: string | null }> {
  for (const field of Object.keys(where)) checkField(kind, field);
  const isDescending = sort?.startsWith('-') ?? false;
  const field = sort === undefined ? undefined : checkField(kind, sort.replace(/^-/, ''));
  const { isSortedByServer } = KINDS[kind];
  const query = { ...where, ...(sort !== undefined && isSortedByServer ? { sort } : {}) };
  const api = connectApi(resolveTarget(target));
  const page = await takeRows(api, LISTS[kind], {
    query: query as Partial<Query<(typeof LISTS)[Kind]>>,
    limit: all ? Infinity : limit,
  });
  const items: readonly ApiRow[] = page.items;
  if (field === undefined || isSortedByServer) return { items: [...items], next: page.next };
  if (page.next !== null) say(`sorted among the newest ${items.length}; --all sorts all ${kind}`);
  return { items: sortRows(items, field, isDescending), next: page.next };
}

const LISTS = {
  jobs: 'listJobs',
  nodes: 'listNodes',
  tasks: 'listTasks',
  actors: 'listActors',
  objects: 'listObjects',
} as const;

function printTable(kind: Kind, { items, columns }: { items: ApiRow[]; columns: readonly string[] | undefined }): void {
  if (items.length === 0) {
    say(`no ${kind}`);
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
