/**
 * Questions to the raylet that are answered once: `request` and `flush` messages by their ids.
 */
import { decodeTaskError } from '#shared/errors/error-record.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';

interface Question {
  resolve(body: Uint8Array): void;
  reject(error: Error): void;
}

/** Questions that wait for their answers. */
export class Questions {
  readonly #push: (message: WorkerRequest) => void;
  readonly #waiting = new Map<number, Question>();
  #next = 1;
  #closed: Error | undefined;

  constructor(push: (message: WorkerRequest) => void) {
    this.#push = push;
  }

  /** How many are not answered yet. */
  get open(): number {
    return this.#waiting.size;
  }

  ask(message: (id: number) => WorkerRequest): Promise<Uint8Array> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#push(message(id));
    });
  }

  answer(id: number, ok: boolean, body: Uint8Array): void {
    const question = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (ok) question?.resolve(body);
    else question?.reject(decodeTaskError(body));
  }

  /** The connection is gone: no answer will come, and none can be asked for. */
  abandon(reason: Error): void {
    this.#closed = reason;
    for (const question of this.#waiting.values()) question.reject(reason);
    this.#waiting.clear();
  }
}
