/**
 * What a node reports after a start of the server (rule M3) may name what another node has yet to tell of again. Each such word
 * waits under the first key it names that is not known. Of records see `held-streams.ts`.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { type NodeRecord, PLACE } from '#shared/protocol/node-records.ts';
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
  const { tasks, actors, objects } = state;
  const unlessIn = (table: ReadonlyMap<ObjectKey, unknown>, key: ObjectKey): ObjectKey =>
    key === 0 || table.has(state.resolve(key)) ? 0 : key;
  const unknownOf = (keys: readonly ObjectKey[]): ObjectKey => keys.find((key) => unlessIn(objects, key) !== 0) ?? 0;
  switch (record.kind) {
    case 'submit':
      // Whether it was made before is known when everybody has told what was.
      if (record.place === PLACE.ask && state.grace && !isLastCall) return record.task;
      return (
        unlessIn(tasks, record.parent) ||
        unlessIn(actors, record.actor) ||
        unknownOf(record.deps) ||
        unknownOf(record.nested)
      );
    case 'put':
      return unlessIn(tasks, record.parent) || unknownOf(record.nested);
    case 'finish':
      return unlessIn(tasks, record.task) || unknownOf(record.nested);
    case 'failed':
    case 'spill':
      return unlessIn(tasks, record.task);
    case 'cancel':
      return unlessIn(objects, record.task);
    case 'release':
    case 'hold':
    case 'want':
    case 'located':
      return unlessIn(objects, record.object);
    case 'killActor':
    case 'actorDown':
      return unlessIn(actors, record.actor);
    default:
      return 0;
  }
}
