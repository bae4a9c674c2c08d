import { describe, expect, it } from 'vitest';
import { STOPPED, type ProblemCode, type TabStatus } from '#client/host/browser/tab-status.ts';
import { describeProblem } from './problem-text.ts';
import { describeState, isPausedByOwner } from './state-text.ts';

const NOON_MS = Date.UTC(2026, 6, 15, 10);
const moment = (statusAgeMs = 0) => ({
  nowMs: NOON_MS,
  statusAgeMs,
  clock: { locale: 'de', timeZone: 'Europe/Berlin' },
});
const status = (change: Partial<TabStatus>): TabStatus => ({ ...STOPPED, phase: 'joined', cores: 4, ...change });
const CODES: readonly ProblemCode[] = ['key', 'version', 'taken-over', 'sandbox', 'other'];

describe('describeState', () => {
  it('T1 tells how many tasks run', () => {
    const text = describeState(status({ runningTasks: 3 }), moment());
    expect(text).toMatchObject({ tone: 'busy', headline: 'Computing 3 tasks', title: '▶ 3 tasks' });
    expect(text.announcement).toBe('Computing.');
  });

  it('T1 calls it computing when tasks are too short to be seen running', () => {
    expect(describeState(status({ busyCores: 1.5 }), moment())).toMatchObject({ tone: 'busy', headline: 'Computing' });
  });

  it('T1 tells a waiting browser that it is connected', () => {
    expect(describeState(status({}), moment())).toMatchObject({ tone: 'calm', headline: 'Waiting for work' });
  });

  it('T4 tells a stranger that only some jobs run on it', () => {
    expect(describeState(status({ isTrusted: false }), moment()).sentences.join(' ')).toContain('stranger');
    expect(describeState(status({}), moment()).sentences.join(' ')).not.toContain('stranger');
  });

  it('T1 says why it is paused, and until when', () => {
    const paused = (change: Partial<TabStatus>) => describeState(status({ phase: 'paused', ...change }), moment());
    expect(paused({ pauseReasons: ['user'] })).toMatchObject({ headline: 'Paused', title: '⏸ Paused' });
    expect(paused({ pauseReasons: ['user'] }).sentences).toEqual([expect.stringContaining('until you press Resume')]);
    const snoozedUntilMs = NOON_MS + 3 * 3_600_000;
    expect(paused({ pauseReasons: ['snooze'], snoozedUntilMs }).headline).toBe('Paused until 15:00');
    expect(paused({ pauseReasons: ['battery'] }).headline).toBe('Paused: on battery');
    expect(paused({ pauseReasons: ['user', 'battery'] }).sentences).toHaveLength(2);
  });

  it('T1 names no end of a pause that has none, even if a snooze has', () => {
    const both = status({ phase: 'paused', pauseReasons: ['snooze', 'user'], snoozedUntilMs: NOON_MS + 1000 });
    const text = describeState(both, moment());
    expect(text.headline).toBe('Paused');
    expect(text.sentences.join(' ')).not.toContain('by itself');
  });

  it('T1 lets Resume end the pauses of the owner, not that of the battery', () => {
    expect(isPausedByOwner(status({ pauseReasons: ['snooze'] }))).toBe(true);
    expect(isPausedByOwner(status({ pauseReasons: ['user', 'battery'] }))).toBe(true);
    expect(isPausedByOwner(status({ pauseReasons: ['battery'] }))).toBe(false);
  });

  it('M3 counts down to the next try from the age of the news', () => {
    const away = status({ phase: 'reconnecting', retryInMs: 9000, trouble: 'connection refused', runningTasks: 2 });
    expect(describeState(away, moment()).sentences).toEqual([
      'Reason: connection refused.',
      'Next try in 9 s.',
      'The work that is here goes on meanwhile.',
    ]);
    expect(describeState(away, moment(6500)).sentences[1]).toBe('Next try in 3 s.');
    expect(describeState(away, moment(9500)).sentences[1]).toBe('Trying now…');
    expect(describeState(away, moment(6500)).announcement).toBe(describeState(away, moment()).announcement);
  });

  it('M4 says that another tab does the work before that has told of itself', () => {
    expect(describeState(STOPPED, moment()).headline).toBe('Another tab does the work');
  });

  it.each(CODES)('T1 says in plain words what is wrong and what to do: %s', (code) => {
    const failed = status({ phase: 'failed', problem: { code, message: 'code 7 at 0x12' } });
    const text = describeState(failed, moment());
    const problem = describeProblem({ code, message: 'code 7 at 0x12' });
    expect(text).toMatchObject({ tone: 'problem', headline: problem.headline, title: '⚠ Not working' });
    expect(text.sentences.length).toBeGreaterThan(0);
    expect(text.announcement).not.toContain('0x12');
    expect(problem.details).toBe('code 7 at 0x12');
    expect(problem.repair).toBe(code === 'version' ? 'reload' : 'start');
  });

  it('T1 survives a failure without a reason', () => {
    expect(describeState(status({ phase: 'failed' }), moment()).headline).toBe('Something went wrong');
  });
});
