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
/** A node that was asked and has not said that it has a copy by then may not be able to. */
const ASK_AGAIN_MS = 5_000;

/** Sees to copies of large checkpoints. */
export class CheckpointCopies {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  /** Checkpoints that lie on nodes, with their actors. */
  readonly #actors = new Map<ObjectKey, ActorRecord>();
  /** Those with too few copies, and when a node was asked for one. */
  readonly #askedMs = new Map<ObjectKey, number>();

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
    this.#askedMs.delete(key);
  }

  /** A copy came or went. Returns true if there are enough. */
  look(object: ObjectRecord): boolean {
    const isEnough = (object.locations?.size ?? 0) >= WANTED_COPIES;
    if (isEnough) this.#askedMs.delete(object.key);
    else if (!this.#askedMs.has(object.key)) this.#askedMs.set(object.key, -Infinity);
    return isEnough;
  }

  /** A node is gone, and its copies with it. */
  nodeGone(): void {
    for (const key of this.#actors.keys()) {
      const object = this.#state.objects.get(key);
      if (object) this.look(object);
    }
  }

  tick(): void {
    const { nowMs, grace } = this.#state;
    if (grace) return;
    for (const [key, askedMs] of this.#askedMs) {
      if (nowMs - askedMs < ASK_AGAIN_MS) continue;
      const object = this.#state.objects.get(key);
      const keeper = object && this.#objects.isAvailable(object) ? this.#keeperFor(object) : undefined;
      if (!object || !keeper) continue;
      this.#askedMs.set(key, nowMs);
      this.#objects.tell(object, keeper);
      this.#state.ports.command(keeper, { kind: 'keep', object: key });
    }
  }

  /** A trusted node that stays: a tab is closed sooner than a host ends. */
  #keeperFor({ locations }: ObjectRecord): SessionRecord | undefined {
    let tab: SessionRecord | undefined;
    for (const session of this.#state.sessions.values()) {
      const isThere = session.state === 'connected' && session.trusted && session.successor === 0;
      if (!isThere || !offersWork(session) || session.version < KNOWS_KEEP || locations?.has(session.id)) continue;
      if (session.role === 'host') return session;
      tab ??= session;
    }
    return tab;
  }
}

/** The first version of the protocol with the command `keep`. */
const KNOWS_KEEP = 4;
