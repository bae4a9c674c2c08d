/**
 * A cluster of one machine, started in the background by `init()`, `daylight run` and the examples: a server in a
 * process of its own, which ends with this one however this one ends.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DaylightError } from '#shared/errors/daylight-error.ts';

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 3_000;

/** What `daylight up --json` prints when it listens. */
export interface ServerAddress {
  /** `http://host:port` */
  readonly url: string;
  readonly operatorToken: string;
  readonly joinToken: string;
  /** The dashboard, opened with the token. */
  readonly operatorUrl: string;
}

/** A server process of ours. */
export interface LocalServer extends ServerAddress {
  /** Ends the server and removes its data if they were temporary. Safe to repeat. */
  stop(): Promise<void>;
}

/** Where and how the server is started. */
export interface LocalServerOptions {
  /** Kept for the next start. Default: a temporary folder, removed at the end. */
  readonly dataDir?: string;
  /** Default: a free one. */
  readonly port?: number;
}

/** Starts a server on 127.0.0.1 and waits until it listens. @throws DaylightError with what the server said */
export async function startLocalServer({ dataDir, port = 0 }: LocalServerOptions = {}): Promise<LocalServer> {
  const directory = dataDir ?? (await mkdtemp(path.join(tmpdir(), 'daylight-')));
  const program = new URL('../../../bin/daylight.ts', import.meta.url);
  const child = spawn(
    process.execPath,
    [
      ...[program.pathname, 'up', '--port', String(port), '--data', directory, '--json'],
      ...['--until-stdin-closes', '--unlisted'],
    ],
    // The pipe to its standard input is the server's life line: it closes when this process ends, even by kill -9.
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const removeData = async (): Promise<void> => {
    if (dataDir === undefined) await rm(directory, { recursive: true, force: true });
  };
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4096)));
  let address: ServerAddress;
  try {
    address = await firstLine(child.stdout.setEncoding('utf8'), exited);
  } catch (error) {
    child.kill('SIGKILL');
    await removeData();
    throw new DaylightError(
      `the local server did not start: ${said.trim() || (error instanceof Error ? error.message : String(error))}`,
    );
  }
  child.unref();
  for (const pipe of [child.stdin, child.stdout, child.stderr])
    if ('unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    child.ref();
    child.stdin.end();
    const limit = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    if (child.exitCode === null && child.signalCode === null) await exited;
    clearTimeout(limit);
    await removeData();
  };
  return { ...address, stop: () => (stopped ??= stop()) };
}

function firstLine(output: NodeJS.ReadableStream, exited: Promise<number | null>): Promise<ServerAddress> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`it did not listen within ${START_LIMIT_MS / 1000} seconds`)),
      START_LIMIT_MS,
    );
    let text = '';
    output.on('data', (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end < 0) return;
      clearTimeout(limit);
      const address: ServerAddress = JSON.parse(text.slice(0, end));
      resolve(address);
    });
    void exited.then((code) => {
      clearTimeout(limit);
      reject(new Error(`it ended with exit code ${code}`));
    });
  });
}
