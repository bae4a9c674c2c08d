import { describe, expect, it } from 'vitest';
import { type ClusterReading, Measurements, type NodeReading } from './measurements.ts';

const START_MS = Date.UTC(2026, 10, 22, 12);
const IDLE: ClusterReading = {
  endedTasks: 0,
  failedAttempts: 0,
  runningTasks: 0,
  queuedTasks: 0,
  cpus: 8,
  freeCpus: 8,
  nodes: 2,
  storeBytes: 0,
  memoryBytes: 1e9,
};

function nodeAt(session: number, endedTasks: number): NodeReading {
  return { session, endedTasks, runningTasks: 1, queuedTasks: 0, cpus: 4, freeCpus: 3, storeBytes: 5, memoryBytes: 7 };
}

/** Ticks as the server does, four times a second, for so many seconds. */
function run(
  measurements: Measurements,
  from: number,
  seconds: number,
  cluster: (second: number) => Partial<ClusterReading>,
  nodes: (second: number) => NodeReading[] = () => [],
): void {
  for (let tick = 0; tick < seconds * 4; tick++) {
    const second = from + tick / 4;
    measurements.tick(
      START_MS + second * 1000,
      () => ({ ...IDLE, ...cluster(second) }),
      (isDue) => nodes(second).filter(({ session }) => isDue(session)),
    );
  }
}

describe('measurements', () => {
  it('B1 keeps ten minutes by the second, two hours by ten, a day by the minute, and no more', () => {
    const measurements = new Measurements();
    run(measurements, 0, 26 * 3600, (second) => ({ endedTasks: Math.floor(second) * 5, queuedTasks: second % 10 }));
    const shapes = (['10m', '2h', '24h'] as const).map((span) => {
      const { stepMs, values, endAtMs } = measurements.cluster(span);
      return [stepMs, values.cpus.length, (endAtMs - START_MS) / 1000];
    });
    expect(shapes).toEqual([
      [1000, 600, 26 * 3600 - 1],
      [10_000, 720, 26 * 3600 - 10],
      [60_000, 1440, 26 * 3600 - 60],
    ]);
    const { values } = measurements.cluster('2h');
    expect(values.tasksPerSecond.at(-2)).toBe(5);
    // The mean of the ten samples within a step.
    expect(values.queuedTasks.at(-2)).toBe(4.5);
  });

  it('shows a gap where nothing was measured, and goes on when the clock is put back', () => {
    const measurements = new Measurements();
    const read = (): (number | null)[] => [...measurements.cluster('10m').values.nodes];
    run(measurements, 0, 2, () => ({ nodes: 1 }));
    run(measurements, 5, 2, () => ({ nodes: 2 }));
    expect(read()).toEqual([1, 1, null, null, null, 2, 2]);
    run(measurements, 3, 1, () => ({ nodes: 4 }));
    expect(read()).toEqual([1, 1, null, null, null, 2, 3]);
    run(measurements, 100_000, 1, () => ({ nodes: 5 }));
    expect(read().filter((value) => value !== null)).toEqual([5]);
    expect(read().length).toBe(600);
  });

  it('counts failures of the last minute', () => {
    const measurements = new Measurements();
    run(measurements, 0, 30, (second) => ({ failedAttempts: 7 + Math.floor(second) * 2 }));
    expect(measurements.failuresPerMinute).toBe(58);
    run(measurements, 30, 60, () => ({ failedAttempts: 65 }));
    expect(measurements.failuresPerMinute).toBe(0);
    expect(measurements.cluster('10m').values.failuresPerSecond.slice(0, 3)).toEqual([0, 2, 2]);
  });

  it('B1 measures nodes that are here, each for ten minutes, and forgets who leaves', () => {
    const measurements = new Measurements();
    const both = (second: number): NodeReading[] => [nodeAt(1, second * 2), nodeAt(2, 0)];
    run(measurements, 0, 1000, () => ({}), both);
    const { stepMs, values } = measurements.node(1) ?? { stepMs: 0, values: undefined };
    expect([stepMs, values?.tasksPerSecond.length, values?.tasksPerSecond.at(-1), values?.freeCpus.at(0)]).toEqual([
      5000, 120, 2, 3,
    ]);
    run(
      measurements,
      1000,
      5,
      () => ({}),
      () => [nodeAt(1, 2000)],
    );
    expect([measurements.nodeCount, measurements.node(2)]).toEqual([1, undefined]);
    const crowd = Array.from({ length: 12_000 }, (_, session) => nodeAt(session, 0));
    run(
      measurements,
      1005,
      5,
      () => ({}),
      () => crowd,
    );
    expect(measurements.nodeCount).toBe(10_000);
    run(measurements, 1010, 5, () => ({}));
    expect(measurements.nodeCount).toBe(0);
  });

  it('samples every node once in five seconds, a part of them at a time, also when ticks come late', () => {
    const measurements = new Measurements();
    const nodes = Array.from({ length: 100 }, (_, session) => nodeAt(session + 1, 0));
    let most = 0;
    for (let atMs = START_MS; atMs < START_MS + 60_000; atMs += [250, 251, 250, 700][atMs % 4] ?? 250)
      measurements.tick(
        atMs,
        () => IDLE,
        (isDue) => {
          const due = nodes.filter(({ session }) => isDue(session));
          most = Math.max(most, atMs === START_MS ? 0 : due.length);
          return due;
        },
      );
    expect(most).toBeLessThanOrEqual(20);
    for (const { session } of nodes) {
      const values = measurements.node(session)?.values.cpus ?? [];
      expect(values.length).toBeGreaterThanOrEqual(11);
      expect(values.every((value) => value === 4)).toBe(true);
    }
  });

  it('has nothing before the first sample', () => {
    expect(new Measurements().cluster('24h')).toMatchObject({ stepMs: 60_000, endAtMs: 0, values: { cpus: [] } });
    expect(new Measurements().failuresPerMinute).toBe(0);
  });
});
