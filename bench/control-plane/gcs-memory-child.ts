// The memory benchmark itself, in a process of its own that can collect its garbage at will: control plane, gateway and SQLite
// as in life, nodes on connections within the process. Its only output is a line of JSON.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ControlPlane, DEFAULT_SERVER_TIMES } from '#server/control-plane.ts';
import { Gateway } from '#server/gateway/gateway.ts';
import { databasePath } from '#server/storage/sqlite-file.ts';
import { SqliteStorage } from '#server/storage/sqlite-storage.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { expectValue } from '../harness/check.ts';
import { median } from '../harness/measure.ts';
import { LoadDriver, LoadHost, type LoadPlace } from './load-nodes.ts';
import { MemoryConnections } from './memory-connections.ts';

/** What the child found. */
export interface MemoryFigures {
  readonly tasks: number;
  readonly heapBeforeBytes: number;
  readonly heapAfterBytes: number;
  readonly elapsedMs: number;
  /** All threads of the process. */
  readonly cpuUs: number;
  /** Of it what the nodes spent. */
  readonly nodesCpuUs: number;
  readonly walPeakBytes: number;
  readonly diskBytes: number;
  /** Starts the query thread. */
  readonly firstQueryMs: number;
  readonly queryMs: number;
}

const PLACES: readonly LoadPlace[] = ['home', 'hosts', 'home', 'hosts'];
const HOSTS = 4;
const CPUS = 4;
const TOKENS = { operator: 'operate', join: 'join' };
const QUERIES = 21;

/** Bytes in use, in buffers as well, once everything that can go has gone. */
async function heapBytes(): Promise<number> {
  if (!globalThis.gc) throw new Error('this process must be started with --expose-gc');
  for (let pass = 0; pass < 2; pass++) {
    globalThis.gc();
    // What a collection lets go of is told in a later turn. oxlint-disable-next-line no-await-in-loop
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function directoryBytes(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
}

/** Milliseconds to find one task, as the API's `/tasks/:id` does. */
async function findTask({ storage }: ControlPlane, key: number): Promise<number> {
  const startMs = performance.now();
  const { rows } = await storage.query({ table: 'task_history', order: 'newest', afterKey: key + 1, limit: 1 });
  expectValue('the key of the task that was found', rows[0]?.key, key);
  return performance.now() - startMs;
}

/** How many tasks the history has, and how many that succeeded once. */
function countHistory(directory: string): void {
  const database = new DatabaseSync(databasePath(directory), { readOnly: true });
  const count = (where: string): number =>
    Number(database.prepare(`SELECT count(*) AS n FROM task_history ${where}`).get()?.['n']);
  expectValue('the number of tasks in the history', count(''), tasks);
  expectValue('the number of them that succeeded', count("WHERE state = 'succeeded' AND attempts = 1"), tasks);
  database.close();
}

async function measure(directory: string): Promise<MemoryFigures> {
  const storage = new SqliteStorage({ directory });
  const logger = { info() {}, warn: console.warn, error: console.error };
  const random = { next: () => Math.random() };
  const plane = await ControlPlane.start({ storage, random, times: DEFAULT_SERVER_TIMES, logger });
  const connections = new MemoryConnections();
  const gateway = new Gateway(connections, plane, TOKENS);
  plane.connect(gateway, (error) => {
    throw error;
  });
  let welcomes = 0;
  let done = 0;
  const all = Promise.withResolvers<void>();
  const everybodyIn = Promise.withResolvers<void>();
  const welcomed = (): void => {
    welcomes += 1;
    if (welcomes === HOSTS + PLACES.length) everybodyIn.resolve();
  };
  const hosts = Array.from(
    { length: HOSTS },
    (_, n) => new LoadHost(`host${n}`, CPUS, TOKENS.join, connections.connect(), welcomed),
  );
  const share = Math.floor(tasks / PLACES.length);
  const drivers = PLACES.map((place, n) => {
    const own = n === 0 ? tasks - share * (PLACES.length - 1) : share;
    const isDone = (): void => {
      done += 1;
      if (done === PLACES.length) all.resolve();
    };
    const job = { name: `driver${n}`, tasks: own, place };
    return new LoadDriver(job, TOKENS.join, connections.connect(), { welcomed, done: isDone });
  });
  await everybodyIn.promise;
  let walPeakBytes = 0;
  const watch = setInterval(() => (walPeakBytes = Math.max(walPeakBytes, directoryBytes(directory))), 1000);
  const heapBeforeBytes = await heapBytes();
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  for (const driver of drivers) driver.start();
  await all.promise;
  await new Promise<void>((resolve) => plane.commits.whenDurable(resolve));
  const elapsedMs = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  clearInterval(watch);
  const heapAfterBytes = await heapBytes();
  expectValue('the number of tasks that ended', plane.counters.tasksEnded, tasks);
  expectValue('the number of objects that are left', plane.gcs.state.objects.size, 0);
  for (const job of plane.gcs.state.jobs.values())
    expectValue(`the number of tasks that ${job.name} submitted and that are over`, job.finished, job.submitted);
  const [first] = drivers;
  const firstKey = objectKey(first?.node.session ?? 0, 1);
  const firstQueryMs = await findTask(plane, firstKey);
  const times: number[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (let n = 0; n < QUERIES; n++) times.push(await findTask(plane, firstKey));
  const nodesMs = [...hosts, ...drivers].reduce((sum, { node }) => sum + node.spentMs, 0);
  await gateway.stop();
  await plane.commits.stop();
  await storage.close();
  countHistory(directory);
  return {
    tasks,
    heapBeforeBytes,
    heapAfterBytes,
    elapsedMs,
    cpuUs: user + system,
    nodesCpuUs: nodesMs * 1000,
    walPeakBytes,
    diskBytes: directoryBytes(directory),
    firstQueryMs,
    queryMs: median(times),
  };
}

const tasks = Number(process.argv[2]);
const directory = mkdtempSync(path.join(tmpdir(), 'daylight-memory-'));
try {
  console.log(JSON.stringify(await measure(directory)));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
