/**
 * What a node reports after a start of the server (rule M3) may name what another node has yet to tell of again. Each such word
 * waits under the first key it names that is not known. Of records see `held-streams.ts`.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { type NodeRecord, type NodeRecordOf, PLACE } from '#shared/protocol/node-records.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { GcsState } from './state.ts';

/** Beyond this many, records are applied to what there is. */
const MAX_ORPHANS = 100_000;

/** A word of a report, as the record that would say it, with the session whose it is. */
export interface Orphan {
  readonly session: number;
  readonly record: NodeRecord;
}

/** Waiting records by the key they wait for. */
export class Orphans {
  readonly #state: GcsState;
  readonly #byKey = new Map<ObjectKey, Orphan[]>();
  #count = 0;

  constructor(state: GcsState) {
    this.#state = state;
  }

  *levels(): Iterable<QueueLevel> {
    yield { queue: 'reports that came too early', level: this.#count, bound: MAX_ORPHANS };
  }

  /** Keeps the record if it names something that is not known. Returns false if it can be applied now. */
  keep(session: number, record: NodeRecord): boolean {
    const key = awaitedKey(this.#state, record);
    if (key === 0 || this.#count >= MAX_ORPHANS) return false;
    const kept = this.#byKey.get(key);
    if (kept) kept.push({ session, record });
    else this.#byKey.set(key, [{ session, record }]);
    this.#count += 1;
    return true;
  }

  /** Takes those that waited for this key, in the order they came. */
  take(key: ObjectKey): readonly Orphan[] {
    const kept = this.#byKey.get(key);
    if (!kept) return [];
    this.#byKey.delete(key);
    this.#count -= kept.length;
    return kept;
  }

  takeAll(): readonly Orphan[] {
    const all = [...this.#byKey.values()].flat();
    this.#byKey.clear();
    this.#count = 0;
    return all;
  }
}

/**
 * What a record names that is not known yet; 0 if all of it is.
 *
 * @param isLastCall everybody has told what was, so that a question can be answered
 */
export function awaitedKey(state: GcsState, record: NodeRecord, isLastCall = false): ObjectKey {
  const { tasks, actors } = state;
  switch (record.kind) {
    case 'submit':
      // Whether it was made before is known when everybody has told what was.
      // A durable `main` asks nothing: it has its history.
      if (record.place === PLACE.ask && state.grace && !isLastCall && !state.histories.of(record.parent))
        return record.task;
      return (
        unknown(state, tasks, record.parent) || unknown(state, actors, record.actor) || unknownInput(state, record)
      );
    case 'put':
      return unknown(state, tasks, record.parent) || unknownAmong(state, record.nested);
    case 'finish':
      return unknown(state, tasks, record.task) || unknownAmong(state, record.nested);
    case 'failed':
    case 'spill':
      return unknown(state, tasks, record.task);
    default:
      return awaitedByWord(state, record);
  }
}

/** Of records about what is there already. */
function awaitedByWord(state: GcsState, record: NodeRecord): ObjectKey {
  switch (record.kind) {
    case 'cancel':
      return unknown(state, state.objects, record.task);
    case 'release':
    case 'hold':
      return unknown(state, state.objects, record.object) || unknownHolder(state, record.holder);
    case 'want':
    case 'located':
      return unknown(state, state.objects, record.object);
    case 'killActor':
    case 'actorDown':
      return unknown(state, state.actors, record.actor);
    case 'decision':
    case 'checkpoint':
      return unknown(state, state.tasks, record.task);
    case 'began':
      return unknown(state, state.actors, record.actor) || unknown(state, state.tasks, record.task);
    case 'saved':
      return unknown(state, state.actors, record.actor) || unknownAmong(state, record.nested);
    default:
      return 0;
  }
}

/** The key, if the table has it under no name; else 0. */
function unknown(state: GcsState, table: Pick<ReadonlyMap<ObjectKey, unknown>, 'has'>, key: ObjectKey): ObjectKey {
  return key === 0 || table.has(state.resolve(key)) ? 0 : key;
}

/** An actor, or a durable `main`. */
function unknownHolder(state: GcsState, key: ObjectKey): ObjectKey {
  return state.tasks.has(key) ? 0 : unknown(state, state.actors, key);
}

function unknownAmong(state: GcsState, keys: readonly ObjectKey[]): ObjectKey {
  return keys.find((key) => unknown(state, state.objects, key) !== 0) ?? 0;
}

function unknownInput(state: GcsState, { deps, nested }: NodeRecordOf<'submit'>): ObjectKey {
  return unknownAmong(state, deps) || unknownAmong(state, nested);
}
