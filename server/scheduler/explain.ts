/**
 * "Why is it waiting, why there" (rule S2), in words and with the terms of each candidate. What waits is explained from
 * how things stand now: there is nothing to keep for it.
 */
import { rankCandidates, type ScoredCandidate } from '#shared/scheduling/waiting-time.ts';
import type { TaskRecord } from '../gcs/entities.ts';
import { describePlace } from '#shared/task/place.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import { offersWork } from '../gcs/node-offer.ts';
import type { GcsState } from '../gcs/state.ts';
import { candidateOf } from './candidates.ts';
import { isChosen, misfit, whyNone } from './fit.ts';
import type { NodeClass, Seat } from './node-class.ts';
import { busyCpuMilli, roomFor } from './node-view.ts';

/** Nodes that are told of where all have enough to do. */
const MAX_TOLD = 16;

/** A candidate; of a task that waits, with the reason why it does not get it. */
export interface ExplainedCandidate extends ScoredCandidate {
  readonly closed?: string;
}

/** Why a task is where it is, or still waits. */
export interface Explanation {
  readonly state: string;
  readonly reason: string;
  readonly candidates: readonly ExplainedCandidate[];
}

export const UNKNOWN_TASK = { state: 'unknown', reason: 'no such task, or it is over and forgotten' };

/** Of a task that is not in the scheduler's hands. */
export function explainGiven(task: TaskRecord, candidates: readonly ScoredCandidate[]): Explanation {
  return { state: task.state, reason: describeState(task), candidates };
}

function describeState(task: TaskRecord): string {
  if (task.state === 'waiting') return `waits for ${task.missing} of its inputs`;
  if (task.state === 'queued') return 'waits for its actor';
  if (task.state === 'finished') return 'it has a result';
  const { place } = task.options.options;
  return place ? `a node has it; it asked for ${describePlace(place)}` : 'a node has it';
}

/** Of a task that the scheduler keeps back. */
export function explainDelayed(task: TaskRecord, state: GcsState): Explanation {
  const seconds = Math.max(0, (task.notBeforeMs - state.nowMs) / 1000).toFixed(1);
  const reason = `it was on nodes that left, ${task.losses} so far, and is tried again in ${seconds} s`;
  return { state: 'queued', reason, candidates: [] };
}

/** Of a task that waits for a node. @param sessions all nodes that are here */
export function explainWaiting(
  task: TaskRecord,
  nodes: NodeClass,
  sessions: Iterable<SessionRecord>,
  state: GcsState,
): Explanation {
  const here = [...sessions];
  const seats: Seat[] = [];
  for (const seat of nodes.seats) {
    if (seats.push(seat) === MAX_TOLD) break;
  }
  const closed = new Map(seats.map((seat) => [seat.view.session.id, whyNot(seat, nodes, state)]));
  const ranked = rankCandidates(seats.map((seat) => candidateOf(seat, task, state)));
  const others = outsiders(here, nodes, MAX_TOLD - seats.length);
  const nowhere = seats.length > 0 ? undefined : whyNone(here, nodes.requirement);
  return {
    state: nowhere === undefined ? 'queued' : 'infeasible',
    reason: nowhere ?? (state.grace ? 'the server has just started and waits for its nodes' : reasonOf(nodes)),
    candidates: [...ranked.map((each) => ({ ...each, closed: closed.get(each.session) ?? '' })), ...others],
  };
}

/** Nodes that could never run it, with what keeps each out: there is nothing to estimate of them. */
function outsiders(sessions: readonly SessionRecord[], { requirement }: NodeClass, most: number): ExplainedCandidate[] {
  const told: ExplainedCandidate[] = [];
  for (const session of sessions) {
    if (told.length >= most) break;
    // A driver that lends nothing is nobody's candidate.
    const why = session.role === 'driver' && !offersWork(session) ? undefined : misfit(session, requirement);
    if (why !== undefined) told.push({ ...NO_TERMS, session: session.id, closed: why });
  }
  return told;
}

const NO_TERMS = {
  queuedUs: 0,
  slots: 0,
  missingBytes: 0,
  bytesPerSecond: 0,
  startUs: 0,
  slowerUs: 0,
  waitUs: 0,
};

function reasonOf(nodes: NodeClass): string {
  return nodes.open.size > 0 ? 'others go before it' : 'every node that fits has enough to do';
}

function whyNot(seat: Seat, nodes: NodeClass, state: GcsState): string {
  const { view, slots, among } = seat;
  const { reason } = roomFor(view, nodes.requirement.demand, slots, busyCpuMilli(view, state.nowMs));
  if (reason !== '') return reason;
  if (among === nodes.open) return '';
  const { node } = nodes.requirement.place ?? {};
  if (node && !isChosen(view.session, node)) return `node ${node.id} is here, and goes before it`;
  return 'it is a tab, and an actor is better off on a host';
}
