/**
 * Runs a job module from this process (`daylight run`): bundles it, evaluates it here, runs its `main` here. What `main`
 * prints goes to the same place as what its tasks print, never to standard output: that is for the result.
 */
import { Console } from 'node:console';
import path from 'node:path';
import { Writable } from 'node:stream';
import { jobNameOf } from '#client/bundler/job-name.ts';
import { bundleModule } from '#client/bundler/job-bundler.ts';
import { mapStack } from '#client/bundler/stack-mapper.ts';
import { moduleAddress } from '#client/worker/module-loader.ts';
import { LOG_LEVEL } from '#client/worker/ports.ts';
import { DaylightError } from '#shared/errors/daylight-error.ts';
import { connectDriver, type DriverConnection, type JobLine } from './driver-connection.ts';
import { startLocalServer } from './local-cluster.ts';
import { availableCpus } from './machine.ts';
import type { StoreOptions } from './store-options.ts';

/** A job and where it runs. */
export interface RunJobOptions extends StoreOptions {
  /** The job module. */
  readonly file: string;
  /** Argument of `main`: what JSON can hold. */
  readonly args?: unknown;
  /** URL of a server. Without it a cluster of this machine is started, and ended with the job. */
  readonly address?: string;
  readonly token?: string;
  /** CPUs this process lends. Default: 0 with `address`, else all. */
  readonly numCpus?: number;
  /** Default: the file's name. */
  readonly jobName?: string;
  /** Who runs it and what for: shown to the people whose machines compute. At most 256 and 1024 bytes. */
  readonly submitter?: string;
  readonly purpose?: string;
  /** Cancels the job: its tasks end, and this rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  onLog?: (line: JobLine) => void;
  onProgress?: (fraction: number, note: string) => void;
}

/**
 * Runs a job to its end and gives what `main` returned. Rejects with `BundleError`, with what `main` threw (stack in
 * terms of the user's files), or with an error of connecting.
 */
export async function runJob(options: RunJobOptions): Promise<unknown> {
  const { file, args, address, token = '', numCpus, jobName = jobNameOf(file), signal, onLog, onProgress } = options;
  const { submitter = '', purpose = '', objectStoreBytes, spillDir, spillLimitBytes } = options;
  const module = await bundleModule({ entryFile: path.resolve(file) });
  if (!module.hasMain) {
    throw new DaylightError(`${file} has no main: add "export default async function main(args) { … }"`);
  }
  const local = address === undefined ? await startLocalServer() : undefined;
  let connection: DriverConnection | undefined;
  try {
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => undefined);
    connection = await connectDriver({
      url: local?.url ?? address ?? '',
      token: local?.joinToken ?? token,
      numCpus: numCpus ?? (local ? availableCpus() : 0),
      jobName,
      submitter,
      purpose,
      objectStoreBytes,
      spillDir,
      spillLimitBytes,
      onLog: (line) => onLog?.(line),
      onProgress: (fraction, note) => onProgress?.(fraction, note),
      onWarning(message) {
        // Ctrl-C reaches the server of this job's own cluster, too: that it is gone then is no news.
        if (signal?.aborted !== true) onLog?.({ task: 0, node: '', level: LOG_LEVEL.warn, text: message });
      },
      onFatal: lost.reject,
    });
    // `main` may wait for what no handle stands for; the job's end is the process's business here, not an idle loop's.
    connection.raylet.setKeepsAlive(true);
    return await Promise.race([runMain(connection, module, args, onLog), lost.promise, aborted(signal)]);
  } catch (error) {
    throw withUserStack(error, module);
  } finally {
    await connection?.close();
    await local?.stop();
  }
}

async function runMain(
  { driver }: DriverConnection,
  module: Awaited<ReturnType<typeof bundleModule>>,
  args: unknown,
  onLog: RunJobOptions['onLog'],
): Promise<unknown> {
  const consoleBefore = globalThis.console;
  globalThis.console = lineConsole((level, text) => onLog?.({ task: 0, node: '', level, text }));
  try {
    const { main } = await driver.evaluate(module);
    if (typeof main !== 'function')
      throw new DaylightError(
        'the default export of a job module is its main function; this one exports something else',
      );
    return await driver.runMain((given: never) => main(given) as unknown, args);
  } finally {
    globalThis.console = consoleBefore;
  }
}

function lineConsole(print: (level: number, text: string) => void): Console {
  const sink = (level: number): Writable =>
    new Writable({
      decodeStrings: false,
      write(text: string, _encoding, done) {
        print(level, text);
        done();
      },
    });
  return new Console({ stdout: sink(LOG_LEVEL.info), stderr: sink(LOG_LEVEL.error) });
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason as Error);
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** The same error with positions in the bundle replaced by those in the user's files. */
function withUserStack(error: unknown, { hash, sourceMap }: { hash: string; sourceMap: string }): unknown {
  if (error instanceof Error && error.stack !== undefined) {
    error.stack = mapStack(error.stack, (url) => (url === moduleAddress(hash) ? sourceMap : undefined));
  }
  return error;
}
