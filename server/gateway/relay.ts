/**
 * Object bytes through the server, for nodes that cannot reach each other: a puller's question goes to a holder, the
 * holder's chunk back to the puller. The server keeps no bytes, only who asked whom.
 *
 * A holder that lacks the object is taken off its list and the next one is asked; a holder without a connection is no
 * loss: the puller is told to come again.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { CHUNK_BYTES } from '#shared/protocol/limits.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import { CHUNK_STATUS, type SessionFrame, type SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { ObjectRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';

const NO_BYTES = new Uint8Array(0);
/** Questions one puller may have open; the rest are told to come again. */
const MAX_OPEN_PER_PULLER = 4096;

/** One question on its way to a holder. */
interface OpenFetch {
  readonly puller: number;
  readonly fetch: SessionFrameOf<'fetch'>;
  holder: number;
  /** Further keys under which the holder may have it. */
  otherKeys: ObjectKey[];
}

/** What the relay needs of the gateway. */
export interface RelayPort {
  isConnected(session: number): boolean;
  /** Sends at low priority; false if the link takes no more. */
  send(session: number, frame: SessionFrame): boolean;
  /** A holder said that it has not got the object. */
  copyMissing(object: ObjectRecord, session: number): void;
}

/** All transfers through this server. */
export class Relay {
  readonly #state: GcsState;
  readonly #port: RelayPort;
  /** By the number the holder answers with. */
  readonly #open = new Map<number, OpenFetch>();
  readonly #openOf = new Map<number, number>();
  #next = 1;
  /** Payload bytes passed on. */
  relayedBytes = 0;

  constructor(state: GcsState, port: RelayPort) {
    this.#state = state;
    this.#port = port;
  }

  get openCount(): number {
    return this.#open.size;
  }

  *levels(): Iterable<QueueLevel> {
    for (const level of this.#openOf.values())
      yield { queue: 'relayed questions of a node', level, bound: MAX_OPEN_PER_PULLER };
  }

  /** A puller asks for a piece of an object. */
  fetch(puller: number, fetch: SessionFrameOf<'fetch'>): void {
    if ((this.#openOf.get(puller) ?? 0) >= MAX_OPEN_PER_PULLER) {
      this.#answer(puller, fetch, CHUNK_STATUS.busy);
      return;
    }
    this.#ask({ puller, fetch, holder: 0, otherKeys: [] });
  }

  /** A holder answers. */
  chunk(holder: number, chunk: SessionFrameOf<'chunk'>): void {
    const open = this.#open.get(chunk.transfer);
    if (!open || open.holder !== holder) return;
    this.#close(chunk.transfer, open);
    if (chunk.status === CHUNK_STATUS.missing) {
      const otherKey = open.otherKeys.shift();
      if (otherKey !== undefined) {
        if (!this.#send(open, holder, otherKey)) this.#answer(open.puller, open.fetch, CHUNK_STATUS.busy);
        return;
      }
      const object = this.#state.object(open.fetch.object);
      if (object) this.#port.copyMissing(object, holder);
      this.#ask(open);
      return;
    }
    this.relayedBytes += chunk.data.length;
    this.#port.send(open.puller, { ...chunk, transfer: open.fetch.transfer, object: open.fetch.object });
  }

  /** A session has no connection any more: what it was asked is asked elsewhere, what it asked is forgotten. */
  disconnected(session: number): void {
    for (const [transfer, open] of [...this.#open]) {
      if (open.puller !== session && open.holder !== session) continue;
      this.#close(transfer, open);
      if (open.puller !== session) this.#ask(open);
    }
  }

  #ask(open: OpenFetch): void {
    const object = this.#state.object(open.fetch.object);
    if (object?.value && object.status === 'inline') {
      this.#answerInline(open, object.value);
      return;
    }
    for (const holder of object?.locations ?? []) {
      if (!this.#port.isConnected(holder) || !object) continue;
      // A node that made an object again has it under a key of its own (rule L1). It may even be the one that asks: the key it
      // asked for comes last, but it comes, for it may have made the object since.
      const isAskedFor = (at: ObjectKey): boolean => holder === open.puller && at === open.fetch.object;
      const [key, ...otherKeys] = this.#state
        .keysAt(holder, object.key)
        .toSorted((a, b) => Number(isAskedFor(a)) - Number(isAskedFor(b)));
      if (key === undefined || !this.#send(open, holder, key)) continue;
      open.otherKeys = otherKeys;
      return;
    }
    const held = object?.locations !== undefined && object.locations.size > 0;
    this.#answer(open.puller, open.fetch, held ? CHUNK_STATUS.busy : CHUNK_STATUS.missing);
  }

  #answer(puller: number, fetch: SessionFrameOf<'fetch'>, status: number): void {
    const { transfer, object, offset } = fetch;
    this.#port.send(puller, { type: 'chunk', transfer, object, status, offset, totalBytes: 0, data: NO_BYTES });
  }

  #answerInline({ puller, fetch }: OpenFetch, value: Uint8Array): void {
    const { transfer, object, offset, length } = fetch;
    const data = value.subarray(offset, offset + Math.min(length, CHUNK_BYTES));
    this.#port.send(puller, {
      type: 'chunk',
      transfer,
      object,
      status: CHUNK_STATUS.ok,
      offset,
      totalBytes: value.length,
      data,
    });
  }

  /** Asks a holder for the piece under one of its keys; false if its link takes no more. */
  #send(open: OpenFetch, holder: number, object: ObjectKey): boolean {
    const transfer = this.#next;
    this.#next += 1;
    const { offset, length } = open.fetch;
    if (!this.#port.send(holder, { type: 'fetch', transfer, object, offset, length })) return false;
    open.holder = holder;
    this.#open.set(transfer, open);
    this.#openOf.set(open.puller, (this.#openOf.get(open.puller) ?? 0) + 1);
    return true;
  }

  #close(transfer: number, open: OpenFetch): void {
    this.#open.delete(transfer);
    const count = (this.#openOf.get(open.puller) ?? 1) - 1;
    if (count > 0) this.#openOf.set(open.puller, count);
    else this.#openOf.delete(open.puller);
  }
}
