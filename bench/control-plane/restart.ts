// `npm run bench -- restart`: a server with a million tasks that wait is killed and started again. Its nodes come back as soon
// as it listens, and the clock stops with the first task that one of them is given (rules G2, M3).
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectSocketIo } from '#client/transport/socket-io-transport.ts';
import { PLACE } from '#shared/protocol/node-records.ts';
import type { ServerCommand, ServerCommandOf } from '#shared/protocol/server-commands.ts';
import { type BenchRow, singleRow } from '../harness/bench-row.ts';
import { expectValue } from '../harness/check.ts';
import { shortNumber } from '../harness/table.ts';
import { finishNoop, introduce, submitNoop } from './load-nodes.ts';
import { RawNode } from './raw-node.ts';
import type { ServerWord } from './restart-server.ts';

const SERVER = fileURLToPath(new URL('./restart-server.ts', import.meta.url));
const DISPATCH_LIMIT_S = 10;
const QUEUE_LIMIT_S = 30;
const STALL_LIMIT_MS = 50;
const HOST_CPUS = 4;
/** Records of the driver that may not be durable. */
const WINDOW_RECORDS = 50_000;
const HEARTBEAT_MS = 1_000;

interface Server {
  readonly child: ChildProcess;
  readonly first: ServerWord;
}

async function nextWord(child: ChildProcess): Promise<ServerWord> {
  const [word]: ServerWord[] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`the server ended with exit code ${code}`))),
  ]);
  if (!word) throw new Error('the server said nothing');
  return word;
}

async function startServer(directory: string): Promise<Server> {
  const child = fork(SERVER, [directory]);
  return { child, first: await nextWord(child) };
}

/** What the server says how many tasks it has. */
async function unfinishedTasks({ url, operatorToken }: ServerWord): Promise<unknown> {
  const response = await fetch(`${url}/api/v1/cluster`, { headers: { authorization: `Bearer ${operatorToken}` } });
  const cluster: unknown = await response.json();
  return typeof cluster === 'object' && cluster !== null ? Reflect.get(cluster, 'unfinishedTasks') : undefined;
}

/** A host that keeps what it is given until it is told to end it. */
class Host {
  readonly node: RawNode;
  readonly held: ServerCommandOf<'lease'>[] = [];
  onWelcome: () => void = () => undefined;
  onLease: () => void = () => undefined;

  constructor(token: string) {
    const identity = { role: 'host', name: 'host', cpus: HOST_CPUS, token } as const;
    this.node = new RawNode(identity, {
      welcomed: () => this.onWelcome(),
      commands: (batch) => this.#commands(batch),
      durable() {},
    });
  }

  #commands(batch: readonly ServerCommand[]): void {
    for (const command of batch) {
      if (command.kind !== 'lease') continue;
      this.held.push(command);
      this.node.leases.push({ task: command.task, attempt: command.attempt });
      this.onLease();
    }
  }

  /** Everything that it has is over. */
  finishHeld(): void {
    for (const { task, attempt } of this.held.splice(0)) finishNoop(this.node, task, attempt);
    this.node.leases = [];
    this.node.flush();
  }
}

/** A driver that submits so many tasks to the cluster; resolves when all are durable. */
async function submitAll(driver: RawNode, tasks: number, durable: { record: number; told: () => void }): Promise<void> {
  introduce(driver);
  for (let number = 1; number <= tasks; number++) {
    submitNoop(driver, number, PLACE.global);
    // oxlint-disable-next-line no-await-in-loop -- waits for the server
    if (driver.lastRecord - durable.record >= WINDOW_RECORDS) await new Promise<void>((told) => (durable.told = told));
  }
  driver.flush();
  while (durable.record < driver.lastRecord)
    // oxlint-disable-next-line no-await-in-loop -- waits for the server
    await new Promise<void>((told) => (durable.told = told));
}

async function measure(directory: string, tasks: number): Promise<BenchRow[]> {
  const before = await startServer(directory);
  let server = before;
  const { joinToken: token } = before.first;
  const host = new Host(token);
  const durable = { record: 0, told: (): void => undefined };
  const driverIn = Promise.withResolvers<void>();
  const driver = new RawNode(
    { role: 'driver', name: 'driver', cpus: 0, token },
    {
      welcomed: () => driverIn.resolve(),
      commands() {},
      durable: (record) => {
        durable.record = record;
        durable.told();
      },
    },
  );
  const beat = setInterval(() => [host.node, driver].forEach((node) => node.ping()), HEARTBEAT_MS);
  try {
    const hostIn = Promise.withResolvers<void>();
    host.onWelcome = hostIn.resolve;
    host.node.connect(connectSocketIo(before.first.url));
    driver.connect(connectSocketIo(before.first.url));
    await Promise.all([hostIn.promise, driverIn.promise]);
    const submitMs = performance.now();
    await submitAll(driver, tasks, durable);
    const queuedS = (performance.now() - submitMs) / 1000;
    const queuing = await askStall(before.child);
    expectValue('the number of tasks before the kill', await unfinishedTasks(before.first), tasks);
    before.child.kill('SIGKILL');
    await once(before.child, 'exit');

    const startMs = performance.now();
    server = await startServer(directory);
    const listensS = (performance.now() - startMs) / 1000;
    const ended = host.held.length;
    if (ended === 0) throw new Error('the host had nothing before the kill');
    const leased = Promise.withResolvers<void>();
    host.onLease = leased.resolve;
    // What it had ended while the server was away; so it has room.
    host.onWelcome = () => host.finishHeld();
    host.node.connect(connectSocketIo(server.first.url));
    driver.connect(connectSocketIo(server.first.url));
    await leased.promise;
    const dispatchS = (performance.now() - startMs) / 1000;
    const afterwards = await askStall(server.child);
    expectValue('the number of tasks after the start', await unfinishedTasks(server.first), tasks - ended);
    const live = tasks % 1e6 === 0 ? `${tasks / 1e6}M` : String(tasks);
    return [
      singleRow(`server takes ${live} queued tasks`, queuedS, 's', `${mb(queuing)} resident afterwards`, QUEUE_LIMIT_S),
      singleRow(
        'server restart to first dispatch',
        dispatchS,
        's',
        `${live} live tasks; it listens after ${shortNumber(listensS)} s, ${shortNumber(server.first.cpuMs / 1000)} s of CPU; ${mb(afterwards)} resident`,
        DISPATCH_LIMIT_S,
      ),
      stall('while tasks are queued', queuing),
      stall('while the server loads', server.first),
      stall('from then to first dispatch', afterwards),
    ];
  } finally {
    clearInterval(beat);
    for (const { child } of [before, server]) child.kill('SIGKILL');
  }
}

async function askStall(child: ChildProcess): Promise<ServerWord> {
  child.send('stall');
  return nextWord(child);
}

function mb({ rssBytes }: ServerWord): string {
  return `${shortNumber(rssBytes / 1e6)} MB`;
}

function stall(when: string, { stallMs, stallWallMs, collectionMs }: ServerWord): BenchRow {
  const note = `CPU time of its thread in one turn of the event loop; by the clock ${shortNumber(stallWallMs)} ms, and the longest collection of garbage ${shortNumber(collectionMs)} ms`;
  return singleRow(`longest stall ${when}`, stallMs, 'ms', note, STALL_LIMIT_MS);
}

/** Rows of one restart with so many tasks that wait. */
export async function restartRows(tasks: number): Promise<BenchRow[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'daylight-restart-'));
  try {
    return await measure(directory, tasks);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
