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
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { SessionRecord, TaskRecord } from '../gcs/entities.ts';
import { offersWork } from '../gcs/node-offer.ts';
import { NO_LOAD } from '../gcs/session-manager.ts';
import type { GcsState } from '../gcs/state.ts';
import { DecisionLog } from './decision-log.ts';
import { FairQueue } from './fair-queue.ts';

/** Work a node may have ahead of its slots, so that it never waits for the server. */
const PIPELINE_US = 20_000;
const MAX_PIPELINE_TASKS = 2_000;
/** So many a stranger's node may have on its word that they are blocked: one that always says so would gather all there are. */
const MAX_STRANGER_TASKS_PER_SLOT = 16;
/** Candidates weighed per decision (rule S2). */
const MAX_CANDIDATES = 16;
/** Until links are measured. */
const ASSUMED_BYTES_PER_SECOND = 100e6;
/** Getting a module to a node that has not run it. */
const CODE_START_US = 20_000;
/** A node tells within this time that its load has changed; longer after the last lease its report is the whole truth. */
const LOAD_TOLD_MS = 1_000;
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
  /** Tasks given since its last report that is sure to know of all earlier ones, and when the newest was. */
  freshTasks: number;
  lastLeaseMs: number;
  /** Functions whose code it has run. */
  readonly warm: Set<string>;
}

/** What a node must have to be given a task. */
interface Requirement {
  readonly demand: ResourceDemand;
  /** Whether nodes of strangers will do (rule S1). */
  readonly trustsStrangers: boolean;
  readonly isActor: boolean;
}

/** Tasks that compete for the same nodes. */
interface ClassQueue {
  readonly requirement: Requirement;
  readonly queue: FairQueue;
}

/** The scheduler. */
export class GlobalScheduler {
  readonly #state: GcsState;
  readonly #lease: Lease;
  readonly #random: Random;
  /** Every node there is; its work is counted also while it takes no more. */
  readonly #views = new Map<number, NodeView>();
  /** Those that offer anything. */
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
    this.#views.set(session.id, {
      session,
      assignedUs: 0,
      assignedTasks: 0,
      freshTasks: 0,
      lastLeaseMs: -Infinity,
      warm: new Set(),
    });
    this.offerChanged(session);
  }

  /** The node offers more or less than before, perhaps nothing. */
  offerChanged(session: SessionRecord): void {
    const view = this.#views.get(session.id);
    if (view && offersWork(session)) this.#nodes.set(session.id, view);
    else this.#nodes.delete(session.id);
  }

  /** Nodes beside this one that could take work. */
  peersOf(session: SessionRecord): number {
    return this.#nodes.size - (this.#nodes.has(session.id) ? 1 : 0);
  }

  removeNode(session: SessionRecord): void {
    this.#views.delete(session.id);
    this.#nodes.delete(session.id);
  }

  /** A task is ready. */
  add(task: TaskRecord): void {
    if (task.notBeforeMs > this.#state.nowMs) {
      this.#delayed.add(task);
      return;
    }
    const name = classOf(task);
    let entry = this.#classes.get(name);
    if (!entry) {
      entry = { requirement: requirementOf(task), queue: new FairQueue() };
      this.#classes.set(name, entry);
    }
    entry.queue.add(task);
  }

  remove(task: TaskRecord): void {
    this.#delayed.delete(task);
    this.#classes.get(classOf(task))?.queue.remove(task);
  }

  /** A task left its node, finished or not. */
  left(task: TaskRecord, session: SessionRecord): void {
    const view = this.#views.get(session.id);
    if (!view) return;
    view.assignedTasks = Math.max(0, view.assignedTasks - 1);
    view.assignedUs = view.assignedTasks === 0 ? 0 : Math.max(0, view.assignedUs - task.chargedUs);
    view.warm.add(task.fn.module);
  }

  /** A task was leased to a node, by this scheduler or (an actor's call) another way. */
  entered(task: TaskRecord, session: SessionRecord): void {
    const view = this.#views.get(session.id);
    if (!view) return;
    // The estimate changes with every run; what leaves the sum is what entered it.
    task.chargedUs = expectedUs(task);
    if (this.#state.nowMs - view.lastLeaseMs >= LOAD_TOLD_MS) view.freshTasks = 0;
    view.freshTasks += 1;
    view.lastLeaseMs = this.#state.nowMs;
    view.assignedTasks += 1;
    view.assignedUs += task.chargedUs;
  }

  get waitingCount(): number {
    let count = this.#delayed.size;
    for (const { queue } of this.#classes.values()) count += queue.size;
    return count;
  }

  /** Demands that no present node could ever meet (rule S4), with the number of tasks that wait for them, and why. */
  infeasible(): { demand: ResourceDemand; tasks: number; reason: string }[] {
    const result: { demand: ResourceDemand; tasks: number; reason: string }[] = [];
    for (const { requirement, queue } of this.#classes.values()) {
      if (queue.size === 0) continue;
      const reason = this.#whyNowhere(requirement);
      if (reason !== undefined) result.push({ demand: requirement.demand, tasks: queue.size, reason });
    }
    return result;
  }

  /** Why no present node could ever run this; `undefined` if one could. */
  #whyNowhere(requirement: Requirement): string | undefined {
    let strangers = false;
    for (const view of this.#nodes.values()) {
      if (couldRun(view, requirement)) return undefined;
      strangers ||= view.session.resources.couldEverFit(requirement.demand);
    }
    if (!strangers) return 'no node has the resources it asks for';
    return requirement.isActor
      ? "only strangers' nodes are here and actors do not run on them"
      : "only strangers' nodes are here and this job trusts none of them";
  }

  /** Gives out what can be given. Called at the end of every step. */
  dispatch(): void {
    // After a start nodes report first (rule M3).
    if (this.#state.grace) return;
    if (this.#delayed.size > 0) this.#wakeDelayed();
    for (const [name, entry] of this.#classes) {
      if (entry.queue.size === 0) continue;
      const open = this.#openNodes(entry.requirement);
      while (entry.queue.size > 0 && open.length > 0) {
        const chosen = this.#giveOne(entry, open);
        if (!chosen) break;
        if (!this.#isOpen(chosen, entry.requirement)) open.splice(open.indexOf(chosen), 1);
      }
      if (entry.queue.size === 0) this.#classes.delete(name);
    }
  }

  /** A node that would run the task at once and that nothing waits for: for a second copy (rule S6). */
  idleNodeFor(task: TaskRecord, not: SessionRecord): SessionRecord | undefined {
    const requirement = requirementOf(task);
    for (const view of this.#nodes.values()) {
      const { session } = view;
      if (session === not || session.nodeId === not.nodeId || session.state !== 'connected') continue;
      const isFree = couldRun(view, requirement) && this.#busyTasks(view) < slotsFor(session, requirement.demand);
      if (isFree && !this.#isWaitedFor(view)) return session;
    }
    return undefined;
  }

  #isWaitedFor(view: NodeView): boolean {
    for (const { requirement, queue } of this.#classes.values())
      if (queue.size > 0 && couldRun(view, requirement)) return true;
    return false;
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
    const requirement = requirementOf(task);
    const nowhere = this.#whyNowhere(requirement);
    if (nowhere !== undefined) return { state: 'infeasible', reason: nowhere, candidates: [] };
    const fitting = [...this.#nodes.values()].filter((view) => couldRun(view, requirement));
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

  /** True if the node takes one more such task now. */
  #isOpen(view: NodeView, requirement: Requirement): boolean {
    const { session } = view;
    if (session.state !== 'connected' || !couldRun(view, requirement)) return false;
    const slots = slotsFor(session, requirement.demand);
    const isBelieved = session.trusted || view.assignedTasks < slots * MAX_STRANGER_TASKS_PER_SLOT;
    if (isBelieved && this.#busyTasks(view) < slots) return true;
    return view.assignedUs < PIPELINE_US * slots && view.assignedTasks - slots < MAX_PIPELINE_TASKS;
  }

  /**
   * Given tasks that need their slots. One that is blocked in `get` has given its CPU back (rule S3), and what it waits for may
   * need that very slot.
   */
  #busyTasks({ session: { load }, assignedTasks, freshTasks, lastLeaseMs }: NodeView): number {
    if (load === NO_LOAD) return assignedTasks;
    const untold = this.#state.nowMs - lastLeaseMs < LOAD_TOLD_MS ? freshTasks : 0;
    return Math.min(assignedTasks, load.runningTasks + load.queuedTasks + untold);
  }

  /** Nodes that take one more such task now. */
  #openNodes(requirement: Requirement): NodeView[] {
    const open: NodeView[] = [];
    for (const view of this.#nodes.values()) {
      if (this.#isOpen(view, requirement)) open.push(view);
    }
    // A tab may be closed at any moment, and an actor's state goes with it: only where no other node could ever have it.
    const isTab = (view: NodeView): boolean => view.session.role === 'tab';
    const otherCould = (view: NodeView): boolean => !isTab(view) && couldRun(view, requirement);
    if (requirement.isActor && open.some(isTab) && [...this.#nodes.values()].some(otherCould))
      return open.filter((view) => !isTab(view));
    return open;
  }

  /** Gives the next task to the best open node, which is returned. */
  #giveOne(entry: ClassQueue, open: readonly NodeView[]): NodeView | undefined {
    const task = entry.queue.take();
    if (!task) return undefined;
    const ranked = rankCandidates(
      this.#sample(open, task, entry.requirement).map((view) => this.#candidate(view, task)),
    );
    const best = ranked[0];
    const view = best && this.#nodes.get(best.session);
    if (!view) return undefined;
    this.decisions.record(task.key, this.#state.wallMs, ranked);
    this.#lease(task, view.session);
    return view;
  }

  /** At most {@link MAX_CANDIDATES}: holders of inputs, the rest at random, so the cost does not grow with the cluster. */
  #sample(open: readonly NodeView[], task: TaskRecord, requirement: Requirement): readonly NodeView[] {
    if (open.length <= MAX_CANDIDATES) return open;
    const chosen = new Set<NodeView>();
    for (const key of task.deps) {
      for (const id of this.#state.object(key)?.locations ?? []) {
        const view = this.#nodes.get(id);
        if (view && chosen.size < MAX_CANDIDATES / 2 && this.#isOpen(view, requirement)) chosen.add(view);
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
      if (object?.status === 'stored' && !session.copies.has(object.key)) missingBytes += object.sizeBytes;
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

/** Tasks of one class may run on the same nodes. Actors hold state for others: strangers' nodes never get them. */
function classOf({ options, fn }: TaskRecord): string {
  return fn.kind === FUNCTION_KIND.actor ? `${options.schedulingClass} actor` : options.schedulingClass;
}

function requirementOf({ options, fn }: TaskRecord): Requirement {
  const { demand, trust } = options.options;
  const isActor = fn.kind === FUNCTION_KIND.actor;
  return { demand, trustsStrangers: trust === 'unchecked' && !isActor, isActor };
}

/** True if the node could run it if it had nothing else to do. */
function couldRun({ session }: NodeView, { demand, trustsStrangers }: Requirement): boolean {
  return (session.trusted || trustsStrangers) && session.resources.couldEverFit(demand);
}

function describeState(task: TaskRecord): string {
  if (task.state === 'waiting') return `waits for ${task.missing} of its inputs`;
  if (task.state === 'finished') return 'it has a result';
  return 'a node has it';
}
