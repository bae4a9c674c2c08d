/*
 * An actor whose host is killed in the middle of the calls of two callers (rule A2): it lives again elsewhere, restores what it
 * saved, repeats what came later, and nobody notices.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Cluster, resultOf } from './fixtures/cluster.ts';
import { until } from './fixtures/until.ts';

const CALLS = 60;

interface Told {
  readonly place: number;
  readonly before?: string;
}
interface Result {
  readonly one: Told[];
  readonly two: Told[];
  readonly entries: string[];
}

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-checkpoints-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an actor whose host is killed', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start([{ name: 'callers', cpus: 2, resources: ['desk=2'] }]);
  });
  afterAll(() => cluster.stop());

  /** Runs the job on hosts of its own and kills each that the actor comes to, but for the last. */
  async function strike(name: string, args: { everyCalls: number; padding?: number }) {
    const names = [1, 2, 3].map((n) => `${name}-${n}`);
    await Promise.all(names.map((host) => cluster.addHost({ name: host, resources: ['seat=1'] })));
    const notes = path.join(folder, name);
    const lines = (): string[] => (existsSync(notes) ? readFileSync(notes, 'utf8').trimEnd().split('\n') : []);
    const job = cluster.startJob('ledger.ts', { args: { notes, calls: CALLS, ...args } });
    const killed: string[] = [];
    for (const least of [30, 15]) {
      const before = lines().length;
      const isUnderWay = (): boolean => {
        const home = lines().at(-1)?.split(' ')[0];
        return lines().length > before + least && home !== undefined && !killed.includes(home);
      };
      await until('the actor is at work', () => isUnderWay() || (!job.isRunning && job.stderr), 60_000);
      const victim = lines().at(-1)?.split(' ')[0] ?? '';
      killed.push(victim);
      await cluster.host(victim).kill();
    }
    const result = resultOf(await job.end()) as unknown as Result;
    for (const host of names.filter((each) => !killed.includes(each))) await cluster.host(host).kill();
    return { result, lines: lines() };
  }

  /** Every reply names its place and what was there before: as the entries are in the end. */
  function expectOneHistory({ one, two, entries }: Result): void {
    expect(entries).toHaveLength(2 * CALLS);
    for (const [name, told] of [
      ['one', one],
      ['two', two],
    ] as const) {
      expect(told.map(({ place }) => entries[place - 1])).toEqual(told.map((_, n) => `${name} ${n}`));
      for (const { place, before } of told) expect(before).toBe(place === 1 ? undefined : entries[place - 2]);
    }
  }

  it('A2 repeats all of its calls where nothing was saved', async () => {
    const { result, lines } = await strike('repeats', { everyCalls: 0 });
    expectOneHistory(result);
    expect(lines.length).toBeGreaterThan(2 * CALLS + 30);
  });

  it('A2 restores its checkpoint and repeats only what came later', async () => {
    const { result, lines } = await strike('restores', { everyCalls: 5 });
    expectOneHistory(result);
    // Of two lives that were lost at most what was not saved yet ran again.
    expect(lines.length).toBeLessThanOrEqual(2 * CALLS + 2 * (5 + 8));
  });
});
