/**
 * The node's store as the raylet sees it: memory with a limit, cold storage behind it, what an earlier life left there, and
 * the word to workers of how much room is left. Each is a file of its own; this one joins them.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerCommand, WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { ColdDesk } from './cold-desk.ts';
import { Inventory } from './inventory.ts';
import type { Journal } from './journal.ts';
import type { LocalObjects, StoreWatch } from './local-objects.ts';
import type { RayletOptions, RayletPorts } from './ports.ts';
import { RoomDesk } from './room-desk.ts';
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
  readonly #teller: RoomTeller | undefined;
  readonly #room: RoomDesk;
  readonly #nowMs: () => number;

  constructor(ports: RayletPorts, options: RayletOptions, journal: Journal, pool: WorkerPool, hooks: LocalStoreHooks) {
    this.#hooks = hooks;
    this.#nowMs = () => ports.clock.nowMs();
    this.#room = new RoomDesk(ports.room);
    this.#cold = new ColdDesk(ports, options, journal, {
      objects: hooks.objects,
      writing: (key) => this.#inventory.writing(key),
      restored: (sizeBytes) => this.#room.take(sizeBytes),
      letGo: (worker, object) => hooks.send(worker, { kind: 'letGo', object }),
      flush: () => hooks.flush(),
    });
    this.#inventory = new Inventory(ports.coldStore, journal, hooks.objects, this.#cold);
    if (options.tellsRoom === true)
      this.#teller = new RoomTeller(
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
    this.#teller?.ready(worker);
  }

  /** A value came for which room was taken. */
  arrived(sizeBytes: number): void {
    this.#room.arrived(sizeBytes);
  }

  /** True if the message was about room. */
  takes(worker: WorkerEntry, message: WorkerRequest): boolean {
    if (message.kind !== 'needsRoom') return false;
    this.#room.needs(worker, message.sizeBytes, this.#nowMs());
    return true;
  }

  /** Nobody waits for room. */
  get isQuiet(): boolean {
    return !this.#room.hasWaiters;
  }

  /** The step is over. */
  settle(): void {
    this.#releaseGone();
    this.#cold.settle(this.#room.shortBytes);
    this.#releaseGone();
    this.#teller?.settle();
  }

  #releaseGone(): void {
    this.#room.settle(this.#hooks.objects().storedBytes, this.#nowMs());
  }

  /** Time passed. */
  tick(): void {
    this.#cold.tick();
    this.#room.tick(this.#nowMs(), this.#cold.isMoving);
  }

  /** The session is void: answers of cold storage that are on their way change nothing. */
  close(): void {
    this.#cold.close();
    this.#inventory.close();
    this.#room.settle(0, this.#nowMs());
  }
}
