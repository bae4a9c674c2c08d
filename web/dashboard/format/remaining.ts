/**
 * How far a job is and when it may be done. What its `main` says counts; if it says nothing, the tasks that are over among
 * those submitted. A guess is given only once it means something.
 */
import type { Job } from '#shared/api/schemas.ts';

type Measured = Pick<Job, 'status' | 'progress' | 'submitted' | 'finished' | 'startedAt'>;

/** Below this share or run time the guess is noise. */
const MIN_SHARE = 0.02;
const MIN_RUN_MS = 3000;

/** From 0 to 1. */
export function shareDone({ status, progress, submitted, finished }: Measured): number {
  if (status === 'succeeded') return 1;
  if (progress > 0) return Math.min(1, progress);
  return submitted === 0 ? 0 : Math.min(1, finished / submitted);
}

/** Milliseconds until it may be done; undefined while nobody can tell. */
export function remainingMs(job: Measured, nowMs: number): number | undefined {
  if (job.status !== 'running' || job.startedAt === null) return undefined;
  const share = shareDone(job);
  const ranMs = nowMs - Date.parse(job.startedAt);
  if (share < MIN_SHARE || share >= 1 || ranMs < MIN_RUN_MS) return undefined;
  return (ranMs * (1 - share)) / share;
}
