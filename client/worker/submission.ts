/**
 * From a call to its `submit` message. This is the hottest path of a driver, so it makes nothing that a no-op call does
 * not need, and it is synchronous to the end: what the caller does with its arguments afterwards changes nothing.
 */
import { actorIdentity, isActorHandle } from '../api/actor-handle.ts';
import { ObjectRef } from '../api/object-ref.ts';
import { BackPressureError, SerializationError } from '#shared/errors/daylight-error.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { INLINE_BYTES, MAX_ARGS_BYTES } from '#shared/protocol/limits.ts';
import { encodeArgs, encodeValue, type EncodedValue } from '#shared/serialization/value-codec.ts';
import type { EncodeContext } from '#shared/serialization/value-encoder.ts';
import { ActorRecord } from './actor-record.ts';
import type { ObjectCache } from './object-cache.ts';
import type { ReferenceTable } from './reference-table.ts';

/** Own unfinished tasks of one program; beyond it `.remote` throws (rule B1). */
export const MAX_PENDING_TASKS = 1_000_000;
/** Bytes of their arguments, likewise. */
export const MAX_PENDING_BYTES = 256 * 1024 * 1024;

const NO_KEYS: ObjectKey[] = [];
/** Below this an argument is never moved out of an argument list that is too long in all. */
const LEAST_PUT_BYTES = 1024;

/** Arguments ready to be sent. */
export interface EncodedArgs {
  readonly bytes: Uint8Array;
  readonly deps: ObjectKey[];
  readonly nested: ObjectKey[];
}

/** Encodes arguments and values with the references of one connection. */
export class ArgumentEncoder {
  readonly context: EncodeContext;
  readonly #put: (encoded: EncodedValue) => ObjectRef<unknown>;

  /** @param put stores a large argument apart */
  constructor(references: ReferenceTable, put: (encoded: EncodedValue) => ObjectRef<unknown>) {
    this.#put = put;
    this.context = {
      asReference(value) {
        if (ObjectRef.isObjectRef(value)) return { kind: 'object', token: references.keyOf(value) };
        if (!isActorHandle(value)) return undefined;
        const actor = actorIdentity(value);
        if (!(actor instanceof ActorRecord)) return undefined;
        return { kind: 'actor', token: actor.key, description: actor.description };
      },
    };
  }

  /** @throws SerializationError naming the argument's path. */
  encode(args: readonly unknown[]): EncodedArgs {
    let encoded = encodeArgs(args, this.context);
    if (encoded.sizeBytes > INLINE_BYTES) {
      let sent = this.#putLarge(args, INLINE_BYTES);
      if (sent !== args) encoded = encodeArgs(sent, this.context);
      for (let limit = INLINE_BYTES / 2; encoded.sizeBytes > MAX_ARGS_BYTES; limit /= 2) {
        if (limit < LEAST_PUT_BYTES)
          throw new SerializationError(
            `the arguments take ${encoded.sizeBytes} bytes in small pieces: put them into one array`,
          );
        sent = this.#putLarge(sent, limit);
        encoded = encodeArgs(sent, this.context);
      }
    }
    const { references } = encoded;
    if (references.length === 0) return { bytes: encoded.toBytes(), deps: NO_KEYS, nested: NO_KEYS };
    const deps: ObjectKey[] = [];
    const nested: ObjectKey[] = [];
    for (const { topLevel, token } of references) (topLevel ? deps : nested).push(Number(token));
    return { bytes: encoded.toBytes(), deps, nested };
  }

  /** The arguments with those above the limit replaced by references to them; the same array if there are none. */
  #putLarge(args: readonly unknown[], limitBytes: number): readonly unknown[] {
    let sent: unknown[] | undefined;
    args.forEach((arg, index) => {
      if (typeof arg !== 'string' && (typeof arg !== 'object' || arg === null || ObjectRef.isObjectRef(arg))) return;
      const alone = encodeValue(arg, this.context);
      if (alone.sizeBytes <= limitBytes) return;
      sent ??= args.slice();
      sent[index] = this.#put(alone);
    });
    return sent ?? args;
  }
}

/** Keys of the references in an encoded value, in order. */
export function referencedKeys(encoded: EncodedValue): ObjectKey[] {
  return encoded.references.length === 0 ? NO_KEYS : encoded.references.map(({ token }) => Number(token));
}

/** Refuses a submission when too much is unfinished. */
export function checkRoom(cache: ObjectCache): void {
  if (cache.pendingTasks < MAX_PENDING_TASKS && cache.pendingBytes < MAX_PENDING_BYTES) return;
  const what =
    cache.pendingTasks >= MAX_PENDING_TASKS
      ? `${cache.pendingTasks} tasks are unfinished`
      : `unfinished tasks hold ${Math.round(cache.pendingBytes / 2 ** 20)} MB of arguments`;
  throw new BackPressureError(
    `${what}: submit with fn.map(items), which keeps a bounded number in flight, or await context().ready() in the loop`,
  );
}
