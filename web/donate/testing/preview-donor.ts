/**
 * A donor without a node behind it, for looking at the page: it is in the state it is told to be in, and obeys the
 * buttons.
 */
import type { Donor, DonorOptions } from '#client/host/browser/donor.ts';
import { STOPPED, type PauseReason, type TabSettings, type TabStatus } from '#client/host/browser/tab-status.ts';

const HOUR_MS = 3_600_000;

/** See above. */
export class PreviewDonor implements Donor {
  status: TabStatus;
  settings: TabSettings;
  runsHere: boolean;
  runsSomewhere: boolean;
  /** What the page asked for, oldest first. */
  readonly calls: string[] = [];
  readonly #afterStart: TabStatus;
  readonly #listeners = new Set<() => void>();

  constructor(status: TabStatus, settings: TabSettings, afterStart: TabStatus, runsElsewhere: boolean) {
    this.status = status;
    this.settings = settings;
    this.#afterStart = afterStart;
    this.runsSomewhere = runsElsewhere || status.phase !== 'stopped';
    this.runsHere = !runsElsewhere && this.runsSomewhere;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes another status, as a node would report it. */
  report(status: TabStatus): void {
    this.status = status;
    for (const listener of this.#listeners) listener();
  }

  start(options: DonorOptions): void {
    this.calls.push(`start ${options.key}`);
    this.runsHere = true;
    this.runsSomewhere = true;
    this.report(this.#afterStart);
  }

  pause(): void {
    this.calls.push('pause');
    this.#pauseFor('user', 0);
  }

  snooze(hours: number): void {
    this.calls.push(`snooze ${hours}`);
    this.#pauseFor('snooze', Date.now() + hours * HOUR_MS);
  }

  resume(): void {
    this.calls.push('resume');
    this.report({ ...this.status, phase: 'joined', pauseReasons: [], snoozedUntilMs: 0 });
  }

  change(settings: Partial<TabSettings>): void {
    this.calls.push(`change ${JSON.stringify(settings)}`);
    this.settings = { ...this.settings, ...settings };
    this.report({ ...this.status, cores: this.settings.cores });
  }

  async stop(): Promise<void> {
    this.calls.push('stop');
    this.runsHere = false;
    this.runsSomewhere = false;
    this.report(STOPPED);
  }

  async leaveAndErase(): Promise<void> {
    this.calls.push('erase');
    await this.stop();
  }

  #pauseFor(reason: PauseReason, untilMs: number): void {
    this.report({
      ...this.status,
      phase: 'paused',
      pauseReasons: [reason],
      snoozedUntilMs: untilMs,
      runningTasks: 0,
      queuedTasks: 0,
      busyCores: 0,
    });
  }
}
