/**
 * The history of a durable `main` as it is kept and sent (rule J1): what it made and what was decided, in the order of its
 * journal. Calls and puts are in the journal anyway, so the server makes their entries of those records; what else a later run has
 * to be told comes in records of its own, the *decisions*.
 */
import type { ByteReader } from '../wire/byte-reader.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { bytes, f64, str, taggedUnion, uint, type Infer } from '../wire/schema.ts';

/** What a `main` may wait for (the `op` of a decision). All of them end in an order that another run has to follow. */
export const OPERATION = {
  get: 0,
  wait: 1,
  once: 2,
  getActor: 3,
  publish: 4,
  cancel: 5,
  kill: 6,
  ready: 7,
} as const;

/** The same in words. */
export const OPERATION_NAMES: readonly string[] = Object.keys(OPERATION);

/** What was decided (the `what` of a decision). */
export const DECISION = {
  /** An operation began. `op`: one of {@link OPERATION}; `number`: digest of what it is about. */
  opened: 0,
  /** An operation ended. `op`: its number, in the order in which they began; `value`: its outcome. */
  settled: 1,
  /** `context().now()` gave `number`. */
  now: 2,
  /** `context().random()` gave `number`. */
  random: 3,
} as const;

/** One decision, beside the task that it is of. */
export interface Decision {
  readonly what: number;
  readonly op: number;
  readonly number: number;
  readonly value: Uint8Array;
}

/** A recorded outcome: of `once` at most as much as travels inline. */
export const MAX_OUTCOME_BYTES = 100 * 1024;
/** The state of a `context().checkpoint(state)`, encoded. */
export const MAX_CHECKPOINT_BYTES = 8 * 1024 * 1024;

/** One entry. */
export const historyEntry = taggedUnion('kind', {
  /** The next number of a function stands for this name. */
  name: { name: str({ maxBytes: 16 * 1024 }) },
  call: { key: uint, fn: uint, digest: uint },
  put: { key: uint, sizeBytes: uint, digest: uint },
  opened: { op: uint, digest: uint },
  settled: { op: uint, outcome: bytes({ maxBytes: MAX_OUTCOME_BYTES * 2 }) },
  now: { value: f64 },
  random: { value: f64 },
});

/** See {@link historyEntry}. */
export type HistoryEntry = Infer<typeof historyEntry>;

/** Appends an entry to others. */
export function writeEntry(writer: ByteWriter, entry: HistoryEntry): void {
  historyEntry.write(writer, entry);
}

/** All entries up to the end of the bytes. */
export function readEntries(reader: ByteReader): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  while (reader.remaining > 0) {
    const entry = historyEntry.read(reader);
    // A view of bytes that may not last.
    entries.push(entry.kind === 'settled' ? { ...entry, outcome: entry.outcome.slice() } : entry);
  }
  return entries;
}

/** Calls and puts of one `main`, and attempts at one task: more than any has, and far from where counting on would fail. */
export const MAX_COUNTED = 2 ** 40;

/** Whether there is such a decision. What is not one has no entry, and half of one would spoil those before it. */
export function isDecision({ what, number }: Pick<Decision, 'what' | 'number'>): boolean {
  if (what === DECISION.opened) return Number.isSafeInteger(number) && number >= 0;
  return what <= DECISION.random;
}

/** The entry that a decision becomes. @throws TypeError if there is no such decision */
export function entryOf({ what, op, number, value }: Decision): HistoryEntry {
  if (!isDecision({ what, number })) throw new TypeError(`there is no decision ${what} about ${number}`);
  switch (what) {
    case DECISION.opened:
      return { kind: 'opened', op, digest: number };
    case DECISION.settled:
      return { kind: 'settled', op, outcome: value.slice() };
    case DECISION.now:
      return { kind: 'now', value: number };
    case DECISION.random:
      return { kind: 'random', value: number };
    default:
      throw new TypeError(`there is no decision ${what}`);
  }
}
