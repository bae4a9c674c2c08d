/**
 * The scheduling policy of the paper (section 4.2.2; rules S1, S2) as pure functions: where a task would start first.
 *
 * estimated waiting time = queued work ÷ slots + missing input bytes ÷ bandwidth of the link + start cost + what the task itself takes
 * longer there than elsewhere.
 * Queue *length* times mean duration, the obvious form, sends work to a phone with five waiting tasks rather than to a
 * 64-core host with ten, so work is divided by the slots that will take it.
 */

/** One node as a candidate for one task, with the terms of its estimate. */
export interface Candidate {
  readonly session: number;
  /** Work queued there, and given to it but not yet in its reports, in microseconds. */
  readonly queuedUs: number;
  /** How many tasks of this shape run side by side there. */
  readonly slots: number;
  /** Bytes of inputs it does not have. */
  readonly missingBytes: number;
  /** Bytes per second of the link that would bring them. */
  readonly bytesPerSecond: number;
  /** Time to get code and a worker ready. */
  readonly startUs: number;
  /** How much longer the task itself takes there than on a node like most. */
  readonly slowerUs: number;
}

/** A candidate with its estimate: what "why there" shows. */
export interface ScoredCandidate extends Candidate {
  readonly waitUs: number;
}

/** Microseconds until a task would start on this candidate. */
export function estimatedWaitUs(candidate: Candidate): number {
  const queue = candidate.queuedUs / Math.max(1, candidate.slots);
  const transfer =
    candidate.missingBytes === 0 ? 0 : (candidate.missingBytes / Math.max(1, candidate.bytesPerSecond)) * 1e6;
  return queue + transfer + candidate.startUs + candidate.slowerUs;
}

/** Scores the candidates, best first; equal ones keep their order. */
export function rankCandidates(candidates: readonly Candidate[]): ScoredCandidate[] {
  const scored = candidates.map((candidate) => ({ ...candidate, waitUs: estimatedWaitUs(candidate) }));
  return scored.sort((a, b) => a.waitUs - b.waitUs);
}

/** What the local scheduler looks at for a task that was born on its node and could run there. */
export interface LocalOffer {
  /** Work of its job queued here, in microseconds. */
  readonly queuedUs: number;
  readonly queuedTasks: number;
  /** The slots that are its job's fair share: all, if no other job has work here. */
  readonly slots: number;
  /** Other nodes exist that could share the work. */
  readonly hasPeers: boolean;
}

/** Local work beyond this, per slot, goes to the global scheduler if there is another node. */
const OVERLOAD_US_PER_SLOT = 50_000;
/** Where durations are not known yet: tasks beyond this, per slot. */
const OVERLOAD_TASKS_PER_SLOT = 2;

/** Rule S1: a task stays on the node it was born on unless its job has too much there and another node might take it. */
export function staysLocal(offer: LocalOffer): boolean {
  if (!offer.hasPeers) return true;
  if (offer.queuedUs > 0) return offer.queuedUs <= OVERLOAD_US_PER_SLOT * offer.slots;
  return offer.queuedTasks < OVERLOAD_TASKS_PER_SLOT * offer.slots;
}
