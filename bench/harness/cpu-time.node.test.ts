import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { browserCpuUs, cpuBetween, describeCpu, processCpuUs, readCpuUs, totalUs } from './cpu-time.ts';

const RESOLUTION_US = 100_000;

describe('CPU time', () => {
  it('agrees with what the process says of itself, within the resolution of /proc', () => {
    const { user, system } = process.cpuUsage();
    expect(Math.abs(processCpuUs(process.pid) - (user + system))).toBeLessThan(RESOLUTION_US);
    expect(() => processCpuUs(2 ** 30)).toThrow('has ended');
  });

  it('is that of the driver and of the others, each by its name', () => {
    const times = readCpuUs([{ name: 'server', pid: process.pid }]);
    expect([...times.keys()]).toEqual(['driver', 'server']);
    expect(Math.abs((times.get('driver') ?? 0) - (times.get('server') ?? 0))).toBeLessThan(RESOLUTION_US);
  });

  it('of a group is that of all in it, of those too that ended', async () => {
    // A leader whose child counts for a while and ends; then the leader says so and waits.
    const count = 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done';
    const leader = spawn('sh', ['-c', `sh -c '${count}'; echo done; read line`], {
      detached: true,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(leader.stdout, 'data');
    const times = browserCpuUs(leader.pid ?? 0);
    leader.stdin.end();
    await once(leader, 'exit');
    expect([...times.keys()].toSorted()).toEqual(['ended', 'main']);
    expect(times.get('ended')).toBeGreaterThan(0);
    expect(times.get('ended')).toBeGreaterThan(times.get('main') ?? 0);
    expect(() => browserCpuUs(leader.pid ?? 0)).toThrow('has ended');
  });

  it('between two readings counts what came and what ended', () => {
    const before = new Map([
      ['a', 10],
      ['b', 5],
    ]);
    const after = new Map([
      ['a', 12],
      ['c', 9],
    ]);
    const used = cpuBetween(before, after);
    expect([...used]).toEqual([
      ['a', 2],
      ['b', -5],
      ['c', 9],
    ]);
    expect(totalUs(used)).toBe(6);
  });

  it('is told per call, without what hardly costs anything', () => {
    const used = new Map([
      ['driver', 2_000],
      ['server', 3_000],
      ['tab gpu-process', 1],
    ]);
    expect(describeCpu(used, 100)).toBe('driver 20, server 30');
  });
});
