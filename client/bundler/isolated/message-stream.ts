// JSON-RPC over a pair of pipes, as language tools speak it: each message after a header with its length. The other side may ask
// back; its questions are answered at once.

import type { Readable, Writable } from 'node:stream';

const MAX_MESSAGE_BYTES = 64_000_000;
const HEADER_END = '\r\n\r\n';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message?: string };
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class MessageStream {
  readonly #output: Writable;
  readonly #answer: (method: string, params: unknown) => unknown;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes until a message can be complete. */
  #needed = 1;

  /** @param answer what the other side gets for a question; undefined becomes null */
  constructor(input: Readable, output: Writable, answer: (method: string, params: unknown) => unknown) {
    this.#output = output;
    this.#answer = answer;
    input.on('data', (chunk: Buffer) => this.#receive(chunk));
    for (const event of ['end', 'error', 'close']) input.on(event, () => this.#fail('the other side is gone'));
    output.on('error', () => this.#fail('the other side is gone'));
  }

  /** Rejects if the other side says no, or goes away. */
  request(method: string, params: unknown): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#send({ id, method, params });
    return promise;
  }

  #send(message: Message): void {
    const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }));
    this.#output.write(`Content-Length: ${body.length}${HEADER_END}`);
    this.#output.write(body);
  }

  #receive(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#needed) {
      const all = Buffer.concat(this.#chunks);
      this.#chunks = [all];
      const body = all.indexOf(HEADER_END) + HEADER_END.length;
      if (body < HEADER_END.length) {
        this.#needed = this.#bytes + 1;
        return;
      }
      const length = Number(/Content-Length: (\d{1,9})/i.exec(all.toString('latin1', 0, body))?.[1] ?? Number.NaN);
      if (!(length <= MAX_MESSAGE_BYTES)) {
        this.#fail('the other side sends no messages');
        return;
      }
      this.#needed = body + length;
      if (this.#bytes < this.#needed) return;
      this.#chunks = [all.subarray(body + length)];
      this.#bytes -= body + length;
      this.#needed = 1;
      this.#take(JSON.parse(all.toString('utf8', body, body + length)));
    }
  }

  #take({ id, method, params, result, error }: Message): void {
    if (method !== undefined) {
      const answer = this.#answer(method, params);
      if (id !== undefined) this.#send({ id, result: answer ?? null });
      return;
    }
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (waiting === undefined || id === undefined) return;
    this.#waiting.delete(id);
    if (error === undefined) waiting.resolve(result);
    else waiting.reject(new Error(error.message ?? 'no reason given'));
  }

  #fail(reason: string): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(reason));
    this.#waiting.clear();
  }
}
