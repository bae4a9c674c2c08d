import { describe, expect, it } from 'vitest';
import { processCpuUs, readCpuUs } from './cpu-time.ts';

describe('CPU time', () => {
  it('agrees with what the process says of itself, within the resolution of /proc', () => {
    const { user, system } = process.cpuUsage();
    expect(Math.abs(processCpuUs(process.pid) - (user + system))).toBeLessThan(100_000);
  });

  it('is its own first, then that of the others', () => {
    const [own = 0, same = 0] = readCpuUs([process.pid]);
    expect(Math.abs(own - same)).toBeLessThan(100_000);
  });
});
