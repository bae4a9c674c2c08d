/**
 * How far a job is: a bar, its share, what is left, and what its `main` says.
 */
import type { Job } from '#shared/api/schemas.ts';
import { formatDuration } from '../format/durations.ts';
import { formatQuantity, formatShare } from '../format/numbers.ts';
import { remainingMs, shareDone } from '../format/remaining.ts';
import { useClock } from '../parts/clock.ts';
import { ProgressBar } from '../parts/progress-bar.tsx';
import styles from './job-progress.module.css';

const TONES = { running: 'busy', succeeded: 'good', failed: 'bad', stopped: 'calm' } as const;

/** See above. */
export function JobProgress({ job, withNote = false }: { readonly job: Job; readonly withNote?: boolean }) {
  const share = shareDone(job);
  const left = useClock((nowMs) => {
    const ms = remainingMs(job, nowMs);
    return ms === undefined ? '' : `about ${formatDuration(roundForGuess(ms))} left`;
  });
  const failedShare = job.submitted === 0 ? 0 : (job.failed / job.submitted) * share;
  return (
    <div className={styles['progress']}>
      <ProgressBar share={share} failedShare={failedShare} tone={TONES[job.status]} label={`Progress of ${job.name}`} />
      <div className={styles['words']}>
        <span>
          {formatShare(share)}
          {left !== '' && ` · ${left}`}
        </span>
        <span>
          {formatQuantity(job.finished)} of {formatQuantity(job.submitted)} tasks
          {job.failed > 0 && <span className="bad">, {formatQuantity(job.failed)} failed</span>}
        </span>
      </div>
      {withNote && job.note !== '' && <p className={styles['note']}>{job.note}</p>}
    </div>
  );
}

/** A guess that jumps by seconds looks more exact than it is. */
function roundForGuess(ms: number): number {
  const stepMs = ms < 60_000 ? 5000 : ms < 3_600_000 ? 60_000 : 600_000;
  return Math.max(stepMs, Math.round(ms / stepMs) * stepMs);
}
