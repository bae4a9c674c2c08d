/**
 * Who brings which object from where (rule O6): the server names sources so that many who need one object get it from each other
 * and not all from its maker. A node that is still pulling is a source already: it passes on what it has. Only in memory: a
 * node that finds its source gone asks again.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { chunkBytesOf } from '#shared/transfer/chunk-layout.ts';
import type { ObjectRecord, SessionRecord } from './entities.ts';
import type { GcsState } from './state.ts';

/** Sources named at once: the others are named when these have failed. */
const MAX_NAMED = 8;
/** Copies that are looked at; a value that everybody uses has thousands. */
const MAX_LOOKED_AT = 64;
/** The first version of the protocol whose nodes know digests of chunks. */
export const KNOWS_DIGESTS = 4;
/** Until links are measured. */
const ASSUMED_BYTES_PER_SECOND = 100e6;

/** A pull that is under way. */
interface ActivePull {
  readonly puller: number;
  /** The key by which the puller knows the object. */
  readonly key: ObjectKey;
  /** The source that was named first. */
  from: number;
  /** How many nodes the bytes pass through before they come to this one. */
  depth: number;
  /** Another value was accepted since it began. */
  isStale: boolean;
}

/** A node that has the object, or will. */
export interface NamedSource {
  readonly session: number;
  readonly isOld: boolean;
}

interface Weighed extends NamedSource {
  readonly costMs: number;
  readonly depth: number;
}

/** All pulls of several chunks. */
export class TransferBook {
  readonly #state: GcsState;
  readonly #isBelieved: (object: ObjectRecord, session: SessionRecord) => boolean;
  readonly #pulls = new Map<ObjectKey, Map<number, ActivePull>>();
  /** Pulls that each session is the named source of. */
  readonly #sending = new Map<number, number>();

  /** @param isBelieved whether others may have the object from this node */
  constructor(state: GcsState, isBelieved: (object: ObjectRecord, session: SessionRecord) => boolean) {
    this.#state = state;
    this.#isBelieved = isBelieved;
  }

  /** Pulls that are under way. */
  get size(): number {
    let count = 0;
    for (const pulls of this.#pulls.values()) count += pulls.size;
    return count;
  }

  /** Sources of an object for a node, the best first. */
  locate(
    object: ObjectRecord,
    key: ObjectKey,
    puller: SessionRecord,
    without: ReadonlySet<number>,
  ): readonly NamedSource[] {
    this.over(object.key, puller.id);
    const weighed = this.#candidates(object, puller, without);
    weighed.sort((a, b) => a.costMs - b.costMs || a.depth - b.depth || a.session - b.session);
    const sources = weighed.slice(0, MAX_NAMED);
    const [first] = sources;
    if (first)
      this.#begin(object, { puller: puller.id, key, from: first.session, depth: first.depth + 1, isStale: false });
    return sources.map(({ session, isOld }) => ({ session, isOld }));
  }

  /** The key by which a node knows the object that it is just bringing; `undefined` if it is not. */
  keyAt(object: ObjectKey, session: number): ObjectKey | undefined {
    return this.#pulls.get(object)?.get(session)?.key;
  }

  /** True if the pull began before the present value of the object was accepted. */
  isStale(object: ObjectKey, session: number): boolean {
    return this.#pulls.get(object)?.get(session)?.isStale === true;
  }

  /** What is on its way may be of a former version (rule O1). */
  versionChanged(object: ObjectKey): void {
    for (const pull of this.#pulls.get(object)?.values() ?? []) pull.isStale = true;
  }

  /** A pull is over. */
  over(object: ObjectKey, puller: number): void {
    const pulls = this.#pulls.get(object);
    const pull = pulls?.get(puller);
    if (!pulls || !pull) return;
    pulls.delete(puller);
    if (pulls.size === 0) this.#pulls.delete(object);
    this.#count(pull.from, -1);
  }

  /** Nobody knows the object any more. */
  forget(object: ObjectKey): void {
    for (const puller of [...(this.#pulls.get(object)?.keys() ?? [])]) this.over(object, puller);
  }

  /** The session has no connection: it brings nothing now, and asks again when it is back. */
  disconnected(session: number): void {
    for (const object of [...this.#pulls.keys()]) this.over(object, session);
  }

  #candidates(object: ObjectRecord, puller: SessionRecord, without: ReadonlySet<number>): Weighed[] {
    const weighed: Weighed[] = [];
    let looked = 0;
    for (const id of object.locations ?? []) {
      looked += 1;
      if (looked > MAX_LOOKED_AT) break;
      this.#weigh(weighed, object, this.#state.sessions.get(id), 0, without);
    }
    for (const { puller: id, depth, isStale } of this.#pulls.get(object.key)?.values() ?? []) {
      const session = this.#state.sessions.get(id);
      const isCopy = object.locations?.has(id) === true;
      if (isStale || isCopy || !session || !this.#isBelieved(object, session)) continue;
      if (session.version >= KNOWS_DIGESTS && !this.#comesFrom(object.key, id, puller.id))
        this.#weigh(weighed, object, session, depth, without);
    }
    return weighed;
  }

  #weigh(
    weighed: Weighed[],
    object: ObjectRecord,
    session: SessionRecord | undefined,
    depth: number,
    without: ReadonlySet<number>,
  ): void {
    if (session?.state !== 'connected' || without.has(session.id)) return;
    // All of it goes through each link; a chunk has to be there before the next node gets it.
    const bytes =
      object.sizeBytes * (1 + (this.#sending.get(session.id) ?? 0)) + depth * chunkBytesOf(object.sizeBytes);
    weighed.push({
      session: session.id,
      isOld: session.version < KNOWS_DIGESTS,
      depth,
      costMs: (bytes / ASSUMED_BYTES_PER_SECOND) * 1000,
    });
  }

  /** True if what comes to one node comes through another: neither would ever get it from each other. */
  #comesFrom(object: ObjectKey, node: number, through: number): boolean {
    const pulls = this.#pulls.get(object);
    const seen = new Set<number>();
    for (let at: number | undefined = node; at !== undefined && !seen.has(at); at = pulls?.get(at)?.from) {
      if (at === through) return true;
      seen.add(at);
    }
    return false;
  }

  #begin(object: ObjectRecord, pull: ActivePull): void {
    const pulls = this.#pulls.get(object.key);
    if (pulls) pulls.set(pull.puller, pull);
    else this.#pulls.set(object.key, new Map([[pull.puller, pull]]));
    this.#count(pull.from, 1);
  }

  #count(session: number, change: number): void {
    const count = (this.#sending.get(session) ?? 0) + change;
    if (count > 0) this.#sending.set(session, count);
    else this.#sending.delete(session);
  }
}
