// The cluster of one row: `daylight up` with its default options and, where a row asks for it, one host by `daylight join`,
// each in a process of its own, as a user would start them.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { CpuSource } from './cpu-time.ts';
import type { ServerAddress } from './server-records.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/daylight.ts', import.meta.url));
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 5_000;

/** Where the server is, and how to take part. */
export interface ClusterAddress extends ServerAddress {
  readonly joinToken: string;
  /** Of the page on which a browser is lent, with the key. */
  readonly donateUrl: string;
}

/** A running cluster. */
export interface Cluster {
  readonly server: ClusterAddress;
  /** The server and the host. */
  readonly processes: readonly CpuSource[];
  /** Ends the processes and removes their data. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a server, and a host that lends `hostCpus` CPUs unless that is 0; both are there when it resolves. */
export async function startCluster(hostCpus: number): Promise<Cluster> {
  const directory = await mkdtemp(path.join(tmpdir(), 'daylight-bench-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    // Hosts first: a host whose server is gone would wait for it.
    for (const child of children.toReversed()) await endProcess(child); // oxlint-disable-line no-await-in-loop
    await rm(directory, { recursive: true, force: true });
  };
  try {
    // The pipe to its standard input is the server's life line should this process be killed.
    const up = spawn(
      process.execPath,
      [PROGRAM, 'up', '--port', '0', '--data', directory, '--json', '--until-stdin-closes', '--unlisted'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    children.push(up);
    const server = await started(up, up.stdout, 'the server', (line): Cluster['server'] => JSON.parse(line));
    if (hostCpus > 0) {
      const join = spawn(
        process.execPath,
        [PROGRAM, 'join', server.url, '--token', server.joinToken, '--cpus', String(hostCpus)],
        {
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      children.push(join);
      await started(join, join.stderr, 'the host', () => undefined);
    }
    const processes = children.map((child, i) => ({ name: i === 0 ? 'server' : 'host', pid: processId(child) }));
    return { server, processes, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function processId({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('a process of the cluster could not be started');
  return pid;
}

/** The first line that a process prints: it says that it is ready. Rejects if it ends or is silent for too long. */
function started<T>(child: ChildProcess, output: Readable, what: string, parse: (line: string) => T): Promise<T> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`${what} was not ready within ${START_LIMIT_MS / 1000} s`)),
      START_LIMIT_MS,
    );
    child.once('exit', (code) => reject(new Error(`${what} ended with exit code ${code}`)));
    child.once('error', reject);
    const lines = createInterface({ input: output });
    lines.once('line', (line) => {
      clearTimeout(limit);
      // Later lines are warnings: shown, so that a bad figure is not a riddle.
      lines.on('line', (later) => void process.stderr.write(`${what}: ${later}\n`));
      resolve(parse(line));
    });
  });
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await ended;
  clearTimeout(limit);
}
