import { describe, expect, it } from 'vitest';
import { processCpuUs, totalCpuUs } from './cpu-time.ts';

describe('CPU time', () => {
  it('agrees with what the process says of itself, within the resolution of /proc', () => {
    const { user, system } = process.cpuUsage();
    expect(Math.abs(processCpuUs(process.pid) - (user + system))).toBeLessThan(100_000);
  });

  it('adds the other processes to its own', () => {
    expect(totalCpuUs([process.pid])).toBeGreaterThan(totalCpuUs([]));
  });
});
