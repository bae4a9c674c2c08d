/**
 * Checkpoints that are too large to travel with their record (rules A2, O7): one lies in the store of the node that made it,
 * which is the very node whose death it is for. So another node is asked to keep a copy, and until it has one the checkpoint
 * stands for nothing: what it would stand for is kept beside it.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { ActorRecord, ObjectRecord, SessionRecord } from './entities.ts';
import { offersWork } from './node-offer.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';

/** Copies of a checkpoint, on nodes. */
const WANTED_COPIES = 2;
/** A node that was asked and has not said that it has a copy by then may not be able to, … */
const ASK_AGAIN_MS = 5_000;
/** … but for the time of the transfer on a slow line. */
const SLOW_BYTES_PER_MS = 1_000;

/** Who was asked for a copy. */
interface Asked {
  /** When somebody was asked last. */
  atMs: number;
  /** The nodes that were, until each has been. */
  readonly keepers: Set<number>;
}

/** Sees to copies of large checkpoints. */
export class CheckpointCopies {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  /** Checkpoints that lie on nodes, with their actors. */
  readonly #actors = new Map<ObjectKey, ActorRecord>();
  /** Those with too few copies. */
  readonly #asked = new Map<ObjectKey, Asked>();

  constructor(state: GcsState, objects: ObjectTable) {
    this.#state = state;
    this.#objects = objects;
  }

  /** The actor that saved this, if it lies on nodes. */
  actorOf(object: ObjectRecord): ActorRecord | undefined {
    return this.#actors.get(object.key);
  }

  watch(object: ObjectRecord, actor: ActorRecord): void {
    this.#actors.set(object.key, actor);
    this.look(object);
  }

  forget(key: ObjectKey): void {
    this.#actors.delete(key);
    this.#asked.delete(key);
  }

  /** A copy came or went. Returns true if there are enough. */
  look(object: ObjectRecord): boolean {
    if (hasEnough(object)) this.#asked.delete(object.key);
    else if (!this.#asked.has(object.key)) this.#asked.set(object.key, { atMs: -Infinity, keepers: new Set() });
    return hasEnough(object);
  }

  /** A node that is here was asked to have a copy and has not said that it has it. */
  isOnItsWay(key: ObjectKey): boolean {
    const keepers = this.#asked.get(key)?.keepers ?? [];
    return [...keepers].some((id) => this.#state.sessions.get(id)?.state === 'connected');
  }

  /** A node is gone, and its copies with it. */
  nodeGone(): void {
    for (const key of this.#actors.keys()) {
      const object = this.#state.objects.get(key);
      if (object) this.look(object);
    }
  }

  /** Asks for copies. */
  tick(): void {
    const { nowMs, grace } = this.#state;
    if (grace) return;
    for (const [key, asked] of this.#asked) {
      const object = this.#state.objects.get(key);
      if (!object) continue;
      if (nowMs - asked.atMs < ASK_AGAIN_MS + object.sizeBytes / SLOW_BYTES_PER_MS) continue;
      const keeper = this.#objects.isAvailable(object) ? this.#keeperFor(object, asked.keepers) : undefined;
      if (!keeper) continue;
      asked.atMs = nowMs;
      this.#objects.tell(object, keeper);
      this.#state.ports.command(keeper, { kind: 'keep', object: key });
    }
  }

  /** One that was not asked yet, or, if each was, any. */
  #keeperFor(object: ObjectRecord, asked: Set<number>): SessionRecord | undefined {
    let keeper = this.#nextKeeper(object, asked);
    if (!keeper && asked.size > 0) {
      asked.clear();
      keeper = this.#nextKeeper(object, asked);
    }
    if (keeper) asked.add(keeper.id);
    return keeper;
  }

  /** A trusted node that stays: a tab is closed sooner than a host ends. */
  #nextKeeper({ locations }: ObjectRecord, asked: ReadonlySet<number>): SessionRecord | undefined {
    let tab: SessionRecord | undefined;
    for (const session of this.#state.sessions.values()) {
      const isThere = session.state === 'connected' && session.trusted && session.successor === 0;
      const isAble = isThere && offersWork(session) && session.version >= KNOWS_KEEP;
      if (!isAble || locations?.has(session.id) || asked.has(session.id)) continue;
      if (session.role === 'host') return session;
      tab ??= session;
    }
    return tab;
  }
}

function hasEnough({ locations }: ObjectRecord): boolean {
  return (locations?.size ?? 0) >= WANTED_COPIES;
}

/** The first version of the protocol with the command `keep`. */
const KNOWS_KEEP = 4;
