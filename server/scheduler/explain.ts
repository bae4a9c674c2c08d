/**
 * "Why is it waiting, why there" (rule S2), in words and with the terms of each candidate. What waits is explained from
 * how things stand now: there is nothing to keep for it.
 */
import { rankCandidates, type ScoredCandidate } from '#shared/scheduling/waiting-time.ts';
import type { TaskRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';
import { candidateOf } from './candidates.ts';
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
  return 'a node has it';
}

/** Of a task that the scheduler keeps back. */
export function explainDelayed(task: TaskRecord, state: GcsState): Explanation {
  const seconds = Math.max(0, (task.notBeforeMs - state.nowMs) / 1000).toFixed(1);
  const reason = `it was on nodes that left, ${task.losses} so far, and is tried again in ${seconds} s`;
  return { state: 'queued', reason, candidates: [] };
}

/** Of a task that waits for a node. */
export function explainWaiting(task: TaskRecord, nodes: NodeClass, state: GcsState): Explanation {
  const nowhere = nodes.whyNowhere;
  if (nowhere !== undefined) return { state: 'infeasible', reason: nowhere, candidates: [] };
  const seats: Seat[] = [];
  for (const seat of nodes.seats) {
    if (seats.push(seat) === MAX_TOLD) break;
  }
  const closed = new Map(seats.map((seat) => [seat.view.session.id, whyNot(seat, nodes, state)]));
  const ranked = rankCandidates(seats.map((seat) => candidateOf(seat, task, state)));
  return {
    state: 'queued',
    reason: state.grace ? 'the server has just started and waits for its nodes' : reasonOf(nodes),
    candidates: ranked.map((each) => ({ ...each, closed: closed.get(each.session) ?? '' })),
  };
}

function reasonOf(nodes: NodeClass): string {
  return nodes.open.size > 0 ? 'others go before it' : 'every node that fits has enough to do';
}

function whyNot(seat: Seat, nodes: NodeClass, state: GcsState): string {
  const { view, slots, among } = seat;
  const { reason } = roomFor(view, nodes.requirement.demand, slots, busyCpuMilli(view, state.nowMs));
  if (reason !== '') return reason;
  return among === nodes.open ? '' : 'it is a tab, and an actor is better off on a host';
}
