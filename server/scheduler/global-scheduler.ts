/**
 * The global scheduler (rules S2, S4, S5): takes ready tasks that no local scheduler keeps and gives each to the node
 * where it is expected to start first.
 *
 * Tasks wait in one queue per scheduling class and job, so a demand nobody can meet blocks nothing behind it, and jobs
 * take turns. A node is given only a little more than it can run now: what is not given yet can still go to a node
 * that joins later. How much more depends on how long the function takes, so that short tasks fill the pipe.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Random } from '#shared/ports/random.ts';
import { type Candidate, rankCandidates, type ScoredCandidate } from '#shared/scheduling/waiting-time.ts';
import type { ResourceDemand } from '#shared/task/resources.ts';
import type { SessionRecord, TaskRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';
import { DecisionLog } from './decision-log.ts';
import { FairQueue } from './fair-queue.ts';

/** Work a node may have ahead of its slots, so that it never waits for the server. */
const PIPELINE_US = 20_000;
const MAX_PIPELINE_TASKS = 2_000;
/** Candidates weighed per decision (rule S2). */
const MAX_CANDIDATES = 16;
/** Until links are measured. */
const ASSUMED_BYTES_PER_SECOND = 100e6;
/** Getting a module to a node that has not run it. */
const CODE_START_US = 20_000;
/** A function that was never run is expected to take this long. */
const UNKNOWN_US = 10_000;

/** Sends a task to a node. */
export type Lease = (task: TaskRecord, session: SessionRecord) => void;

/** Why a task is where it is, or still waits. */
export interface Explanation {
  readonly state: string;
  readonly reason: string;
  readonly candidates: readonly ScoredCandidate[];
}

/** What a node has been given and not yet reported as done. */
interface NodeView {
  readonly session: SessionRecord;
  assignedUs: number;
  assignedTasks: number;
  /** Functions whose code it has run. */
  readonly warm: Set<string>;
}

/** Tasks that compete for the same resources. */
interface ClassQueue {
  readonly demand: ResourceDemand;
  readonly queue: FairQueue;
}

/** The scheduler. */
export class GlobalScheduler {
  readonly #state: GcsState;
  readonly #lease: Lease;
  readonly #random: Random;
  readonly #nodes = new Map<number, NodeView>();
  readonly #classes = new Map<string, ClassQueue>();
  /** Tasks that back off, by the time they may run. */
  readonly #delayed = new Set<TaskRecord>();
  readonly decisions = new DecisionLog();

  constructor(state: GcsState, lease: Lease, random: Random) {
    this.#state = state;
    this.#lease = lease;
    this.#random = random;
  }

  addNode(session: SessionRecord): void {
    if (session.resources.totalCpuMilli === 0 && [...session.resources.custom()].length === 0) return;
    this.#nodes.set(session.id, { session, assignedUs: 0, assignedTasks: 0, warm: new Set() });
  }

  /** Nodes beside this one that could take work. */
  peersOf(session: SessionRecord): number {
    return this.#nodes.size - (this.#nodes.has(session.id) ? 1 : 0);
  }

  removeNode(session: SessionRecord): void {
    this.#nodes.delete(session.id);
  }

  /** A task is ready. */
  add(task: TaskRecord): void {
    if (task.notBeforeMs > this.#state.nowMs) {
      this.#delayed.add(task);
      return;
    }
    const { schedulingClass, options } = task.options;
    let entry = this.#classes.get(schedulingClass);
    if (!entry) {
      entry = { demand: options.demand, queue: new FairQueue() };
      this.#classes.set(schedulingClass, entry);
    }
    entry.queue.add(task);
  }

  remove(task: TaskRecord): void {
    this.#delayed.delete(task);
    this.#classes.get(task.options.schedulingClass)?.queue.remove(task);
  }

  /** A task left its node, finished or not. */
  left(task: TaskRecord, session: SessionRecord): void {
    const view = this.#nodes.get(session.id);
    if (!view) return;
    view.assignedTasks = Math.max(0, view.assignedTasks - 1);
    view.assignedUs = view.assignedTasks === 0 ? 0 : Math.max(0, view.assignedUs - task.chargedUs);
    view.warm.add(task.fn.module);
  }

  /** A task was leased to a node, by this scheduler or (an actor's call) another way. */
  entered(task: TaskRecord, session: SessionRecord): void {
    const view = this.#nodes.get(session.id);
    if (!view) return;
    // The estimate changes with every run; what leaves the sum is what entered it.
    task.chargedUs = expectedUs(task);
    view.assignedTasks += 1;
    view.assignedUs += task.chargedUs;
  }

  get waitingCount(): number {
    let count = this.#delayed.size;
    for (const { queue } of this.#classes.values()) count += queue.size;
    return count;
  }

  /** Demands that no present node could ever meet (rule S4), with the number of tasks that wait for them. */
  infeasible(): { demand: ResourceDemand; tasks: number }[] {
    const result: { demand: ResourceDemand; tasks: number }[] = [];
    for (const { demand, queue } of this.#classes.values()) {
      if (queue.size > 0 && ![...this.#nodes.values()].some((view) => view.session.resources.couldEverFit(demand)))
        result.push({ demand, tasks: queue.size });
    }
    return result;
  }

  /** Gives out what can be given. Called at the end of every step. */
  dispatch(): void {
    // After a start nodes report first (rule M3).
    if (this.#state.grace) return;
    if (this.#delayed.size > 0) this.#wakeDelayed();
    for (const [name, entry] of this.#classes) {
      if (entry.queue.size === 0) continue;
      const open = this.#openNodes(entry.demand);
      while (entry.queue.size > 0 && open.length > 0) {
        const chosen = this.#giveOne(entry, open);
        if (!chosen) break;
        if (!isOpen(chosen, entry.demand)) open.splice(open.indexOf(chosen), 1);
      }
      if (entry.queue.size === 0) this.#classes.delete(name);
    }
  }

  /** Why a task waits, or why it runs where it runs. */
  explain(key: ObjectKey): Explanation {
    const task = this.#state.task(key);
    if (!task)
      return {
        state: 'unknown',
        reason: 'no such task, or it is over and forgotten',
        candidates: this.decisions.of(key),
      };
    if (task.state !== 'queued')
      return { state: task.state, reason: describeState(task), candidates: this.decisions.of(key) };
    const { demand } = task.options.options;
    const fitting = [...this.#nodes.values()].filter((view) => view.session.resources.couldEverFit(demand));
    if (fitting.length === 0)
      return { state: 'infeasible', reason: 'no node has the resources it asks for', candidates: [] };
    return {
      state: 'queued',
      reason: 'every node that fits has enough to do',
      candidates: rankCandidates(fitting.slice(0, MAX_CANDIDATES).map((view) => this.#candidate(view, task))),
    };
  }

  #wakeDelayed(): void {
    for (const task of this.#delayed) {
      if (task.notBeforeMs > this.#state.nowMs) continue;
      this.#delayed.delete(task);
      this.add(task);
    }
  }

  /** Nodes that take one more task of this demand now. */
  #openNodes(demand: ResourceDemand): NodeView[] {
    const open: NodeView[] = [];
    for (const view of this.#nodes.values()) {
      if (isOpen(view, demand)) open.push(view);
    }
    return open;
  }

  /** Gives the next task to the best open node, which is returned. */
  #giveOne(entry: ClassQueue, open: readonly NodeView[]): NodeView | undefined {
    const task = entry.queue.take();
    if (!task) return undefined;
    const ranked = rankCandidates(this.#sample(open, task).map((view) => this.#candidate(view, task)));
    const best = ranked[0];
    const view = best && this.#nodes.get(best.session);
    if (!view) return undefined;
    this.decisions.record(task.key, this.#state.wallMs, ranked);
    this.#lease(task, view.session);
    return view;
  }

  /** At most {@link MAX_CANDIDATES}: holders of inputs, the rest at random, so the cost does not grow with the cluster. */
  #sample(open: readonly NodeView[], task: TaskRecord): readonly NodeView[] {
    if (open.length <= MAX_CANDIDATES) return open;
    const chosen = new Set<NodeView>();
    for (const key of task.deps) {
      for (const id of this.#state.object(key)?.locations ?? []) {
        const view = this.#nodes.get(id);
        if (view && chosen.size < MAX_CANDIDATES / 2 && isOpen(view, task.options.options.demand)) chosen.add(view);
      }
    }
    for (let i = chosen.size; i < MAX_CANDIDATES; i++) {
      const view = open[Math.floor(this.#random.next() * open.length)];
      if (view) chosen.add(view);
    }
    return [...chosen];
  }

  #candidate(view: NodeView, task: TaskRecord): Candidate {
    const { session } = view;
    let missingBytes = 0;
    for (const key of task.deps) {
      const object = this.#state.object(key);
      if (object?.status === 'stored' && !object.locations?.has(session.id)) missingBytes += object.sizeBytes;
    }
    return {
      session: session.id,
      queuedUs: Math.max(view.assignedUs, session.load.queuedUs),
      slots: slotsFor(session, task.options.options.demand),
      missingBytes,
      bytesPerSecond: ASSUMED_BYTES_PER_SECOND,
      startUs: view.warm.has(task.fn.module) ? 0 : CODE_START_US,
    };
  }
}

function expectedUs(task: TaskRecord): number {
  return task.fn.runs === 0 ? UNKNOWN_US : task.fn.meanUs;
}

/** How many tasks of this demand run side by side on the empty node. */
function slotsFor(session: SessionRecord, demand: ResourceDemand): number {
  if (demand.cpuMilli === 0) return Math.max(1, session.resources.totalCpuMilli / 1000);
  return Math.max(1, Math.floor(session.resources.totalCpuMilli / demand.cpuMilli));
}

/** True if the node takes one more task of this demand now. */
function isOpen(view: NodeView, demand: ResourceDemand): boolean {
  const { session } = view;
  if (session.state !== 'connected' || !session.resources.couldEverFit(demand)) return false;
  const slots = slotsFor(session, demand);
  const ahead = view.assignedTasks - slots;
  return ahead < 0 || (view.assignedUs < PIPELINE_US * slots && ahead < MAX_PIPELINE_TASKS);
}

function describeState(task: TaskRecord): string {
  if (task.state === 'waiting') return `waits for ${task.missing} of its inputs`;
  if (task.state === 'finished') return 'it has a result';
  return 'a node has it';
}
