import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from './faults.ts';
import { simulate } from './simulation.ts';
import { Tally } from './tally.ts';
import { ALL_STEPS } from './transitions.ts';

describe('the table of many runs', () => {
  it('M1 names every kind of fault and every step once', async () => {
    const tally = new Tally();
    tally.add(await simulate(3));
    const lines = tally.lines().map((line) => line.replace(/ +\d+$/, ''));
    for (const name of [...FAULT_KINDS, ...ALL_STEPS]) expect(lines.filter((line) => line === name)).toEqual([name]);
    expect(new Set(ALL_STEPS).size).toBe(ALL_STEPS.length);
  });

  it('M1 after a thousand runs it says which faults are rare and which steps were never taken', async () => {
    const result = await simulate(3);
    const [rare] = FAULT_KINDS;
    const [never = ''] = ALL_STEPS;
    const faults = new Map(FAULT_KINDS.map((kind) => [kind, kind === rare ? 0 : 1]));
    const steps = new Map(ALL_STEPS.filter((step) => step !== never).map((step) => [step, 1]));
    const tally = new Tally();
    for (let n = 1; n < 1_000; n++) tally.add({ ...result, faults, steps });
    expect(tally.missing()).toEqual([]);
    tally.add({ ...result, faults: new Map([[rare, 99]]), steps });
    expect(tally.missing()).toEqual([
      `the fault "${rare}" came 99 times, and 100 is the least`,
      `the step "${never}" was never taken`,
    ]);
  });
});
