/**
 * What the cluster gave to one stranger's node: the rest it may neither read nor touch (design rule "ids are names, not
 * permissions").
 *
 * Leases bring names: of the task, of its inputs, of the references in them, and in turn of the references in values
 * that the node asked for by such a name. A name once given stays: the value behind it was the node's to read then.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';

/** What a lease brings with it. */
export interface LeasedWork {
  readonly key: ObjectKey;
  readonly deps: readonly ObjectKey[];
  readonly nested: readonly ObjectKey[];
  readonly job: { readonly id: number };
  readonly fn: { readonly module: string };
}

/** What a lease was used for. */
export interface LeaseUse {
  /** Tasks submitted and values put. */
  made: number;
  /** Bytes of their arguments and values that the server keeps. */
  bytes: number;
}

const FIRST_SWEEP = 1024;

/** Names, modules and jobs that a session may speak of. */
export class StrangerBook {
  /**
   * False for a session of before the server's start: what it was given then is known only in part, so a name that is
   * not here is no offence.
   */
  readonly isComplete: boolean;
  readonly #objects: Pick<ReadonlyMap<ObjectKey, unknown>, 'has'>;
  readonly #names = new Set<ObjectKey>();
  readonly #modules = new Set<string>();
  readonly #jobs = new Set<number>();
  readonly #uses = new WeakMap<LeasedWork, LeaseUse>();
  #sweepAt = FIRST_SWEEP;

  /** @param objects all objects there are: names of others are forgotten now and then */
  constructor(objects: Pick<ReadonlyMap<ObjectKey, unknown>, 'has'>, isComplete: boolean) {
    this.#objects = objects;
    this.isComplete = isComplete;
  }

  /** A task is the node's to run. */
  leased(task: LeasedWork): void {
    this.name([task.key, ...task.deps, ...task.nested]);
    if (task.fn.module !== '') this.#modules.add(task.fn.module);
    this.#jobs.add(task.job.id);
    this.#uses.set(task, { made: 0, bytes: 0 });
  }

  /** The node was told of these objects. */
  name(keys: Iterable<ObjectKey>): void {
    for (const key of keys) this.#names.add(key);
    if (this.#names.size < this.#sweepAt) return;
    for (const key of this.#names) if (!this.#objects.has(key)) this.#names.delete(key);
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#names.size * 2);
  }

  /** True if the node was told of this object, or had the task of this key. */
  knows(key: ObjectKey): boolean {
    return this.#names.has(key);
  }

  hadModule(hash: string): boolean {
    return this.#modules.has(hash);
  }

  hadJob(id: number): boolean {
    return this.#jobs.has(id);
  }

  /** What the present lease of a task was used for so far. */
  useOf(task: LeasedWork): LeaseUse {
    let use = this.#uses.get(task);
    if (!use) {
      use = { made: 0, bytes: 0 };
      this.#uses.set(task, use);
    }
    return use;
  }
}
