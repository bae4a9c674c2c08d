/**
 * Tasks that end the workers of one node after the other (rule L4, "poison"). Each is tried on another node first; one that ended
 * workers on three fails, whatever `maxRetries` says, and its function is held for that job: its other tasks run one at a time
 * until one of them has a result. To keep them all back would have whoever waits for them wait for ever; to go on as before
 * would cost every node of the cluster workers at once. After two seconds the next one follows all the same: the first may wait
 * for it, as in a function that calls itself.
 *
 * It stands before the queue of ready tasks. What it knows does not outlive the server: a start is another chance.
 */
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { FunctionEntry } from './dictionaries.ts';
import type { JobRecord, SessionRecord, TaskRecord } from './entities.ts';
import { KeyTable } from './key-table.ts';
import type { GcsState } from './state.ts';
import type { ReadyQueue } from './task-manager.ts';

/** Nodes on which a task may end workers. */
const MAX_NODES = 3;
/** One that has not ended after this long no longer keeps the next one waiting. */
const PROBE_MS = 2_000;
/** All strangers count as one node: they may be one person, and what they say of a task is not proved. */
const STRANGERS = "a stranger's node";
const ENDS_WORKER: ReadonlySet<number> = new Set([
  END_REASON.workerCrashed,
  END_REASON.outOfMemory,
  END_REASON.runtimeLimit,
]);

interface HeldFunction {
  /** Names of the nodes, for people. */
  readonly nodes: string;
  readonly waiting: KeyTable<TaskRecord>;
  /** Those that may run. */
  readonly letGo: Set<TaskRecord>;
  /** The one that was let go last, and when; `undefined` if the next may follow. */
  probe: TaskRecord | undefined;
  sinceMs: number;
}

/** The queue of ready tasks, without those of held functions. */
export class Quarantine implements ReadyQueue {
  readonly #state: GcsState;
  readonly #queue: ReadyQueue;
  /** By unfinished task: node ids, with their names. */
  readonly #endedOn = new Map<TaskRecord, Map<string, string>>();
  readonly #held = new Map<JobRecord, Map<FunctionEntry, HeldFunction>>();

  constructor(state: GcsState, queue: ReadyQueue) {
    this.#state = state;
    this.#queue = queue;
  }

  /** Tasks that wait for others of their function. */
  get waitingCount(): number {
    let count = 0;
    for (const functions of this.#held.values()) for (const { waiting } of functions.values()) count += waiting.size;
    return count;
  }

  add(task: TaskRecord): void {
    const held = this.#heldOf(task);
    if (!held || held.letGo.has(task)) this.#queue.add(task);
    else {
      held.waiting.set(task.key, task);
      this.#probe(held);
    }
  }

  remove(task: TaskRecord): void {
    if (this.#heldOf(task)?.waiting.delete(task.key) !== true) this.#queue.remove(task);
  }

  ran(task: TaskRecord, durationUs: number, session: SessionRecord): void {
    this.#queue.ran(task, durationUs, session);
  }

  crashed(task: TaskRecord, session: SessionRecord): void {
    this.#queue.crashed(task, session);
  }

  /** True if the task has ended a worker on this node. */
  hasEndedOn(task: TaskRecord, { nodeId, trusted }: SessionRecord): boolean {
    return this.#endedOn.get(task)?.has(trusted ? nodeId : STRANGERS) === true;
  }

  /** Why a ready task waits here; `undefined` if it does not. */
  whyWaits(task: TaskRecord): string | undefined {
    const held = this.#heldOf(task);
    if (!held?.waiting.has(task.key)) return undefined;
    return `its function ended workers on ${held.nodes}: until one of its tasks has a result they run one at a time`;
  }

  /**
   * An attempt of a task ended by its own fault. Returns the names of the nodes if it has ended workers on too many: its
   * function is held from now on.
   */
  failed(task: TaskRecord, reason: number, session: SessionRecord): string | undefined {
    if (!ENDS_WORKER.has(reason)) return undefined;
    this.crashed(task, session);
    const { nodeId, nodeName, trusted } = session;
    let nodes = this.#endedOn.get(task);
    if (!nodes) this.#endedOn.set(task, (nodes = new Map()));
    if (trusted) nodes.set(nodeId, nodeName);
    else nodes.set(STRANGERS, STRANGERS);
    if (nodes.size < MAX_NODES) return undefined;
    const names = [...nodes.values()].join(', ');
    if (!this.#heldOf(task)) this.#hold(task, names);
    return names;
  }

  /** A task is over. */
  closed(task: TaskRecord, hasResult: boolean): void {
    this.#endedOn.delete(task);
    const held = this.#heldOf(task);
    if (!held) return;
    held.letGo.delete(task);
    if (hasResult) this.#release(task, held);
    else if (held.probe === task) {
      held.probe = undefined;
      this.#probe(held);
    }
  }

  /** Lets time pass. */
  tick(): void {
    for (const functions of this.#held.values())
      for (const held of functions.values()) {
        if (this.#state.nowMs - held.sinceMs < PROBE_MS) continue;
        held.probe = undefined;
        this.#probe(held);
      }
  }

  jobEnded(job: JobRecord): void {
    this.#held.delete(job);
  }

  #heldOf({ job, fn }: TaskRecord): HeldFunction | undefined {
    return this.#held.size === 0 ? undefined : this.#held.get(job)?.get(fn);
  }

  #hold(poison: TaskRecord, nodes: string): void {
    const { job, fn } = poison;
    const held: HeldFunction = { nodes, waiting: new KeyTable(), letGo: new Set(), probe: undefined, sinceMs: 0 };
    for (const task of job.unfinished.values()) {
      if (task.fn !== fn || task.state !== 'queued' || task === poison) continue;
      this.#queue.remove(task);
      held.waiting.set(task.key, task);
    }
    let functions = this.#held.get(job);
    if (!functions) this.#held.set(job, (functions = new Map()));
    functions.set(fn, held);
    this.#tell(poison, 'warning', 'function-held', `${fn.name} is held: a task of it ended workers on ${nodes}`);
    this.#probe(held);
  }

  #release(task: TaskRecord, { waiting }: HeldFunction): void {
    const functions = this.#held.get(task.job);
    functions?.delete(task.fn);
    if (functions?.size === 0) this.#held.delete(task.job);
    this.#tell(task, 'info', 'function-released', `${task.fn.name} is held no longer: a task of it has a result`);
    for (const each of waiting.values()) this.#queue.add(each);
  }

  /** Lets the next one run, if none does. */
  #probe(held: HeldFunction): void {
    if (held.probe) return;
    for (const task of held.waiting.values()) {
      held.waiting.delete(task.key);
      held.probe = task;
      held.sinceMs = this.#state.nowMs;
      held.letGo.add(task);
      // A second copy would have it end workers on two nodes at once.
      task.runsAlone = true;
      this.#queue.add(task);
      return;
    }
  }

  #tell({ job }: TaskRecord, severity: 'info' | 'warning', kind: string, message: string): void {
    this.#state.ports.event({ severity, kind, message, job: job.id, session: 0 });
  }
}
