/**
 * Records that came too early (rule L2): after a start of the server a node may send again what relies on records of
 * another node that are still to come. They wait, each under the first key it names that is not known, and with it
 * everything that relies on it in turn.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { GcsState } from './state.ts';

/** Beyond this many, records are applied to what there is. */
const MAX_ORPHANS = 100_000;

/** A record with the session that wrote it. */
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
    yield { queue: 'records that came too early', level: this.#count, bound: MAX_ORPHANS };
  }

  /** Keeps the record if it names something that is not known. Returns false if it can be applied now. */
  keep(session: number, record: NodeRecord): boolean {
    const key = this.#awaitedKey(record);
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

  /** What a record names that is not known yet; 0 if all of it is. */
  #awaitedKey(record: NodeRecord): ObjectKey {
    const { tasks, actors, objects } = this.#state;
    const unlessIn = (table: ReadonlyMap<ObjectKey, unknown>, key: ObjectKey): ObjectKey =>
      key === 0 || table.has(this.#state.resolve(key)) ? 0 : key;
    switch (record.kind) {
      case 'submit':
        return unlessIn(tasks, record.parent) || unlessIn(actors, record.actor);
      case 'put':
        return unlessIn(tasks, record.parent);
      case 'finish':
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
}
