import { describe, expect, it } from 'vitest';
import { WorkPermit } from './work-permit.ts';

const NOON = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

describe('work permit', () => {
  it('T1 allows work unless something forbids it, and names everything that does', () => {
    const permit = new WorkPermit();
    expect(permit.reasons(NOON)).toEqual([]);
    permit.isPaused = true;
    permit.snoozedUntilMs = NOON + HOUR_MS;
    permit.onlyWhileCharging = true;
    permit.isCharging = false;
    expect(permit.reasons(NOON)).toEqual(['user', 'snooze', 'battery']);
  });

  it('T1 a snooze ends by the clock on the wall', () => {
    const permit = new WorkPermit();
    permit.snoozedUntilMs = NOON + HOUR_MS;
    expect(permit.nextChangeMs(NOON)).toBe(HOUR_MS);
    expect(permit.reasons(NOON + HOUR_MS)).toEqual([]);
    expect(permit.nextChangeMs(NOON + HOUR_MS)).toBe(Infinity);
  });

  it('T1 a battery of which nothing is known forbids nothing', () => {
    const permit = new WorkPermit();
    permit.onlyWhileCharging = true;
    expect(permit.reasons(NOON)).toEqual([]);
    permit.isCharging = true;
    expect(permit.reasons(NOON)).toEqual([]);
  });
});
