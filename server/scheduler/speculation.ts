/**
 * When a task gets a second copy (rules S6, M1): when it takes much longer than others of its kind did and most of those are
 * done, or when its node has been away for a while. Only on nodes with nothing else to do, never where it could have an effect
 * twice (rule L9), and for stragglers only as long as copies cost little of the job's time.
 */
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import { KNOWS_WITHDRAW } from '../gcs/assignments.ts';
import type { Batches } from '../gcs/batches.ts';
import type { SessionRecord, TaskRecord } from '../gcs/entities.ts';
import type { GcsState } from '../gcs/state.ts';

/** A node without a connection for this long may be gone. */
const SUSPECT_MS = 2_000;
/** Share of a function's calls that are done before one of the rest counts as a straggler. */
const DONE_SHARE = 0.75;
/** Results from which something can be said of run times. */
const LEAST_RUNS = 3;
/** Times the median. */
const SLOW_FACTOR = 2;
const SLOW_SHARE = 0.95;
/** Of a job's time. */
const MAX_COPY_SHARE = 0.1;
/** Stragglers are among what a node was given first. */
const LOOKED_AT_PER_NODE = 16;
/** References of a task that are looked at; a task with more of them is taken for one that has an actor. */
const REFERENCES_LOOKED_AT = 2_000;
/** Of a node that may be gone. */
const LOOKED_AT_PER_SUSPECT = 512;

/** Where a second copy could run, and how it is started. */
export interface SecondPlaces {
  /** A node that would run the task at once, that nothing waits for, and that is not the one given. */
  idleNodeFor(task: TaskRecord, not: SessionRecord): SessionRecord | undefined;
  /** Leases the second copy. */
  start(task: TaskRecord, session: SessionRecord): void;
}

/** Starts second copies. */
export class Speculation {
  readonly #state: GcsState;
  readonly #batches: Batches;
  readonly #places: SecondPlaces;
  /** Copies started, by reason; for metrics. */
  readonly started = { straggler: 0, suspect: 0 };

  constructor(state: GcsState, batches: Batches, places: SecondPlaces) {
    this.#state = state;
    this.#batches = batches;
    this.#places = places;
  }

  /** Looks for tasks that need one; called now and then. */
  run(): void {
    if (this.#state.grace) return;
    for (const session of this.#state.sessions.values()) {
      if (session.state === 'dead' || session.assigned.size === 0 || session.version < KNOWS_WITHDRAW) continue;
      const isSuspect = session.state === 'disconnected' && this.#state.nowMs - session.sinceMs >= SUSPECT_MS;
      let looked = 0;
      for (const task of session.assigned) {
        if (looked >= (isSuspect ? LOOKED_AT_PER_SUSPECT : LOOKED_AT_PER_NODE)) break;
        looked += 1;
        if (task.copy || task.runsAlone || !mayRunTwice(task)) continue;
        if (isSuspect) this.#start(task, session, 'suspect');
        else if (this.#isStraggler(task)) this.#start(task, session, 'straggler');
      }
    }
  }

  /**
   * True if the task was given an actor, by itself or in an input. A node calls an actor that lives on it without asking, so
   * that both copies have called it is known only when it is too late (rule L9).
   */
  #mayCallActor({ deps, nested, options }: TaskRecord): boolean {
    if (options.options.idempotent || this.#state.actors.size === 0) return false;
    const seen = new Set([...deps, ...nested]);
    for (const key of seen) {
      if (this.#state.actors.has(key) || seen.size > REFERENCES_LOOKED_AT) return true;
      for (const inner of this.#state.object(key)?.nested ?? []) seen.add(inner);
    }
    return false;
  }

  #isStraggler(task: TaskRecord): boolean {
    // What its node keeps for itself may not even have begun.
    if (task.state !== 'leased') return false;
    const { submitted, ended, durations } = this.#batches.of(task);
    if (ended < submitted * DONE_SHARE || durations.count < LEAST_RUNS) return false;
    const medianUs = durations.quantileUs(0.5);
    const slowUs = Math.max(SLOW_FACTOR * medianUs, durations.quantileUs(SLOW_SHARE));
    if ((this.#state.nowMs - task.runningSinceMs) * 1000 <= slowUs) return false;
    const { resultsUs, copiesUs } = this.#batches.useOf(task.job);
    return copiesUs + medianUs <= MAX_COPY_SHARE * resultsUs;
  }

  #start(task: TaskRecord, session: SessionRecord, reason: 'straggler' | 'suspect'): void {
    const place = this.#places.idleNodeFor(task, session);
    if (!place || place.version < KNOWS_WITHDRAW || this.#mayCallActor(task)) return;
    // Paid for when it begins: many at once would each find the budget untouched.
    if (reason === 'straggler')
      this.#batches.useOf(task.job).copiesUs += this.#batches.of(task).durations.quantileUs(0.5);
    this.started[reason] += 1;
    this.#places.start(task, place);
  }
}

/** True for a task that did nothing yet which a second copy would do again (rule L9), or that says it does not matter. */
function mayRunTwice({ actor, fn, job, made, madeActors, options }: TaskRecord): boolean {
  // A `main` decides for the whole job (rule J1).
  if (actor !== 0 || fn.kind !== FUNCTION_KIND.task || fn.name === MAIN_FUNCTION || job.status !== 'running')
    return false;
  return options.options.idempotent || (made.length === 0 && madeActors === undefined);
}
