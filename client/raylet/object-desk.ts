/**
 * Objects on their way between workers, this node's memory, the journal and the server: puts and references of workers,
 * news from the server, values for workers.
 */
import { encodeError } from '#shared/errors/error-record.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { DURABLE_INLINE_BYTES } from '#shared/protocol/limits.ts';
import { OBJECT_STATUS, type ServerCommandOf } from '#shared/protocol/server-commands.ts';
import type { WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import { PULL_PRIORITY, type PullPriority } from '../object-manager/ports.ts';
import type { LocalObject } from './entries.ts';
import type { Journal } from './journal.ts';
import type { LocalObjects } from './local-objects.ts';
import type { LocalTasks } from './local-tasks.ts';
import { MainDesk } from './main-desk.ts';
import { keepFor } from './new-task.ts';
import type { RayletPorts } from './ports.ts';
import { tooLarge } from './task-errors.ts';
import type { WorkerEntry } from './worker-pool.ts';

const NO_BYTES = new Uint8Array(0);
/** Other nodes that wait for values to come from cold storage; further ones are to ask again (rule B1). */
const MAX_ASKED = 1024;

/** Moves objects. */
export class ObjectDesk {
  /** Durable `main`s on this node. */
  readonly mains: MainDesk;
  readonly #ports: RayletPorts;
  readonly #journal: Journal;
  readonly #objects: LocalObjects;
  readonly #tasks: () => LocalTasks;
  readonly #flush: () => void;
  /** What the server described in this step. */
  #described: LocalObject[] = [];
  /** Who waits for a value that is on its way from cold storage. */
  readonly #asked: { readonly object: LocalObject; readonly whenHere: () => void }[] = [];

  /** @param tasks asked for when it is needed: tasks and objects know each other */
  constructor(ports: RayletPorts, journal: Journal, objects: LocalObjects, tasks: () => LocalTasks, flush: () => void) {
    this.#ports = ports;
    this.#journal = journal;
    this.#objects = objects;
    this.#tasks = tasks;
    this.#flush = flush;
    this.mains = new MainDesk({
      journal,
      task: (key) => tasks().get(key),
      send: (worker, command) => ports.sendToWorker(worker.id, command),
      letGo: (worker, key) => this.release(worker, key, 0),
    });
  }

  /**
   * The step is over: gives what came from cold storage to other nodes that asked for it, for it may leave memory at once, and
   * forgets what the server described in this step and nobody here turned out to need.
   */
  settle(): void {
    this.#serve();
    if (this.#described.length === 0) return;
    for (const object of this.#described) this.#objects.forgetUnused(object);
    this.#described = [];
  }

  #serve(): void {
    if (this.#asked.length === 0 || this.#asked.every(({ object }) => object.restoring)) return;
    for (const ask of this.#asked.splice(0)) {
      if (ask.object.restoring) this.#asked.push(ask);
      else ask.whenHere();
    }
  }

  put(worker: WorkerEntry, message: WorkerRequestOf<'put'>, memory: Attachment | undefined): void {
    const { object: key, parent, sizeBytes, value, nested, k, digest } = message;
    if (key > worker.highestKey) worker.highestKey = key;
    const inRecord = memory === undefined && sizeBytes <= DURABLE_INLINE_BYTES;
    const bytes = inRecord ? value.slice() : value;
    this.#journal.append(
      { kind: 'put', object: key, parent, sizeBytes, value: inRecord ? bytes : NO_BYTES, nested, k, digest },
      'soon',
    );
    const object = this.#objects.obtain(key);
    const maker = parent === 0 ? undefined : this.#tasks().get(parent);
    if (maker || parent === 0) this.#objects.use(object);
    keepFor(worker, maker, parent, key);
    if (memory) this.#objects.setLocal(object, memory, sizeBytes, nested);
    else this.#objects.setInline(object, bytes, nested, !inRecord);
    this.#objects.share(object, worker);
    if (object.uses <= 0) this.#objects.forgetUnused(object);
  }

  release(worker: WorkerEntry, key: ObjectKey, holder: number): void {
    // What a task holds leaves with the task; the session's own reference to the object is not the task's to release.
    // A durable `main` lets go while it runs.
    const isMain = holder !== 0 && this.#tasks().get(holder)?.worker === worker;
    if (worker.kind !== 'task' || isMain) this.#journal.append({ kind: 'release', object: key, holder }, 'soon');
    if (!worker.holdings.delete(key)) return;
    const object = this.#objects.get(key);
    if (!object) return;
    if (object.owner === worker) object.owner = undefined;
    this.#objects.unuse(object);
  }

  hold(worker: WorkerEntry, key: ObjectKey, holder: number): void {
    this.#journal.append({ kind: 'hold', object: key, holder }, 'soon');
    if (worker.holdings.has(key)) return;
    worker.holdings.add(key);
    this.#objects.use(this.#objects.obtain(key));
  }

  describe(command: ServerCommandOf<'object'>): void {
    const object = this.#objects.obtain(command.object);
    object.wanted = false;
    // What counts is what the server says, whatever an attempt here gave.
    if (command.status === OBJECT_STATUS.stored) this.#objects.sure(object.key);
    else this.#objects.refuse(object);
    if (object.status === 'local' || object.status === 'spilled') {
      // It was made or brought here meanwhile.
    } else if (command.status === OBJECT_STATUS.inline)
      this.#objects.setInline(object, command.value.slice(), command.nested);
    else if (command.status === OBJECT_STATUS.error) this.#objects.setError(object, command.value.slice());
    else this.#objects.setRemote(object, command.sizeBytes, command.nested);
    this.#tasks().objectSettled(command.object);
    this.#described.push(object);
  }

  fetch(object: LocalObject, priority: PullPriority): void {
    this.#objects.use(object);
    this.#ports.server.fetch(object.key, object.sizeBytes, priority, (memory, isTooLarge) => {
      object.fetching = false;
      const isMeant = object.status === 'remote';
      if (memory && isMeant) {
        this.#journal.append({ kind: 'located', object: object.key, present: true, sizeBytes: object.sizeBytes });
        this.#objects.setLocal(object, memory, object.sizeBytes, object.nested);
      } else if (isMeant && isTooLarge === true) {
        this.#objects.setError(object, encodeError(tooLarge(object.sizeBytes)));
      }
      this.#objects.unuse(object);
      // Not to be had, or dropped while it was on its way.
      if (object.status === 'remote' || object.status === 'pending') this.#objects.lostTrack(object);
      this.#flush();
    });
  }

  /** The bytes of an object this node can serve to others; see `TransferPorts.readLocal`. */
  readLocal(key: ObjectKey, whenHere: () => void): Uint8Array | 'soon' | 'busy' | undefined {
    // Who asks for it has it from the server that it is here.
    this.#objects.sure(key);
    const object = this.#objects.get(key);
    if (object?.status === 'spilled') {
      this.#objects.bring(object, PULL_PRIORITY.copy);
      if (this.#asked.length >= MAX_ASKED) return 'busy';
      this.#asked.push({ object, whenHere });
      return 'soon';
    }
    if (object) this.#objects.touch(object);
    if (object?.memory) return new Uint8Array(object.memory, 0, object.sizeBytes);
    return object?.status === 'inline' ? object.value : undefined;
  }

  tellOwner(object: LocalObject): void {
    if (object.owner && object.owner.state !== 'ended') this.sendObject(object.owner, object);
  }

  sendObject(worker: WorkerEntry, object: LocalObject): void {
    this.#objects.touch(object);
    this.#objects.share(object, worker);
    const status =
      object.status === 'error'
        ? OBJECT_STATUS.error
        : object.status === 'inline'
          ? OBJECT_STATUS.inline
          : OBJECT_STATUS.stored;
    this.#ports.sendToWorker(
      worker.id,
      {
        kind: 'object',
        object: object.key,
        status,
        sizeBytes: object.sizeBytes,
        value: object.status === 'local' ? NO_BYTES : (object.value ?? NO_BYTES),
        nested: object.nested,
        attachment: 0,
      },
      object.status === 'local' ? object.memory : undefined,
    );
  }
}
