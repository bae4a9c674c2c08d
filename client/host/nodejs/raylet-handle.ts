/**
 * A raylet thread as the process that started it sees it: wait for the welcome, ask for figures, stop it.
 */
import { setFlagsFromString } from 'node:v8';
import { type MessagePort, Worker } from 'node:worker_threads';
import { daylightErrorPrototype, DaylightError } from '#shared/errors/daylight-error.ts';
import type { FromRaylet, NodeStats, RayletThreadOptions, ToRaylet } from './raylet-messages.ts';

/** A raylet that does not stop by itself in this time is ended. */
const STOP_LIMIT_MS = 3_000;
/** A thread that runs away may not even end when it is terminated. */
const TERMINATE_LIMIT_MS = 3_000;

/** What a raylet tells while it runs. */
export interface RayletEvents {
  /** The connection to the server was lost; another is tried. */
  onDisconnected?(message: string): void;
  /** A session is open: the first one, or a new one. */
  onWelcome?(session: number, job: number): void;
  /** The node cannot go on. Called once, and only after the first welcome: before it, starting rejects. */
  onFatal?(error: Error): void;
  onWarning?(message: string): void;
  /** The driver's `main` reports progress. */
  onProgress?(fraction: number, note: string): void;
}

/** A running raylet thread. */
export interface RayletHandle {
  /** Number of the job of a driver; 0 for a host. */
  readonly job: number;
  readonly session: number;
  stats(): Promise<NodeStats>;
  /** Leaves the cluster and ends the thread with all its workers. Safe to repeat. */
  stop(reason: string): Promise<void>;
  /** After `stop`: a worker's thread goes on, and only the end of the process ends it. */
  readonly isStuck: boolean;
  /** Whether the thread alone keeps the process alive. It does not at first. */
  setKeepsAlive(keeps: boolean): void;
}

let memoryLimitsHold = false;

/**
 * Starts a raylet on a thread of its own. Rejects with `AuthenticationError`, `ProtocolError`, or `ConnectionLostError`
 * when the server cannot be reached in time.
 */
export function startRaylet(
  options: RayletThreadOptions,
  events: RayletEvents,
  transfer: readonly MessagePort[] = [],
): Promise<RayletHandle> {
  if (!memoryLimitsHold && options.cpuMilli > 0) {
    // With this compiler on, a thread that allocates in a loop passes its heap limit and ignores `terminate()`.
    setFlagsFromString('--no-maglev');
    memoryLimitsHold = true;
  }
  const worker = new Worker(new URL('./raylet-thread.ts', import.meta.url), {
    workerData: options,
    name: 'daylight-raylet',
    transferList: [...transfer],
  });
  return new Promise((resolve, reject) => {
    const handle = new ThreadHandle(worker);
    let welcomed = false;
    const failed = (error: Error): void => {
      if (welcomed) events.onFatal?.(error);
      else reject(error);
      void handle.stop('');
    };
    worker.on('message', (message: FromRaylet) => {
      switch (message.type) {
        case 'welcome':
          handle.session = message.session;
          handle.job = message.job;
          if (!welcomed) {
            welcomed = true;
            worker.unref();
            resolve(handle);
          }
          events.onWelcome?.(message.session, message.job);
          return;
        case 'disconnected':
          events.onDisconnected?.(message.message);
          return;
        case 'warning':
          events.onWarning?.(message.message);
          return;
        case 'progress':
          events.onProgress?.(message.fraction, message.note);
          return;
        case 'fatal':
          failed(errorOf(message.errorName, message.message));
          return;
        case 'stats':
          handle.answer(message.id, message.stats);
          return;
        case 'stopped':
          handle.stopped();
      }
    });
    worker.on('error', failed);
    worker.on('exit', () => {
      if (!handle.isStopping) failed(new DaylightError('the raylet thread ended unexpectedly'));
      handle.stopped();
    });
  });
}

class ThreadHandle implements RayletHandle {
  session = 0;
  job = 0;
  isStopping = false;
  readonly #worker: Worker;
  readonly #questions = new Map<number, (stats: NodeStats) => void>();
  #nextQuestion = 1;
  #stopped: Promise<void> | undefined;
  #onStopped = (): void => {};

  constructor(worker: Worker) {
    this.#worker = worker;
  }

  stats(): Promise<NodeStats> {
    const id = this.#nextQuestion;
    this.#nextQuestion += 1;
    return new Promise((resolve) => {
      this.#questions.set(id, resolve);
      this.#tell({ type: 'stats', id });
    });
  }

  stop(reason: string): Promise<void> {
    return (this.#stopped ??= this.#stop(reason));
  }

  /** True if a worker could not be ended, not even with its process's good will: see memory-watchdog.ts. */
  isStuck = false;

  setKeepsAlive(keeps: boolean): void {
    if (keeps) this.#worker.ref();
    else this.#worker.unref();
  }

  answer(id: number, stats: NodeStats): void {
    this.#questions.get(id)?.(stats);
    this.#questions.delete(id);
  }

  stopped(): void {
    this.#onStopped();
  }

  async #stop(reason: string): Promise<void> {
    this.isStopping = true;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, STOP_LIMIT_MS);
      this.#onStopped = () => {
        clearTimeout(limit);
        resolve();
      };
      this.#tell({ type: 'stop', reason });
    });
    let isEnded = false;
    const ended = this.#worker.terminate().then(() => (isEnded = true));
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, TERMINATE_LIMIT_MS).unref())]);
    this.isStuck = !isEnded;
  }

  #tell(message: ToRaylet): void {
    this.#worker.postMessage(message);
  }
}

/** An error that came as a name and a text. */
function errorOf(name: string, message: string): Error {
  const error = new DaylightError(message);
  const prototype = daylightErrorPrototype(name);
  if (prototype) Object.setPrototypeOf(error, prototype);
  return error;
}
