// The bundler of a server, which runs no job code and must not be held up or led astray by what somebody pasted: each source goes
// into a sandbox of its own, started by a small process that stands between. docs/adr/0015

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { BackPressureError } from '#shared/errors/daylight-error.ts';
import type { JobBundler, SourceOutcome, SubmittedSource } from '#shared/ports/job-bundler.ts';
import { problemOf } from './problem-of.ts';
import type { PoolSettings, ServiceAnswer, ServiceQuestion } from './sandbox-messages.ts';
import { objection } from './source-limits.ts';

/** How sources are bundled. */
export interface IsolatedBundlerOptions {
  /** A folder like `node_modules`, with the packages that sources may import; may be missing. */
  readonly packagesDir: string;
  /** From when a sandbox takes the source. Default 5 s. */
  readonly timeLimitMs?: number;
  /** Sources that are bundled or wait for it. Default 32. */
  readonly maxPending?: number;
  /** Hears, for the operator, of sandboxes that died. */
  readonly onTrouble?: (message: string) => void;
}

const TIME_LIMIT_MS = 5_000;
const MAX_PENDING = 32;
const SERVICE: string = fileURLToPath(new URL('./bundler-service.ts', import.meta.url));

/** Makes a bundler. Close it: it has a process. */
export function createIsolatedBundler(options: IsolatedBundlerOptions): JobBundler {
  return new IsolatedBundler(options);
}

interface Pending {
  resolve(outcome: SourceOutcome): void;
  reject(error: Error): void;
}

class IsolatedBundler implements JobBundler {
  readonly #options: IsolatedBundlerOptions;
  readonly #settings: PoolSettings;
  readonly #pending = new Map<number, Pending>();
  #service: ChildProcess | undefined;
  #lastId = 0;
  #closed = false;

  constructor(options: IsolatedBundlerOptions) {
    this.#options = options;
    this.#settings = {
      packagesDir: path.resolve(options.packagesDir),
      workingDir: mkdtempSync(path.join(tmpdir(), 'daylight-sandbox-')),
      timeLimitMs: options.timeLimitMs ?? TIME_LIMIT_MS,
    };
    // At once: later the server may be large.
    this.#service = this.#start();
  }

  async bundle(input: SubmittedSource, { types = false } = {}): Promise<SourceOutcome> {
    const { source, fileName } = input;
    const wrong = objection(source, fileName);
    if (wrong !== undefined) return { problems: [problemOf(wrong, fileName)] };
    if (this.#closed) throw new Error('the bundler is closed');
    if (this.#pending.size >= (this.#options.maxPending ?? MAX_PENDING))
      throw new BackPressureError('this server has many sources to check; try again in a few seconds');
    this.#service ??= this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<SourceOutcome>();
    this.#pending.set(id, { resolve, reject });
    this.#service.send({ id, request: { ...input, types } } satisfies ServiceQuestion);
    return promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const service = this.#service;
    if (service !== undefined) {
      const ended = new Promise((resolve) => service.once('exit', resolve));
      if (service.connected) service.disconnect();
      await ended;
    }
    rmSync(this.#settings.workingDir, { recursive: true, force: true });
  }

  #start(): ChildProcess {
    const service = fork(SERVICE, [JSON.stringify(this.#settings)], {
      env: {},
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    service.on('message', (answer: ServiceAnswer) => this.#take(answer));
    service.on('error', (error) => {
      this.#options.onTrouble?.(`the process of the bundler: ${error.message}`);
      if (service.pid === undefined) this.#lose();
    });
    service.once('exit', () => this.#lose());
    return service;
  }

  /** Whoever waits is told; the next source starts another process. */
  #lose(): void {
    this.#service = undefined;
    for (const pending of this.#pending.values()) pending.reject(new Error('the bundler has ended'));
    this.#pending.clear();
  }

  #take(answer: ServiceAnswer): void {
    if (answer.kind === 'trouble') {
      if (!this.#closed) this.#options.onTrouble?.(answer.message);
      return;
    }
    const pending = this.#pending.get(answer.id);
    this.#pending.delete(answer.id);
    if (answer.kind === 'outcome') pending?.resolve(answer.outcome);
    else pending?.reject(new Error(answer.message));
  }
}
