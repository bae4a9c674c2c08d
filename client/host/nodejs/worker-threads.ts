/**
 * The workers of a Node host: threads that run job code, one link each, and what their end means.
 */
import { Worker } from 'node:worker_threads';
import { CLAIM_PLACES } from '#client/raylet/local-scheduler.ts';
import { type CommandLink, pushCommand } from '#client/host/command-link.ts';
import type { WorkerKind } from '#client/raylet/ports.ts';
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import { messagePortTransport } from '#client/transport/message-port-transport.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import {
  type WorkerCommand,
  workerCommands,
  type WorkerRequest,
  workerRequests,
} from '#shared/protocol/worker-messages.ts';
import { LEAVING, type WorkerThreadOptions } from './worker-thread-options.ts';

/** A thread that allocates in a loop can ignore `terminate()`; after this long it counts as ended all the same. */
const TERMINATE_LIMIT_MS = 2_000;
/** A thread with a GPU that does not react to the wish that it exits for this long is in an endless loop. */
const EXIT_LIMIT_MS = 500;

/** What happens in a worker. */
export interface WorkerEvents {
  onMessages(workerId: number, messages: readonly WorkerRequest[], attachments: readonly Attachment[]): void;
  /** Called once per worker, however it ended; `reason` is one of `END_REASON`. */
  onExit(workerId: number, reason: number, message: string): void;
  /** Text that job code wrote past the console. */
  onOutput(text: string): void;
}

/** What all workers of a node have in common. */
export interface WorkerSettings {
  readonly nodeName: string;
  readonly storeBudget: SharedArrayBuffer;
  /** JavaScript heap of one worker. */
  readonly heapBytes: number;
  /** The node lends a GPU. */
  readonly gpu: boolean;
}

interface Thread {
  readonly worker: Worker;
  readonly link: CommandLink;
  readonly claims: Int32Array;
  readonly kind: WorkerKind;
  /** It was told to exit, and does: it must not be terminated any more. */
  readonly leaving: Promise<void>;
  readonly exited: Promise<void>;
  /** Some run of it had a GPU. */
  hadGpu: boolean;
  /** Why it is being ended, if it is. */
  endReason: number | undefined;
  endMessage: string;
}

/** All worker threads of a raylet. */
export class WorkerThreads {
  readonly #settings: WorkerSettings;
  readonly #events: WorkerEvents;
  readonly #threads = new Map<number, Thread>();
  /** Threads that were ended and go on running. */
  unstoppable = 0;

  constructor(settings: WorkerSettings, events: WorkerEvents) {
    this.#settings = settings;
    this.#events = events;
  }

  get count(): number {
    return this.#threads.size;
  }

  /** Numbers of the workers, oldest first. */
  ids(): number[] {
    return [...this.#threads.keys()];
  }

  spawn(kind: WorkerKind, id: number): void {
    const { nodeName, storeBudget, heapBytes, gpu } = this.#settings;
    const claims = new SharedArrayBuffer(CLAIM_PLACES * Int32Array.BYTES_PER_ELEMENT);
    const workerData: WorkerThreadOptions = {
      nodeName,
      storeBudget,
      claims,
      randomSeed: Math.floor(Math.random() * 2 ** 32),
      gpu,
    };
    const worker = new Worker(new URL('./worker-thread.ts', import.meta.url), {
      workerData,
      name: `daylight-${kind}-${id}`,
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(heapBytes / 2 ** 20) },
      stdout: true,
      stderr: true,
    });
    const transport = messagePortTransport(worker, () => void worker.terminate());
    const link = new BatchLink(transport, workerCommands);
    const leaving = Promise.withResolvers<void>();
    const exited = Promise.withResolvers<void>();
    const thread: Thread = {
      worker,
      link,
      claims: new Int32Array(claims),
      kind,
      leaving: leaving.promise,
      exited: exited.promise,
      hadGpu: false,
      endReason: undefined,
      endMessage: '',
    };
    this.#threads.set(id, thread);
    receiveBatches(transport, workerRequests, (messages, attachments) => {
      // A number is used again by the next session; what an ended worker still says is not for that one.
      if (this.#threads.get(id) === thread) this.#events.onMessages(id, messages, attachments);
    });
    for (const stream of [worker.stdout, worker.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => this.#events.onOutput(text));
    worker.on('message', (message) => {
      if (message === LEAVING) leaving.resolve();
    });
    worker.on('error', (error) => classify(thread, error));
    worker.on('exit', (code) => {
      exited.resolve();
      this.#exited(id, thread, code);
    });
  }

  /** Ends a worker at once, even in an endless loop. */
  stop(id: number, reason?: number, message = ''): void {
    const thread = this.#threads.get(id);
    if (!thread) return;
    thread.endReason ??= reason;
    thread.endMessage ||= message;
    let givenUp = false;
    const limit = setTimeout(() => {
      givenUp = true;
      this.unstoppable += 1;
      this.#exited(id, thread, 1);
    }, TERMINATE_LIMIT_MS);
    limit.unref();
    void end(thread).then(() => {
      clearTimeout(limit);
      if (givenUp) this.unstoppable -= 1;
    });
  }

  /** Queues a message; `memory` travels beside it, shared or handed over. */
  send(id: number, command: WorkerCommand, memory?: Attachment): void {
    const thread = this.#threads.get(id);
    if (!thread) return;
    // A place is used again and again: it is open when its run leaves.
    if (command.kind === 'run' && command.gpu) thread.hadGpu = true;
    if (command.kind === 'run' && command.claim > 0) Atomics.store(thread.claims, command.claim - 1, 0);
    pushCommand(thread.link, command, memory);
  }

  flush(): void {
    for (const { link } of this.#threads.values()) link.flush();
  }

  /** Takes a run back from the worker's queue by its place on the claim board (from 1); false if it has begun. */
  readonly revoke = (id: number, claim: number): boolean => {
    const thread = this.#threads.get(id);
    return thread !== undefined && Atomics.compareExchange(thread.claims, claim - 1, 0, 1) === 0;
  };

  /** Bytes outside the JavaScript heap that each worker keeps, for those that answer in time. */
  async externalBytes(limitMs: number): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    const asked = [...this.#threads].map(async ([id, { worker }]) => {
      const statistics = await worker.getHeapStatistics();
      found.set(id, statistics.external_memory + statistics.used_heap_size);
    });
    await Promise.race([Promise.allSettled(asked), new Promise((resolve) => setTimeout(resolve, limitMs).unref())]);
    return found;
  }

  /** Ends all workers; nothing more is heard of them. */
  async stopAll(): Promise<void> {
    const threads = [...this.#threads.values()];
    this.#threads.clear();
    await Promise.all(threads.map(end));
  }

  #exited(id: number, thread: Thread, code: number): void {
    if (this.#threads.get(id) !== thread) return;
    this.#threads.delete(id);
    const message = thread.endMessage || `the worker ended with exit code ${code}`;
    this.#events.onExit(id, thread.endReason ?? END_REASON.workerCrashed, message);
  }
}

/**
 * Ends a thread at once. One that had a GPU is asked first: terminated while a promise of its GPU is open, it would take the
 * whole process with it (see `closeNodeGpu`). What is left to that danger is job code in an endless loop beside a GPU that
 * computes.
 */
async function end({ worker, link, hadGpu, leaving, exited }: Thread): Promise<void> {
  if (hadGpu) {
    link.push({ kind: 'exit', reason: 'it is not needed any more' });
    link.flush();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<'busy'>((resolve) => (timer = setTimeout(() => resolve('busy'), EXIT_LIMIT_MS)));
    const answer = await Promise.race([leaving, exited, limit]);
    clearTimeout(timer);
    if (answer !== 'busy') return exited;
  }
  await worker.terminate();
}

function classify(thread: Thread, error: unknown): void {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    thread.endReason ??= END_REASON.outOfMemory;
    thread.endMessage ||= 'the worker ran out of memory: its JavaScript heap reached the limit';
  } else {
    thread.endMessage ||= `the worker crashed: ${error instanceof Error ? error.message : String(error)}`;
  }
}
