// `npm run bench -- api`: how long the HTTP API takes to answer what a dashboard asks, with ten thousand actors and a million
// finished tasks in the history, and how long it keeps the server's loop from everything else meanwhile.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiClient, type CallInput } from '#shared/api/client.ts';
import type { RouteName } from '#shared/api/routes.ts';
import { type BenchRow, singleRow } from '../harness/bench-row.ts';
import { expectValue } from '../harness/check.ts';
import { median, quantile } from '../harness/measure.ts';
import { shortNumber } from '../harness/table.ts';
import { ACTORS, JOBS, makeActors, rareErrors, writeHistory } from './api-load.ts';
import type { ServerWord } from './restart-server.ts';

const SERVER = fileURLToPath(new URL('./restart-server.ts', import.meta.url));
const ANSWER_LIMIT_MS = 200;
const STALL_LIMIT_MS = 10;
/** Times each question is asked. */
const ROUNDS = 20;
/** One thing that a dashboard asks, and how many rows it is to get. */
interface Question {
  readonly group: 'actors' | 'tasks' | 'others';
  readonly what: string;
  readonly route: RouteName;
  readonly input: CallInput<RouteName>;
  readonly rows?: number;
}

function questionsOver(tasks: number): Question[] {
  const actors = (what: string, query: object, rows: number): Question => ({
    group: 'actors',
    what,
    route: 'listActors',
    input: { query },
    rows,
  });
  const past = (what: string, query: object, rows: number): Question => ({
    group: 'tasks',
    what,
    route: 'listTasks',
    input: { query },
    rows: Math.min(rows, tasks),
  });
  const others = (what: RouteName, input: CallInput<RouteName> = {}): Question => ({
    group: 'others',
    what,
    route: what,
    input,
  });
  const ofJob = Math.floor(tasks / JOBS);
  return [
    actors('newest', {}, 100),
    actors('a thousand', { limit: 1000 }, 1000),
    actors('by name', { sort: 'name' }, 100),
    actors('by class, the last first', { sort: '-className', limit: 500 }, 500),
    actors('of a class', { className: 'counter3', limit: 50 }, 0),
    actors('name like …', { name: '*er 99*', sort: 'name' }, 100),
    actors('dead', { state: 'dead' }, 0),
    past('newest', {}, 100),
    past('of the newest job', { job: String(JOBS) }, Math.min(100, ofJob)),
    past('of the oldest job', { job: '1' }, Math.min(100, ofJob)),
    past('of no job', { job: '999' }, 0),
    past('of a function', { fn: '*#work7' }, 100),
    past('of no function', { fn: '*#play*' }, 0),
    past('failed', { state: 'failed' }, 100),
    past('failed, of a node', { state: 'failed', node: '1' }, 100),
    past('on no node', { node: '777' }, 0),
    past('an error in the middle of many', { error: '*step 500*' }, rareErrors(tasks)),
    past('the one with this error', { error: '*digits.bin' }, 1),
    past('with no such error', { error: '*segmentation*' }, 0),
    past('a thousand', { limit: 1000 }, 1000),
    others('getCluster'),
    others('getSeries', { query: { span: '24h' } }),
    others('listNodes'),
    others('listJobs'),
    others('listObjects'),
    others('listEvents'),
  ];
}

async function nextWord(child: ChildProcess): Promise<ServerWord> {
  const [word]: ServerWord[] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with exit code ${code}`))),
  ]);
  if (!word) throw new Error('the server said nothing');
  return word;
}

function clientOf({ url, operatorToken }: ServerWord): ApiClient {
  const headers = { authorization: `Bearer ${operatorToken}` };
  return new ApiClient(async ({ method, path: address }) => {
    const response = await fetch(`${url}${address}`, { method, headers });
    return { status: response.status, json: () => response.json(), bytes: () => response.bytes() };
  });
}

/** Milliseconds of each answer, more than one where an answer says that looking on would take too long. */
async function ask(client: ApiClient, { group, what, route, input, rows }: Question): Promise<number[]> {
  const times: number[] = [];
  let found = 0;
  let query = input.query;
  for (;;) {
    const startMs = performance.now();
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    const answer: unknown = await client.call(route, query ? { ...input, query } : input);
    times.push(performance.now() - startMs);
    const { items = [], next }: { items?: readonly unknown[]; next?: string | null } = Object(answer);
    found += items.length;
    if (rows === undefined || found >= rows || typeof next !== 'string') break;
    query = { ...query, after: next };
  }
  if (rows !== undefined) expectValue(`the number of rows of ${group}, ${what}`, found, rows);
  return times;
}

async function measure(directory: string, tasks: number, rounds: number): Promise<BenchRow[]> {
  await writeHistory(directory, tasks);
  const server = fork(SERVER, [directory]);
  try {
    const word = await nextWord(server);
    await makeActors(word);
    const client = clientOf(word);
    const questions = questionsOver(tasks);
    const times = new Map<Question, number[]>(questions.map((question) => [question, []]));
    const askAll = async (): Promise<void> => {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      for (const question of questions) times.get(question)?.push(...(await ask(client, question)));
    };
    // The first question starts the query thread, and what runs often is compiled.
    await askAll();
    for (const list of times.values()) list.length = 0;
    server.send('stall');
    await nextWord(server);
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    for (let round = 0; round < rounds; round++) await askAll();
    server.send('stall');
    const { stallMs, stallWallMs, collectionMs } = await nextWord(server);
    const note = `CPU time of its thread in one turn of the event loop; by the clock ${shortNumber(stallWallMs)} ms, and the longest collection of garbage ${shortNumber(collectionMs)} ms`;
    return [
      ...(['actors', 'tasks', 'others'] as const).map((group) => groupRow(group, tasks, times)),
      singleRow('longest stall while the API is asked', stallMs, 'ms', note, STALL_LIMIT_MS),
    ];
  } finally {
    server.kill('SIGKILL');
  }
}

/** All answers of a group together, and the slowest question. */
function groupRow(group: Question['group'], tasks: number, times: ReadonlyMap<Question, readonly number[]>): BenchRow {
  const questions = [...times].filter(([question]) => question.group === group);
  const all = questions.flatMap(([, list]) => list);
  const [slowest] = questions
    .map(([{ what }, list]) => ({ what, p95: quantile(list, 0.95) }))
    .toSorted((a, b) => b.p95 - a.p95);
  const size = { actors: `${ACTORS} actors`, tasks: `${shortNumber(tasks)} past tasks`, others: 'the same' }[group];
  const note = `p50 ${shortNumber(median(all))} ms; slowest "${slowest?.what}", p95 ${shortNumber(slowest?.p95 ?? 0)} ms`;
  const p95 = quantile(all, 0.95);
  const row = singleRow(
    `API answers p95, ${group === 'others' ? 'other routes' : `lists of ${size}`}`,
    p95,
    'ms',
    note,
    ANSWER_LIMIT_MS,
  );
  return { ...row, min: Math.min(...all), max: Math.max(...all) };
}

/** Rows of an API over so many tasks in the history. */
export async function apiRows(tasks: number, rounds: number = ROUNDS): Promise<BenchRow[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'daylight-api-'));
  try {
    return await measure(directory, tasks, rounds);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
