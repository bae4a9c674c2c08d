/**
 * The node's store as the raylet sees it: memory with a limit, cold storage behind it, what an earlier life left there, and
 * the word to workers of how much room is left. Each is a file of its own; this one joins them.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerCommand } from '#shared/protocol/worker-messages.ts';
import { ColdDesk } from './cold-desk.ts';
import { Inventory } from './inventory.ts';
import type { Journal } from './journal.ts';
import type { LocalObjects, StoreWatch } from './local-objects.ts';
import type { RayletOptions, RayletPorts } from './ports.ts';
import { RoomTeller } from './room-teller.ts';
import type { WorkerEntry, WorkerPool } from './worker-pool.ts';

/** What the store needs of the raylet. */
export interface LocalStoreHooks {
  readonly objects: () => LocalObjects;
  send(worker: WorkerEntry, command: WorkerCommand): void;
  flush(): void;
}

/** The store of one session. */
export class LocalStore {
  readonly #hooks: LocalStoreHooks;
  readonly #cold: ColdDesk;
  readonly #inventory: Inventory;
  readonly #room: RoomTeller | undefined;

  constructor(ports: RayletPorts, options: RayletOptions, journal: Journal, pool: WorkerPool, hooks: LocalStoreHooks) {
    this.#hooks = hooks;
    this.#cold = new ColdDesk(ports, options, journal, {
      objects: hooks.objects,
      writing: (key) => this.#inventory.writing(key),
      flush: () => hooks.flush(),
    });
    this.#inventory = new Inventory(ports.coldStore, journal, hooks.objects, this.#cold);
    if (options.tellsRoom === true)
      this.#room = new RoomTeller(
        () => this.#cold.freeBytes,
        pool,
        (worker, command) => hooks.send(worker, command),
      );
  }

  /** For the object table, which tells what becomes of values. */
  get watch(): StoreWatch {
    return this.#cold;
  }

  /** Bytes of values that the GCS counts on in memory, and the room that is left. */
  get room(): { readonly memoryBytes: number; readonly freeBytes: number } {
    return { memoryBytes: this.#cold.memoryBytes, freeBytes: this.#cold.freeBytes };
  }

  /** A new session has begun. */
  opened(session: number): void {
    this.#inventory.announce(session, () => this.#hooks.flush());
  }

  /** The server has heard the journal up to this record. */
  heard(record: number): void {
    this.#inventory.heard(record);
  }

  /** A server that started anew asks what there is: what it has not answered is announced again. */
  repeat(): void {
    this.#inventory.repeat();
  }

  /** The server wants no copy of this here. */
  drop(key: ObjectKey): void {
    if (!this.#inventory.refuse(key)) this.#hooks.objects().drop(key);
  }

  /** True if it may turn out that this node has the object. */
  mayHave(key: ObjectKey): boolean {
    return this.#inventory.has(key);
  }

  /** A worker can be given work. */
  workerReady(worker: WorkerEntry): void {
    this.#room?.ready(worker);
  }

  /** The step is over. */
  settle(): void {
    this.#cold.settle();
    this.#room?.settle();
  }

  /** Time passed. */
  tick(): void {
    this.#cold.tick();
  }

  /** The session is void: answers of cold storage that are on their way change nothing. */
  close(): void {
    this.#cold.close();
    this.#inventory.close();
  }
}
