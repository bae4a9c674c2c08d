/**
 * A node as the global scheduler sees it: what it was given, and whether it takes one more task of some demand now.
 *
 * A node is given only a little more than it can run now: what is not given yet can still go to a node that joins
 * later. How much more depends on how long the tasks take, so that short ones fill the pipe.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import type { ResourceDemand } from '#shared/task/resources.ts';
import type { FunctionEntry } from '../gcs/dictionaries.ts';
import type { SessionRecord, TaskRecord } from '../gcs/entities.ts';
import { NO_LOAD } from '../gcs/session-manager.ts';
import type { Seat } from './node-class.ts';

/** Work a node may have ahead, so that it never waits for the server. */
const PIPELINE_US = 100_000;
const MAX_PIPELINE_TASKS = 2_000;
/** So many a stranger's node may have on its word that they are blocked: one that always says so would gather all there are. */
const MAX_STRANGER_TASKS_PER_SLOT = 16;
/** A node tells within this time that its load has changed; longer after the last lease its report is the whole truth. */
export const LOAD_TOLD_MS = 1_000;
/** A node that has had free CPUs for this long after the last lease can do nothing with them: what waits there waits for something else. */
export const IDLE_BELIEVED_MS = 10_000;

/** What a node has been given and not yet reported as done. */
export interface NodeView {
  readonly session: SessionRecord;
  assignedTasks: number;
  /** CPUs they ask for, and the time they are expected to take on them. */
  assignedMilli: number;
  assignedCpuUs: number;
  /** Custom resources they ask for. A blocked task keeps these. */
  readonly assignedCustom: Map<string, number>;
  /** How long a task that is given now waits for those before it, in microseconds. */
  waitUs: number;
  /** See {@link busyCpuMilli}. */
  busyMilli: number;
  /** Given tasks that neither run nor are ready to: they are blocked in `get`, or wait for an input that was lost. */
  idleTasks: number;
  /** Tasks given since its last report that is sure to know of all earlier ones, and when the newest was. */
  freshTasks: number;
  lastLeaseMs: number;
  /** Functions whose code it has run. */
  readonly warm: Set<string>;
  /** How long runs take here, in terms of what their functions take on average (rule S2). */
  slowness: number;
  isOffering: boolean;
  /** Tasks that ended workers here since the last run that had a result, whose functions do well elsewhere. */
  readonly crashed: Set<ObjectKey>;
  /** How often it was held for that, in a row, and until when it is; 0 if it is not. */
  holds: number;
  heldUntilMs: number;
  /** Its places in the classes that it could run; none while it offers nothing. */
  seats: Seat[];
  /** When to look at its report again, and its place among the nodes for which that is to be done. */
  toldMs: number;
  toldPlace: number;
}

/** Whether a node takes one more task. */
export interface Room {
  /** `some`: what is free is not enough, so it would wait there for others to end. */
  readonly kind: 'enough' | 'some' | 'none';
  /** Why there is not enough, in words. */
  readonly reason: string;
}

const ENOUGH: Room = { kind: 'enough', reason: '' };
const PART_IS_FREE: Room = { kind: 'some', reason: 'what is free there is not enough' };
const HELD: Room = { kind: 'none', reason: 'workers that do well elsewhere crash on it: it is tried again later' };
const NOT_CONNECTED: Room = { kind: 'none', reason: 'it is not connected' };
const CUSTOM_TAKEN: Room = { kind: 'none', reason: 'the resource it asks for is taken there' };
const HAS_ENOUGH: Room = { kind: 'none', reason: 'it has enough to do' };
const STRANGERS_PART: Room = { kind: 'none', reason: 'it has all that a stranger may have' };

/** Runs of a function from which its average says something. */
const KNOWN_RUNS = 8;
/** How much one more run weighs. */
const RUN_WEIGHT = 0.1;
const MAX_SLOWNESS = 100;

/** A run of a function took so long here; or, of one that was given up, so long in vain. */
export function learnSpeed(view: NodeView, { runs, meanUs }: FunctionEntry, durationUs: number): void {
  if (runs < KNOWN_RUNS || meanUs <= 0) return;
  const ratio = Math.min(MAX_SLOWNESS, Math.max(1 / MAX_SLOWNESS, durationUs / meanUs));
  view.slowness += RUN_WEIGHT * (ratio - view.slowness);
}

/** How many tasks of this demand run side by side on the empty node. */
export function slotsFor({ resources }: SessionRecord, demand: ResourceDemand): number {
  let slots = capacityMilli(resources.totalCpuMilli) / cpuMilliOf(demand);
  for (const { name, totalMilli } of resources.custom()) {
    const milli = demand.custom[name] ?? 0;
    if (milli > 0) slots = Math.min(slots, totalMilli / milli);
  }
  return Math.max(1, Math.floor(slots));
}

/** What asks for no CPU takes the place of one: it runs, too. */
function cpuMilliOf({ cpuMilli }: ResourceDemand): number {
  return cpuMilli === 0 ? 1000 : cpuMilli;
}

/** A node that lends something else than CPUs runs one thing at a time. */
function capacityMilli(totalCpuMilli: number): number {
  return totalCpuMilli === 0 ? 1000 : totalCpuMilli;
}

/** The node was given a task, or (`sign` −1) has it no more. */
export function assign(view: NodeView, { fn, options, chargedUs }: TaskRecord, sign: 1 | -1): void {
  const { demand } = options.options;
  // A `main` waits for what it called, and that is to run meanwhile.
  const cpuMilli = fn.name === MAIN_FUNCTION ? 0 : cpuMilliOf(demand);
  view.assignedTasks = Math.max(0, view.assignedTasks + sign);
  // Of estimates, sums and differences leave rests.
  const isEmpty = view.assignedTasks === 0;
  view.assignedMilli = isEmpty ? 0 : Math.max(0, view.assignedMilli + sign * cpuMilli);
  view.assignedCpuUs = isEmpty ? 0 : Math.max(0, view.assignedCpuUs + (sign * chargedUs * cpuMilli) / 1000);
  for (const name in demand.custom)
    view.assignedCustom.set(name, (view.assignedCustom.get(name) ?? 0) + sign * (demand.custom[name] ?? 0));
}

/** How long a task that is given now waits for those before it, in microseconds. */
export function queueWaitUs({ session, assignedTasks, assignedMilli, assignedCpuUs }: NodeView): number {
  const milliPerTask = assignedTasks === 0 ? 1000 : assignedMilli / assignedTasks;
  const reportedCpuUs = (session.load.queuedUs * milliPerTask) / 1000;
  return (Math.max(assignedCpuUs, reportedCpuUs) * 1000) / capacityMilli(session.resources.totalCpuMilli);
}

/**
 * How much of a custom resource the given tasks take. One that waits for an input does not have it yet, and what makes that
 * input again may need it: as many more are given as there are that neither run nor are ready to.
 */
function customTaken({ assignedCustom, idleTasks }: NodeView, name: string, milli: number): number {
  return Math.max(0, (assignedCustom.get(name) ?? 0) - idleTasks * milli);
}

/** True if one more task of this demand could begin now. @param busyMilli see {@link busyCpuMilli} */
export function hasEnough(view: NodeView, demand: ResourceDemand, busyMilli: number): boolean {
  const { session } = view;
  const capacity = capacityMilli(session.resources.totalCpuMilli);
  if (busyMilli > 0 && busyMilli + cpuMilliOf(demand) > capacity) return false;
  for (const name in demand.custom) {
    const milli = demand.custom[name] ?? 0;
    if (milli > 0 && customTaken(view, name, milli) + milli > session.resources.totalOf(name)) return false;
  }
  return true;
}

/** Whether a node takes one more task of this demand. @param slots how many fit it when it is empty @param busyMilli see {@link busyCpuMilli} */
export function roomFor(view: NodeView, demand: ResourceDemand, slots: number, busyMilli: number): Room {
  const { session, assignedTasks } = view;
  if (session.state !== 'connected') return NOT_CONNECTED;
  if (view.heldUntilMs > 0) return HELD;
  const capacity = capacityMilli(session.resources.totalCpuMilli);
  const isBelieved = session.trusted || assignedTasks < slots * MAX_STRANGER_TASKS_PER_SLOT;
  const isPipeOpen =
    view.assignedCpuUs * 1000 < PIPELINE_US * capacity && assignedTasks < MAX_PIPELINE_TASKS + capacity / 1000;
  for (const name in demand.custom) {
    const milli = demand.custom[name] ?? 0;
    if (milli > 0 && customTaken(view, name, milli) >= session.resources.totalOf(name)) return CUSTOM_TAKEN;
  }
  if ((isBelieved && hasEnough(view, demand, busyMilli)) || isPipeOpen) return ENOUGH;
  if (!isBelieved) return STRANGERS_PART;
  return busyMilli < capacity ? PART_IS_FREE : HAS_ENOUGH;
}

/** True once the node's report is sure to know of all that it was given. */
export function isTold({ lastLeaseMs }: NodeView, nowMs: number): boolean {
  return lastLeaseMs + LOAD_TOLD_MS <= nowMs;
}

/** Given tasks that run or are ready to, as far as the node has told. */
export function busyTasks(view: NodeView, nowMs: number): number {
  const { session, assignedTasks, freshTasks } = view;
  const { load } = session;
  if (load === NO_LOAD) return assignedTasks;
  return Math.min(assignedTasks, load.runningTasks + load.queuedTasks + (isTold(view, nowMs) ? 0 : freshTasks));
}

/**
 * CPUs that the given tasks need now. One that is blocked in `get` has given its CPU back (rule S3), and what it waits for may
 * need that very one. Which of them are blocked is not told, so they are taken to be like the others. What is kept free for
 * a task that does not get enough, because an actor has the rest, is given to others in the end (rule S4).
 */
export function busyCpuMilli(view: NodeView, nowMs: number): number {
  const { session, assignedTasks, assignedMilli, lastLeaseMs } = view;
  const { load, resources } = session;
  if (load === NO_LOAD || assignedTasks === 0) return assignedMilli;
  const busy = busyTasks(view, nowMs);
  const busyMilli = busy >= assignedTasks ? assignedMilli : (assignedMilli * busy) / assignedTasks;
  if (lastLeaseMs + IDLE_BELIEVED_MS > nowMs) return busyMilli;
  return Math.min(busyMilli, Math.max(0, resources.totalCpuMilli - load.freeCpuMilli));
}
