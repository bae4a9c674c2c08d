/**
 * Questions to the raylet that are answered once: `request` and `flush` messages by their ids.
 */
import { decodeTaskError } from '#shared/errors/error-record.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { requests } from '#shared/protocol/requests.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';

/** A file for the page of a task's job. */
export interface PublishedFile {
  readonly task: ObjectKey;
  readonly name: string;
  readonly mediaType: string;
  readonly data: Uint8Array;
}

/** What the body of a publication has beside the file itself. */
const PUBLISH_HEAD_BYTES = 1024;

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

  /** Resolves once the server has the file. */
  async publish(file: PublishedFile): Promise<void> {
    const writer = new ByteWriter(file.data.length + PUBLISH_HEAD_BYTES);
    requests.publish.body.write(writer, file);
    const body = writer.finish();
    await this.ask((id) => ({ kind: 'request', id, method: 'publish', body }));
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
