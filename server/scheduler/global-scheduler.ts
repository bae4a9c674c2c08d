/**
 * The global scheduler (rules S2, S4, S5): takes ready tasks that no local scheduler keeps and gives each to the node
 * where it is expected to start first.
 *
 * Tasks wait in one queue per scheduling class, so a demand nobody can meet blocks nothing behind it. Only classes in
 * which a task waits and a node is open are looked at; among them the job that was served least goes next.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Random } from '#shared/ports/random.ts';
import { cpuTimeUs, expectedRunUs, FairShares } from '#shared/scheduling/fair-shares.ts';
import { Heap, NO_PLACE } from '#shared/scheduling/heap.ts';
import { goesBefore, NOT_QUEUED } from '#shared/scheduling/task-queue.ts';
import {
  estimatedWaitUs,
  type Candidate,
  rankCandidates,
  type ScoredCandidate,
} from '#shared/scheduling/waiting-time.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { NodeChoice } from '#shared/task/place.ts';
import type { ResolvedOptions } from '#shared/task/task-options.ts';
import { type FunctionEntry, recordRun } from '../gcs/dictionaries.ts';
import type { SessionRecord, TaskRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';
import { candidateOf, candidateSeats } from './candidates.ts';
import { DecisionLog } from './decision-log.ts';
import { type Explanation, explainDelayed, explainGiven, explainWaiting, UNKNOWN_TASK } from './explain.ts';
import { FairQueue, TASK_ORDER } from './fair-queue.ts';
import type { NodeClass } from './node-class.ts';
import { NodeIndex } from './node-index.ts';
import { isChosen, type Requirement, whyNone } from './fit.ts';
import { hasEnough, learnSpeed, type NodeView } from './node-view.ts';
import type { SeatLevels } from './seat-levels.ts';

/** Classes without a task that keep their nodes in order for the next one. */
const MAX_IDLE_CLASSES = 64;

/** A function does well if it has had so many runs for each that ended a worker. */
const RUNS_PER_CRASH = 10;

/** Nodes that are looked at for a second copy. */
const MAX_LOOKED_AT = 16;

/** Sends a task to a node. */
export type Lease = (task: TaskRecord, session: SessionRecord) => void;

/** True if the task has ended a worker on this node: it is tried elsewhere first (rule L4). */
export type HasEndedOn = (task: TaskRecord, session: SessionRecord) => boolean;

/** Tasks that compete for the same nodes. */
interface TaskClass {
  readonly name: string;
  readonly queue: FairQueue;
  readonly nodes: NodeClass;
}

/** The scheduler. */
export class GlobalScheduler {
  readonly #state: GcsState;
  readonly #lease: Lease;
  readonly #random: Random;
  readonly #hasEndedOn: HasEndedOn;
  readonly #index: NodeIndex;
  readonly #shares = new FairShares();
  readonly #classes = new Map<string, TaskClass>();
  readonly #classOf = new Map<NodeClass, TaskClass>();
  /** Classes in which a task waits and some node has room; some may have ceased to be so. */
  readonly #ready = new Set<TaskClass>();
  /** Classes whose node, the only one they asked for, may be gone. */
  readonly #unsure = new Set<TaskClass>();
  /** Classes without tasks, the longest unused first. */
  readonly #idle = new Set<TaskClass>();
  /** Tasks that back off, by the time they may run. */
  readonly #delayed = new Heap<TaskRecord>(
    (a, b) => (a.notBeforeMs === b.notBeforeMs ? a.key < b.key : a.notBeforeMs < b.notBeforeMs),
    (task, place) => {
      if (place === NO_PLACE) this.#delayedPlaces.delete(task);
      else this.#delayedPlaces.set(task, place);
    },
  );
  readonly #delayedPlaces = new Map<TaskRecord, number>();
  #waiting = 0;
  readonly decisions = new DecisionLog();

  constructor(state: GcsState, lease: Lease, random: Random, hasEndedOn: HasEndedOn) {
    this.#state = state;
    this.#lease = lease;
    this.#random = random;
    this.#hasEndedOn = hasEndedOn;
    this.#index = new NodeIndex((nodes) => {
      const entry = this.#classOf.get(nodes);
      if (entry && entry.queue.size > 0) this.#ready.add(entry);
    });
  }

  addNode(session: SessionRecord): void {
    this.#index.add(session, this.#state.nowMs);
  }

  /** The node offers more or less than before, perhaps nothing. */
  offerChanged(session: SessionRecord): void {
    this.#index.offerChanged(session, this.#state.nowMs);
  }

  /** The node has reported its load, or its connection came or went. */
  nodeChanged(session: SessionRecord): void {
    const view = this.#index.get(session.id);
    if (view) this.#index.update(view, this.#state.nowMs);
  }

  /** Nodes that offer anything. */
  get offering(): number {
    return this.#index.offering;
  }

  /** Nodes beside this one that could take work. */
  peersOf(session: SessionRecord): number {
    return this.#index.offering - (this.#index.get(session.id)?.isOffering === true ? 1 : 0);
  }

  removeNode(session: SessionRecord): void {
    this.#index.remove(session);
    for (const entry of this.#classes.values()) if (isPinned(entry.nodes.requirement)) this.#unsure.add(entry);
  }

  /**
   * Tasks that asked for a node and no other, and it is gone for good: each with the reason, to be ended. Not before all nodes had
   * the time to come back.
   */
  *lost(): IterableIterator<{ task: TaskRecord; reason: string }> {
    if (this.#state.grace || this.#unsure.size === 0) return;
    for (const { nodes, queue } of this.#unsure) {
      const { node } = nodes.requirement.place ?? {};
      if (!node || this.#isHere(node)) continue;
      for (let task = queue.first(); task; task = queue.first())
        yield { task, reason: `it was to run on node ${node.id} only, and that is not here (any more)` };
    }
    this.#unsure.clear();
  }

  #isHere(node: NodeChoice): boolean {
    for (const session of this.#index.sessions()) if (isChosen(session, node)) return true;
    return false;
  }

  /** A task is ready. */
  add(task: TaskRecord): void {
    if (task.notBeforeMs > this.#state.nowMs) {
      if (!this.#delayedPlaces.has(task)) this.#delayed.add(task);
      return;
    }
    if (task.queuePlace !== NOT_QUEUED) return;
    const entry = this.#classFor(task);
    entry.queue.add(task);
    this.#waiting += 1;
    if (entry.nodes.hasRoom) this.#ready.add(entry);
    else if (isPinned(entry.nodes.requirement)) this.#unsure.add(entry);
  }

  remove(task: TaskRecord): void {
    const place = this.#delayedPlaces.get(task);
    if (place !== undefined) this.#delayed.remove(place);
    const entry = task.queuePlace === NOT_QUEUED ? undefined : this.#classes.get(className(task));
    if (entry) this.#take(entry, task);
  }

  /** A task left its node, finished or not. */
  left(task: TaskRecord, session: SessionRecord): void {
    if (task.actor === 0) this.#shares.left(this.#shares.of(task.job.id, task.job.priority));
    const view = this.#index.get(session.id);
    if (!view) return;
    view.warm.add(task.fn.module);
    this.#index.took(view, task, this.#state.nowMs);
  }

  /** A task was leased to a node, by this scheduler or (an actor's call) another way. */
  entered(task: TaskRecord, session: SessionRecord): void {
    // The estimate changes with every run; what leaves the sum is what entered it.
    task.chargedUs = expectedRunUs(task.fn);
    if (task.actor === 0) {
      const share = this.#shares.of(task.job.id, task.job.priority);
      this.#shares.entered(share);
      this.#shares.charge(share, cpuTimeUs(task.chargedUs, task.options.options.demand), this.#state.nowMs);
    }
    const view = this.#index.get(session.id);
    if (view) this.#index.gave(view, task, this.#state.nowMs);
  }

  /**
   * How long a task ran teaches what to expect of its function, and of the node; its job pays the difference to what was
   * expected.
   */
  ran(task: TaskRecord, durationUs: number, session: SessionRecord): void {
    const view = this.#index.get(session.id);
    if (view) {
      learnSpeed(view, task.fn, durationUs);
      this.#index.didWell(view);
    }
    recordRun(task.fn, durationUs);
    if (task.actor !== 0 || task.state !== 'leased') return;
    const difference = cpuTimeUs(durationUs - task.chargedUs, task.options.options.demand);
    this.#shares.charge(this.#shares.of(task.job.id, task.job.priority), difference, this.#state.nowMs);
  }

  /** A task ended a worker of a node: the one or the other is to blame (rule L4). */
  crashed(task: TaskRecord, session: SessionRecord): void {
    const { fn } = task;
    fn.crashes += 1;
    const view = this.#index.get(session.id);
    if (!view || fn.crashes * RUNS_PER_CRASH > fn.runs) return;
    const holdMs = this.#index.crashed(view, task, this.#state.nowMs);
    if (holdMs === 0) return;
    const message = `${session.nodeName} gets no work for ${holdMs / 60_000} min: workers that do well elsewhere crash there`;
    this.#state.ports.event({ severity: 'warning', kind: 'node-held', message, job: 0, session: session.id });
  }

  /** A copy was of no use after it had run for so long: the node may be a slow one. */
  overtaken(fn: FunctionEntry, session: SessionRecord, ranUs: number): void {
    const view = this.#index.get(session.id);
    if (view && ranUs > fn.meanUs) learnSpeed(view, fn, ranUs);
  }

  get waitingCount(): number {
    return this.#waiting + this.#delayed.size;
  }

  /** Demands that no present node could ever meet (rule S4), with the number of tasks that wait for them, and why. */
  infeasible(): { options: ResolvedOptions; tasks: number; reason: string }[] {
    const result: { options: ResolvedOptions; tasks: number; reason: string }[] = [];
    for (const { nodes, queue } of this.#classes.values()) {
      const first = nodes.seats.size > 0 ? undefined : queue.first();
      const reason = first && whyNone(this.#index.sessions(), nodes.requirement);
      if (first && reason !== undefined) result.push({ options: first.options.options, tasks: queue.size, reason });
    }
    return result;
  }

  /** Gives out what can be given. Called at the end of every step. */
  dispatch(): void {
    // After a start nodes report first (rule M3).
    if (this.#state.grace) return;
    this.#index.letTimePass(this.#state.nowMs);
    this.#wakeDelayed();
    while (this.#giveNext());
  }

  /** A node that would run the task at once, for a second copy (rule S6). What waits for such a node was given to it before. */
  idleNodeFor(task: TaskRecord, not: SessionRecord): SessionRecord | undefined {
    const entry = this.#classFor(task);
    if (entry.queue.size === 0) this.#becomesIdle(entry);
    let best: NodeView | undefined;
    entry.nodes.open.best(MAX_LOOKED_AT, ({ view }) => {
      if (view.session.nodeId === not.nodeId || !hasEnough(view, task.options.options.demand, view.busyMilli)) return;
      // The slow ones are idle most.
      if (!best || view.slowness < best.slowness) best = view;
    });
    return best?.session;
  }

  /** Why a task waits, or why it runs where it runs. */
  explain(key: ObjectKey): Explanation {
    const task = this.#state.task(key);
    if (!task) return { ...UNKNOWN_TASK, candidates: this.decisions.of(key) };
    if (this.#delayedPlaces.has(task)) return explainDelayed(task, this.#state);
    const entry = task.queuePlace === NOT_QUEUED ? undefined : this.#classes.get(className(task));
    return entry
      ? explainWaiting(task, entry.nodes, this.#index.sessions(), this.#state)
      : explainGiven(task, this.decisions.of(key));
  }

  #wakeDelayed(): void {
    for (let task = this.#delayed.first(); task; task = this.#delayed.first()) {
      if (task.notBeforeMs > this.#state.nowMs) return;
      this.#delayed.remove(0);
      this.add(task);
    }
  }

  /**
   * Gives one task to a node. Whose turn it is does not step back for a task that needs less: where that would go, it goes
   * itself, and waits there until there is room for it. Else who asks for much would starve. While nobody else would take
   * the place it waits here.
   */
  #giveNext(): boolean {
    let first: TaskClass | undefined;
    let isPlaceWanted = false;
    for (const entry of this.#ready) {
      if (entry.queue.size === 0 || !entry.nodes.hasRoom) {
        this.#ready.delete(entry);
        continue;
      }
      isPlaceWanted ||= entry.nodes.open.size > 0;
      if (!first || isBefore(entry.queue, first.queue)) first = entry;
    }
    if (!first || !isPlaceWanted) return false;
    return this.#giveOne(first, first.nodes.open.size > 0 ? first.nodes.open : first.nodes.partly);
  }

  /** Gives the next task of a class to the best of the nodes with room. */
  #giveOne(entry: TaskClass, room: SeatLevels): boolean {
    const task = entry.queue.first();
    if (!task) return false;
    const seats = candidateSeats(task, room, this.#index, this.#state, this.#random);
    const ranked = this.#triedLast(task, rankCandidates(seats.map((seat) => candidateOf(seat, task, this.#state))));
    const turn = room === entry.nodes.open ? entry.nodes.turns?.first() : undefined;
    if (turn) putFirst(ranked, candidateOf(turn, task, this.#state));
    const view = ranked[0] && this.#index.get(ranked[0].session);
    if (!view) return false;
    this.decisions.record(task.key, ranked);
    if (turn) entry.nodes.turns?.gave(turn);
    // Before it is taken out: a job that always has work is not to be taken for one that comes anew.
    this.#lease(task, view.session);
    this.#take(entry, task);
    return true;
  }

  /** Nodes on which it ended a worker come last. */
  #triedLast(task: TaskRecord, ranked: ScoredCandidate[]): ScoredCandidate[] {
    if (task.failures === 0) return ranked;
    const isTried = ({ session: id }: ScoredCandidate): boolean => {
      const session = this.#state.sessions.get(id);
      return session !== undefined && this.#hasEndedOn(task, session);
    };
    return [...ranked.filter((each) => !isTried(each)), ...ranked.filter(isTried)];
  }

  #take(entry: TaskClass, task: TaskRecord): void {
    entry.queue.remove(task);
    this.#waiting -= 1;
    if (entry.queue.size === 0) this.#becomesIdle(entry);
  }

  #classFor(task: TaskRecord): TaskClass {
    const name = className(task);
    let entry = this.#classes.get(name);
    if (!entry) {
      const nodes = this.#index.addClass(requirementOf(task), this.#state.nowMs);
      entry = { name, queue: new FairQueue(this.#shares), nodes };
      this.#classes.set(name, entry);
      this.#classOf.set(nodes, entry);
    }
    this.#idle.delete(entry);
    return entry;
  }

  #becomesIdle(entry: TaskClass): void {
    this.#idle.add(entry);
    if (this.#idle.size <= MAX_IDLE_CLASSES) return;
    for (const oldest of this.#idle) {
      this.#idle.delete(oldest);
      this.#ready.delete(oldest);
      this.#unsure.delete(oldest);
      this.#classes.delete(oldest.name);
      this.#classOf.delete(oldest.nodes);
      this.#index.removeClass(oldest.nodes);
      return;
    }
  }
}

function isBefore(a: FairQueue, b: FairQueue): boolean {
  if (a.leastServed !== b.leastServed) return a.leastServed < b.leastServed;
  const [first, other] = [a.first(), b.first()];
  if (!first || !other) return first !== undefined;
  return first.job === other.job ? goesBefore(TASK_ORDER, first, other) : TASK_ORDER.isOlder(first, other);
}

/** True if only one node will do. */
function isPinned({ place }: Requirement): boolean {
  return place?.node !== undefined && !place.node.soft;
}

/** Of those that were weighed this one was chosen. */
function putFirst(ranked: ScoredCandidate[], chosen: Candidate): void {
  const at = ranked.findIndex(({ session }) => session === chosen.session);
  if (at >= 0) ranked.splice(at, 1);
  ranked.unshift({ ...chosen, waitUs: estimatedWaitUs(chosen) });
}

/** Tasks of one class may run on the same nodes. Actors hold state for others: strangers' nodes never get them. */
function className({ options, fn }: TaskRecord): string {
  return fn.kind === FUNCTION_KIND.actor ? `${options.schedulingClass} actor` : options.schedulingClass;
}

function requirementOf({ options, fn }: TaskRecord): Requirement {
  const { demand, trust, place } = options.options;
  const isActor = fn.kind === FUNCTION_KIND.actor;
  return { demand, trustsStrangers: trust === 'unchecked' && !isActor, isActor, place };
}
