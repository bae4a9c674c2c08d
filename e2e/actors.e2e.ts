/*
 * Actors on real hosts, one of which is killed while its actor answers calls (rules A1, A3).
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Cluster, resultOf } from './fixtures/cluster.ts';
import { until } from './fixtures/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-actors-'));
const notes = path.join(folder, 'notes');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const told = (): string => (existsSync(notes) ? readFileSync(notes, 'utf8') : '');

describe('actors', () => {
  let cluster: Cluster;
  let result: Record<string, unknown> = {};

  beforeAll(async () => {
    cluster = await Cluster.start([
      { cpus: 1, name: 'first' },
      { cpus: 1, name: 'second' },
    ]);
    const running = cluster.run('actors.ts', { args: { notes } });
    // In the middle of the calls to the last of its actors.
    const line = await until(
      'a call of the last actor',
      () => /^(\S+) has 10, attempt 1$/m.exec(told()) ?? undefined,
      60_000,
    );
    cluster.host(line[1] ?? '').signal('SIGKILL');
    result = resultOf(await running) as Record<string, unknown>;
  }, 150_000);
  afterAll(() => cluster.stop());

  it('A1 with maxConcurrency run calls side by side, each as itself', () => {
    expect(result['visits']).toEqual(Array.from({ length: 12 }, (_, x) => ({ x, isMine: true })));
    expect(result['most']).toBe(4);
  });

  it('A3 that exist are given to whoever asks for them, in their namespace', () => {
    expect(result['byName']).toBe(4);
  });

  it('A3 that end themselves answer, tidy up, and take no more calls', () => {
    expect(result['left']).toBe('left');
    expect(result['afterwards']).toMatchObject({ error: { name: 'ActorDiedError' } });
    expect(told()).toContain('tidied up');
  });

  it('A3 answer what was called before their maker ended', () => {
    expect(result['handedOn']).toEqual({ x: 7, isMine: true });
  });

  it('A3 A1 whose host is killed answer all calls in their next life, in order', () => {
    expect(result['squares']).toEqual(Array.from({ length: 40 }, (_, x) => x * x));
    const order = result['order'] as number[];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(order.at(-1)).toBe(39);
    expect(told()).toMatch(/attempt 2$/m);
  });
});
