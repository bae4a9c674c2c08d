/**
 * The workers of a simulated node: realms behind links, which come up after a while and may end at any time.
 */
import { pushCommand } from '#client/host/command-link.ts';
import type { ShellWorkers } from '#client/host/raylet-shell.ts';
import type { WorkerKind } from '#client/raylet/ports.ts';
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Attachment, Transport } from '#shared/ports/transport.ts';
import {
  type WorkerCommand,
  workerCommands,
  type WorkerRequest,
  workerRequests,
} from '#shared/protocol/worker-messages.ts';
import type { RecordBatch } from '#shared/wire/columnar.ts';
import { actorBookOf } from './actor-book.ts';
import { mainBookOf } from './main-book.ts';
import type { Machine } from './machine.ts';
import { planOf } from './plan.ts';
import { Runtime } from './runtime.ts';
import { threadLink } from './thread-link.ts';

type VariantsOf<B> = B extends RecordBatch<infer V> ? V : never;

/** Workers that end by no fault of a task: each task has that once at most, so that its retries do not run out. */
const WORDS = {
  [END_REASON.workerCrashed]: 'the worker ended for no reason',
  [END_REASON.outOfMemory]: "the node's memory limit was reached, and this worker held most",
} as const;
/** Why a worker may be ended from outside. */
export type EndedFor = keyof typeof WORDS;

const SPAWN_MS = 5;
const END_MS = 2;

/** Told what happens in workers. */
export interface WorkerEvents {
  onMessages(id: number, messages: readonly WorkerRequest[], attachments: readonly Attachment[]): void;
  onExit(id: number, reason: number, message: string): void;
}

interface Worker {
  readonly runtime: Runtime;
  readonly transport: Transport;
  readonly link: BatchLink<VariantsOf<typeof workerCommands>>;
  /** Tasks that it was sent and that may not run again, as long as it may have them. */
  readonly delicate: Map<ObjectKey, number>;
}

/** All workers of a node. */
export class SimWorkers implements ShellWorkers {
  readonly #machine: Machine;
  readonly #random: Random;
  readonly #sharesMemory: boolean;
  readonly #events: WorkerEvents;
  readonly #workers = new Map<number, Worker>();
  /** Absent in a tab, where there is no memory that could be shared. */
  readonly revoke?: (id: number, claim: number) => boolean;

  constructor(machine: Machine, random: Random, sharesMemory: boolean, events: WorkerEvents) {
    this.#machine = machine;
    this.#random = random;
    this.#sharesMemory = sharesMemory;
    this.#events = events;
    if (sharesMemory) this.revoke = (id, claim) => this.#revoke(id, claim);
  }

  /** CPUs that programs compute with now. */
  get activeMilli(): number {
    let milli = 0;
    for (const { runtime } of this.#workers.values()) if (!runtime.isOver) milli += runtime.activeMilli;
    return milli;
  }

  spawn(_kind: WorkerKind, id: number): void {
    const [raylet, realm] = threadLink(this.#machine, this.#sharesMemory);
    const runtime = new Runtime(realm, {
      clock: this.#machine,
      isDriver: false,
      sharesMemory: this.#sharesMemory,
      book: actorBookOf(this.#machine.world),
      name: this.#machine.name,
      draw: () => this.#random.next(),
      mainHooks: (name) => mainBookOf(this.#machine.world).hooksOf(name),
      crash: () => this.#end(id, worker, END_REASON.workerCrashed, 'the worker crashed'),
      fail: (message) => this.#machine.world.fail(`${this.#machine.name}, worker ${id}: ${message}`),
    });
    const link = new BatchLink(raylet, workerCommands);
    const worker: Worker = { runtime, transport: raylet, link, delicate: new Map() };
    this.#workers.set(id, worker);
    receiveBatches(raylet, workerRequests, (messages, attachments) => {
      if (this.#workers.get(id) !== worker) return;
      for (const said of messages)
        if (said.kind === 'result' || said.kind === 'recalled') worker.delicate.delete(said.task);
      this.#events.onMessages(id, messages, attachments);
    });
    this.#machine.arrive(SPAWN_MS * (1 + 9 * this.#random.next()), () => {
      if (!runtime.isOver) runtime.ready();
    });
  }

  /**
   * Ends a worker with a task as the system may at any time. Returns false if there is none that can stand it.
   *
   * @param struck tasks that this has happened to
   */
  strike(reason: EndedFor, struck: Set<ObjectKey>): boolean {
    for (const [id, worker] of this.#workers) {
      const { runtime, delicate } = worker;
      const tasks = runtime.isOver || delicate.size > 0 ? [] : runtime.tasks;
      if (tasks.length === 0 || tasks.some(({ key, fails }) => fails || struck.has(key))) continue;
      for (const { key } of tasks) struck.add(key);
      const message = WORDS[reason];
      this.#machine.tell(`worker ${id} ends: ${message}`);
      // A tab's worker counts its buffers itself and says so; that of a host is ended by whoever watches memory there.
      if (reason === END_REASON.outOfMemory && !this.#sharesMemory)
        this.#events.onMessages(id, [{ kind: 'exceeded', reason, message }], []);
      // At once: a run that was sent to it meanwhile would be blamed, and may be one that must not be.
      else this.#end(id, worker, reason, message, 0);
      return true;
    }
    return false;
  }

  stop(id: number): void {
    const worker = this.#workers.get(id);
    if (worker) this.#end(id, worker, END_REASON.workerCrashed, 'the worker was ended');
  }

  send(id: number, command: WorkerCommand, memory?: Attachment): void {
    const worker = this.#workers.get(id);
    if (!worker) return;
    if (command.kind === 'run' && planOf(command.args)?.once === true) worker.delicate.set(command.task, command.claim);
    pushCommand(worker.link, command, memory);
  }

  #revoke(id: number, claim: number): boolean {
    const worker = this.#workers.get(id);
    if (worker?.runtime.revoke(claim) !== true) return false;
    for (const [task, each] of worker.delicate) if (each === claim) worker.delicate.delete(task);
    return true;
  }

  flush(): void {
    for (const { link } of this.#workers.values()) link.flush();
  }

  stopAll(): Promise<void> {
    for (const { runtime, transport } of this.#workers.values()) {
      runtime.over();
      if (runtime.actor !== 0) actorBookOf(this.#machine.world).nodeHarmed(runtime.actor);
      transport.close();
    }
    this.#workers.clear();
    return Promise.resolve();
  }

  #end(id: number, worker: Worker, reason: number, message: string, endMs = END_MS): void {
    if (this.#workers.get(id) !== worker) return;
    this.#over(worker.runtime);
    this.#machine.arrive(endMs * (1 + 4 * this.#random.next()), () => {
      if (this.#workers.get(id) !== worker) return;
      this.#workers.delete(id);
      worker.transport.close();
      this.#events.onExit(id, reason, message);
    });
  }

  #over(runtime: Runtime): void {
    runtime.over();
    if (runtime.actor !== 0) actorBookOf(this.#machine.world).harm(runtime.actor);
  }
}
