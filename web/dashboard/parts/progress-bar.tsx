/**
 * How far something is, in two lengths: what went well and what failed.
 */
import { formatShare } from '../format/numbers.ts';
import styles from './progress-bar.module.css';

/** Shares of one. */
export interface ProgressBarProps {
  readonly share: number;
  readonly failedShare?: number;
  /** What it is the progress of, for screen readers. */
  readonly label: string;
  readonly tone?: 'busy' | 'good' | 'bad' | 'calm' | 'waiting';
}

/** See above. */
export function ProgressBar({ share, failedShare = 0, label, tone = 'busy' }: ProgressBarProps) {
  const whole = Math.max(0, Math.min(1, share));
  return (
    <div
      className={styles['bar']}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.floor(whole * 100)}
      aria-valuetext={formatShare(whole)}
      data-tone={tone}
    >
      <span style={{ width: `${Math.max(0, whole - failedShare) * 100}%` }} />
      {failedShare > 0 && <span data-failed style={{ width: `${Math.min(whole, failedShare) * 100}%` }} />}
    </div>
  );
}
