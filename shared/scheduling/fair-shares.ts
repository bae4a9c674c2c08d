/**
 * Fair shares (rule S5): how much every job was served lately, so that the one served least goes next.
 *
 * A job is charged for a task when the task is given out, with what it is expected to take, and the rest when it is
 * known. Service fades: half of it is forgotten every few minutes, so that no job pays for hours ago. A job that comes
 * (back) is taken to have been served no less than the others that have work: what it did not use is not saved up.
 */
import type { ResourceDemand } from '../task/resources.ts';
import { Heap, NO_PLACE } from './heap.ts';

const HALF_LIFE_MS = 120_000;
/** Charges grow by at most this before all of them are scaled down again. */
const MAX_GROWTH = 2 ** 40;
/** What a task is charged for at least, in CPUs: one that asks for none still takes a place. */
const LEAST_CPU_MILLI = 100;
/** Jobs without work of which it is still known what they had. */
const MAX_IDLE = 1_000;

/** A function that was never run is expected to take this long. */
const UNKNOWN_US = 50_000;

/** What a run is expected to take, in microseconds. */
export function expectedRunUs({ runs, meanUs }: { readonly runs: number; readonly meanUs: number }): number {
  return runs === 0 ? UNKNOWN_US : Math.max(1, meanUs);
}

/** What one job was given. */
export interface Share {
  readonly job: number;
  /** Its weight: with 2 it is served twice as much as one with 1. */
  weight: number;
  /** What it was served, in units that only compare. */
  served: number;
  /** Its tasks that wait or run. */
  tasks: number;
  /** Its place among the jobs with work. */
  place: number;
  /** Those who keep jobs in order, told when `served` changes. */
  readonly watchers: Set<(share: Share) => void>;
}

/** The CPU time a task is charged for, in microseconds. */
export function cpuTimeUs(durationUs: number, demand: ResourceDemand): number {
  return (durationUs * Math.max(demand.cpuMilli, LEAST_CPU_MILLI)) / 1000;
}

/** The shares of all jobs. */
export class FairShares {
  readonly #shares = new Map<number, Share>();
  /** Those with work, the least served first. */
  readonly #busy = new Heap<Share>(
    (a, b) => a.served < b.served,
    (share, place) => {
      share.place = place;
    },
  );
  /** When a charge counted once. */
  #epochMs = 0;

  /** Jobs that have work. */
  get busyJobs(): number {
    return this.#busy.size;
  }

  /** The share of a job; the same object as long as it has work. @param weight its weight, if it is known; default: as it was, or 1 */
  of(job: number, weight?: number): Share {
    let share = this.#shares.get(job);
    if (!share) {
      share = { job, weight: 1, served: 0, tasks: 0, place: NO_PLACE, watchers: new Set() };
      this.#shares.set(job, share);
      if (this.#shares.size > this.#busy.size + MAX_IDLE) this.#forgetIdle(share);
    }
    if (weight !== undefined) share.weight = weight;
    return share;
  }

  /** The job has one more task that waits or runs. */
  entered(share: Share): void {
    share.tasks += 1;
    if (share.tasks > 1) return;
    const least = this.#busy.first()?.served ?? 0;
    if (share.served < least) {
      share.served = least;
      for (const watcher of share.watchers) watcher(share);
    }
    this.#busy.add(share);
  }

  /** One of its tasks is over, or with somebody else. */
  left(share: Share): void {
    if (share.tasks === 0) return;
    share.tasks -= 1;
    if (share.tasks === 0) this.#busy.remove(share.place);
  }

  /** Charges a job; less than 0 gives back what it was charged too much. */
  charge(share: Share, cpuUs: number, nowMs: number): void {
    // First the growth: it may scale down what was served.
    const growth = this.#growth(nowMs);
    share.served += (cpuUs * growth) / share.weight;
    if (share.place !== NO_PLACE) this.#busy.moved(share.place);
    if (share.watchers.size > 0) for (const watcher of share.watchers) watcher(share);
  }

  /** Instead of making old service less, new service counts for more: then the order of jobs changes only by charges. */
  #growth(nowMs: number): number {
    const growth = 2 ** ((nowMs - this.#epochMs) / HALF_LIFE_MS);
    if (growth < MAX_GROWTH) return growth;
    for (const share of this.#shares.values()) share.served /= growth;
    this.#epochMs = nowMs;
    return 1;
  }

  #forgetIdle(except: Share): void {
    for (const share of this.#shares.values()) {
      if (share.tasks > 0 || share === except) continue;
      this.#shares.delete(share.job);
      return;
    }
  }
}
