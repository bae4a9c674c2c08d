/**
 * All nodes, by the scheduling classes that they could run (rule S2). Which of them are open is never looked for: every
 * event that can change it (a task given or ended, a report, an offer, a connection, and that a report has become the
 * whole truth by time alone) changes the places of that one node. So a decision costs the same with ten nodes and with
 * ten thousand.
 */
import { Heap, NO_PLACE } from '#shared/scheduling/heap.ts';
import type { SessionRecord, TaskRecord } from '../gcs/entities.ts';
import { offersWork } from '../gcs/node-offer.ts';
import type { Requirement } from './fit.ts';
import { NodeClass } from './node-class.ts';
import {
  assign,
  busyCpuMilli,
  busyTasks,
  IDLE_BELIEVED_MS,
  isTold,
  LOAD_TOLD_MS,
  type NodeView,
  queueWaitUs,
} from './node-view.ts';

/** Tasks that end workers on a node before it is held, and for how long: twice as long each time in a row. */
const CRASHES_TO_HOLD = 3;
const FIRST_HOLD_MS = 60_000;
const MAX_HOLD_MS = 3_600_000;

/** The index. */
export class NodeIndex {
  readonly #opened: (nodes: NodeClass) => void;
  readonly #views = new Map<number, NodeView>();
  readonly #classes = new Set<NodeClass>();
  #offering = 0;
  /** Nodes that get nothing for a while. */
  readonly #held = new Set<NodeView>();
  /** Nodes whose reports will mean more by time alone, by when. */
  readonly #untold = new Heap<NodeView>(
    (a, b) => a.toldMs < b.toldMs,
    (view, place) => {
      view.toldPlace = place;
    },
  );

  /** @param opened told when a class has room somewhere after it had none. */
  constructor(opened: (nodes: NodeClass) => void) {
    this.#opened = opened;
  }

  get(session: number): NodeView | undefined {
    return this.#views.get(session);
  }

  /** All nodes that are not dead, drivers too. */
  *sessions(): IterableIterator<SessionRecord> {
    for (const { session } of this.#views.values()) yield session;
  }

  /** Nodes that offer anything. */
  get offering(): number {
    return this.#offering;
  }

  add(session: SessionRecord, nowMs: number): void {
    const view: NodeView = {
      session,
      assignedTasks: 0,
      assignedMilli: 0,
      assignedCpuUs: 0,
      assignedCustom: new Map(),
      waitUs: 0,
      busyMilli: 0,
      idleTasks: 0,
      freshTasks: 0,
      lastLeaseMs: -Infinity,
      warm: new Set(),
      slowness: 1,
      isOffering: false,
      crashed: new Set(),
      holds: 0,
      heldUntilMs: 0,
      seats: [],
      toldMs: 0,
      toldPlace: NO_PLACE,
    };
    this.#views.set(session.id, view);
    this.offerChanged(session, nowMs);
  }

  remove(session: SessionRecord): void {
    const view = this.#views.get(session.id);
    if (!view) return;
    this.#views.delete(session.id);
    this.#held.delete(view);
    this.#withdraw(view);
    if (view.toldPlace !== NO_PLACE) this.#untold.remove(view.toldPlace);
  }

  /** The node offers more or less than before, perhaps nothing. Its work is counted also while it takes no more. */
  offerChanged(session: SessionRecord, nowMs: number): void {
    const view = this.#views.get(session.id);
    if (!view) return;
    this.#withdraw(view);
    this.#measure(view, nowMs);
    if (!offersWork(session)) return;
    view.isOffering = true;
    this.#offering += 1;
    for (const nodes of this.#classes) nodes.join(view);
  }

  #withdraw(view: NodeView): void {
    if (!view.isOffering) return;
    view.isOffering = false;
    this.#offering -= 1;
    for (const seat of view.seats) seat.nodes.leave(seat);
    view.seats = [];
  }

  /** A class that tasks ask for from now on. */
  addClass(requirement: Requirement, nowMs: number): NodeClass {
    const nodes = new NodeClass(requirement, this.#opened);
    this.#classes.add(nodes);
    for (const view of this.#views.values()) {
      if (!view.isOffering) continue;
      // Time may have passed since it was measured: its other places are to know of that as well.
      this.update(view, nowMs);
      nodes.join(view);
    }
    return nodes;
  }

  removeClass(nodes: NodeClass): void {
    this.#classes.delete(nodes);
    for (const { view } of nodes.seats) view.seats = view.seats.filter((seat) => seat.nodes !== nodes);
  }

  /** Something about a node changed. */
  update(view: NodeView, nowMs: number): void {
    this.#measure(view, nowMs);
    for (const seat of view.seats) seat.nodes.update(seat);
  }

  #measure(view: NodeView, nowMs: number): void {
    view.busyMilli = busyCpuMilli(view, nowMs);
    view.idleTasks = view.assignedTasks - busyTasks(view, nowMs);
    view.waitUs = queueWaitUs(view);
  }

  /** A task that was given to a node has left it. */
  took(view: NodeView, task: TaskRecord, nowMs: number): void {
    assign(view, task, -1);
    // If it is an older one, the last report still counts it among those that run: the sum of both is right either way.
    view.freshTasks = Math.max(0, view.freshTasks - 1);
    this.update(view, nowMs);
  }

  /** A task was given to a node. */
  gave(view: NodeView, task: TaskRecord, nowMs: number): void {
    assign(view, task, 1);
    if (isTold(view, nowMs)) view.freshTasks = 0;
    view.freshTasks += 1;
    view.lastLeaseMs = nowMs;
    // It may wait for the end of a longer time, which began with an earlier task.
    if (view.toldPlace !== NO_PLACE && view.toldMs > nowMs + LOAD_TOLD_MS) this.#untold.remove(view.toldPlace);
    if (view.toldPlace === NO_PLACE) this.#expectReport(view, nowMs);
    this.update(view, nowMs);
  }

  /**
   * A task whose function does well elsewhere ended a worker on a node. Returns for how long the node is held, in milliseconds: 0
   * for not at all, as when nobody else would be left.
   */
  crashed(view: NodeView, task: TaskRecord, nowMs: number): number {
    view.crashed.add(task.key);
    if (view.crashed.size < CRASHES_TO_HOLD || view.heldUntilMs > 0 || this.#held.size + 1 >= this.#offering) return 0;
    view.crashed.clear();
    const holdMs = Math.min(MAX_HOLD_MS, FIRST_HOLD_MS * 2 ** view.holds);
    view.holds += 1;
    view.heldUntilMs = nowMs + holdMs;
    this.#held.add(view);
    this.update(view, nowMs);
    return holdMs;
  }

  /** A run on the node had a result. */
  didWell(view: NodeView): void {
    view.crashed.clear();
    view.holds = 0;
  }

  /** Reports that mean more than they did at the last call, and nodes that are tried again. */
  letTimePass(nowMs: number): void {
    for (const view of this.#held) if (view.heldUntilMs <= nowMs) this.#release(view, nowMs);
    for (let view = this.#untold.first(); view && view.toldMs <= nowMs; view = this.#untold.first()) {
      this.#untold.remove(view.toldPlace);
      this.#expectReport(view, nowMs);
      const isChanged =
        busyCpuMilli(view, nowMs) !== view.busyMilli || view.assignedTasks - busyTasks(view, nowMs) !== view.idleTasks;
      if (isChanged) this.update(view, nowMs);
    }
  }

  #release(view: NodeView, nowMs: number): void {
    this.#held.delete(view);
    view.heldUntilMs = 0;
    this.update(view, nowMs);
  }

  #expectReport(view: NodeView, nowMs: number): void {
    const toldMs = view.lastLeaseMs + LOAD_TOLD_MS;
    const believedMs = view.lastLeaseMs + IDLE_BELIEVED_MS;
    if (believedMs <= nowMs) return;
    view.toldMs = toldMs > nowMs ? toldMs : believedMs;
    this.#untold.add(view);
  }
}
