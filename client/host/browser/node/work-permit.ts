/**
 * Whether a tab may work now, and why not: its owner's pause, a snooze, the battery. Pure; the node asks again whenever
 * something changed, and when {@link WorkPermit.nextChangeMs} has come.
 */
import type { PauseReason } from '../tab-status.ts';

/** What a permit depends on. */
export class WorkPermit {
  isPaused = false;
  /** Milliseconds since 1970; 0 for no snooze. */
  snoozedUntilMs = 0;
  onlyWhileCharging = false;
  /** Undefined where the browser does not tell: then the battery forbids nothing. */
  isCharging: boolean | undefined;

  /** Why the tab may not work at this time of day; empty if it may. */
  reasons(wallMs: number): PauseReason[] {
    const reasons: PauseReason[] = [];
    if (this.isPaused) reasons.push('user');
    if (this.snoozedUntilMs > wallMs) reasons.push('snooze');
    if (this.onlyWhileCharging && this.isCharging === false) reasons.push('battery');
    return reasons;
  }

  /** Until the answer changes by itself; Infinity if it does not. */
  nextChangeMs(wallMs: number): number {
    return this.snoozedUntilMs > wallMs ? this.snoozedUntilMs - wallMs : Infinity;
  }
}
