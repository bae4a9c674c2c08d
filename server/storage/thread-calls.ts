/**
 * Calls between the main thread and a storage thread: a typed request answered by one reply, in order. Every call under way
 * rejects when the thread ends, so nobody waits for a thread that is gone.
 */
import type { MessagePort, Transferable } from 'node:worker_threads';
import { Worker } from 'node:worker_threads';
import { StorageError } from '#shared/ports/storage.ts';
import type { StorageErrorCode } from '#shared/ports/storage.ts';

/** The calls a thread answers: name → argument and result, both structured-cloneable. */
export type CallMap<C> = { [K in keyof C]: { readonly argument: unknown; readonly result: unknown } };

/** An error as it crosses between threads: classes do not survive structured clone. */
export interface PlainStorageError {
  readonly code: StorageErrorCode;
  readonly message: string;
}

interface CallRequest<C extends CallMap<C>, K extends keyof C> {
  readonly id: number;
  readonly kind: K;
  readonly argument: C[K]['argument'];
}

type CallReply = { readonly id: number } & ({ readonly result: unknown } | { readonly error: PlainStorageError });

export interface Answer<R> {
  readonly result: R;
  /** Buffers of `result` to hand over instead of copying. */
  readonly transfer?: Transferable[];
}

/** What a thread does for each call. Throwing a `StorageError` rejects the caller's promise with the same code. */
export type Handlers<C extends CallMap<C>> = {
  [K in keyof C]: (argument: C[K]['argument']) => Answer<C[K]['result']>;
};

/** Answers calls on `port` until it closes; runs in the thread. */
export function serveCalls<C extends CallMap<C>>(port: MessagePort, handlers: Handlers<C>): void {
  const answer = <K extends keyof C>(request: CallRequest<C, K>): void => {
    try {
      const { result, transfer } = handlers[request.kind](request.argument);
      port.postMessage({ id: request.id, result }, transfer ?? []);
    } catch (error) {
      port.postMessage({ id: request.id, error: toPlain(error) });
    }
  };
  port.on('message', answer);
}

export function toPlain(error: unknown): PlainStorageError {
  if (error instanceof StorageError) return { code: error.code, message: error.message };
  return { code: 'unavailable', message: `The storage thread failed: ${String(error)}.` };
}

export function fromPlain(error: PlainStorageError): StorageError {
  return new StorageError(error.code, error.message);
}

interface Pending {
  resolve(result: unknown): void;
  reject(error: StorageError): void;
}

/** A storage thread seen from the main thread. */
export class CallThread<C extends CallMap<C>> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 0;
  #failure = 'it was told to';
  #ended = false;

  /** Starts the thread. `entry`: its module; `workerData`: what it finds under that name; `name` is for debuggers. */
  constructor(entry: URL, name: string, workerData: unknown) {
    this.#worker = new Worker(entry, { name, workerData });
    this.#worker.on('message', (reply: CallReply) => this.#settle(reply));
    this.#worker.on('error', (error) => (this.#failure = String(error)));
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#ended = true;
        for (const pending of this.#pending.values()) pending.reject(this.#endedError());
        this.#pending.clear();
        resolve();
      });
    });
  }

  get ended(): boolean {
    return this.#ended;
  }

  call<K extends keyof C>(kind: K, argument: C[K]['argument'], transfer: Transferable[] = []): Promise<C[K]['result']> {
    if (this.#ended) return Promise.reject(this.#endedError());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const request: CallRequest<C, K> = { id, kind, argument };
      this.#worker.postMessage(request, transfer); // throws, and so rejects, if a buffer was handed over before
      this.#pending.set(id, { resolve, reject });
    });
  }

  /** Ends the thread once it is out of the call it is in, if any. */
  async stop(): Promise<void> {
    void this.#worker.terminate();
    await this.#exited;
  }

  #settle(reply: CallReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('error' in reply) pending?.reject(fromPlain(reply.error));
    else pending?.resolve(reply.result);
  }

  #endedError(): StorageError {
    return new StorageError('closed', `The storage thread has ended: ${this.#failure}.`);
  }
}
