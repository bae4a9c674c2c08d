/**
 * The objects that a simulated worker or driver knows: those that its programs refer to, with their values as they came.
 */
import { daylightErrorPrototype } from '#shared/errors/daylight-error.ts';
import { decodeError } from '#shared/errors/error-record.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import type { WorkerCommandOf } from '#shared/protocol/worker-messages.ts';
import { digestIn, noteIn, type Note } from './values.ts';

/** What a program finds behind a reference. */
export type Found =
  | {
      readonly ok: true;
      readonly digest: number;
      readonly nested: readonly ObjectKey[];
      readonly note: Note | undefined;
    }
  | { readonly ok: false; readonly label: string };

interface Entry {
  status: number | undefined;
  value: Uint8Array | undefined;
  nested: readonly ObjectKey[];
  /** Programs here that have a reference to it, and runs that will read it. */
  uses: number;
}

/** All objects of a realm. */
export class RealmObjects {
  readonly #objects = new Map<ObjectKey, Entry>();
  readonly #fail: (message: string) => void;

  /** @param fail told of what must not be */
  constructor(fail: (message: string) => void) {
    this.#fail = fail;
  }

  /** For whoever looks for leaks. */
  get count(): number {
    return this.#objects.size;
  }

  has(key: ObjectKey): boolean {
    return this.#objects.has(key);
  }

  /** One more reference to the object here; true if it is the first. */
  use(key: ObjectKey): boolean {
    const entry = this.#obtain(key);
    entry.uses += 1;
    return entry.uses === 1;
  }

  /** One less; true if it was the last. */
  unuse(key: ObjectKey): boolean {
    const entry = this.#objects.get(key);
    if (!entry) return false;
    entry.uses -= 1;
    return entry.uses <= 0 && this.#objects.delete(key);
  }

  /** A value that was made here is known here. */
  made(key: ObjectKey, bytes: Uint8Array, nested: readonly ObjectKey[]): void {
    Object.assign(this.#obtain(key), { status: OBJECT_STATUS.inline, value: bytes, nested });
  }

  /** News of an object. */
  receive(command: WorkerCommandOf<'object'>, memory: Attachment | undefined): void {
    const entry = this.#obtain(command.object);
    entry.status = command.status;
    entry.nested = command.nested;
    if (memory) entry.value = new Uint8Array(memory, 0, command.sizeBytes);
    else if (command.status !== OBJECT_STATUS.stored) entry.value = command.value.slice();
  }

  /** True if it can be had; with `fetch`, if it is here. */
  isThere(key: ObjectKey, fetch: boolean): boolean {
    const entry = this.#objects.get(key);
    return entry?.status !== undefined && (!fetch || entry.value !== undefined);
  }

  isError(key: ObjectKey): boolean {
    return this.#objects.get(key)?.status === OBJECT_STATUS.error;
  }

  /** What is behind a reference; fails the run if it was said to be here and is not. */
  find(key: ObjectKey): Found {
    const entry = this.#objects.get(key);
    if (entry?.status === OBJECT_STATUS.error) return { ok: false, label: labelOf(entry.value ?? new Uint8Array(0)) };
    const digest = entry?.value && digestIn(entry.value);
    if (digest === undefined || !entry?.value) {
      this.#fail(`the value of ${key} is ${entry?.value ? 'not what was written' : 'not here'}`);
      return { ok: false, label: 'not a value' };
    }
    return { ok: true, digest, nested: entry.nested, note: noteIn(entry.value) };
  }

  #obtain(key: ObjectKey): Entry {
    let entry = this.#objects.get(key);
    if (!entry) this.#objects.set(key, (entry = { status: undefined, value: undefined, nested: [], uses: 0 }));
    return entry;
  }
}

/** An error as the oracle names it: what a program threw by its message, what the system reports by its class. */
function labelOf(encoded: Uint8Array): string {
  const error = decodeError(encoded);
  return daylightErrorPrototype(error.name) === undefined ? error.message : error.name;
}
