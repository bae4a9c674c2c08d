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

/**
 * Ticks as the server does, four times a second, for so many seconds.
 * @param aheadMs by which the wall clock is ahead of the right time
 */
function run(
  measurements: Measurements,
  from: number,
  seconds: number,
  cluster: (second: number) => Partial<ClusterReading>,
  nodes: (second: number) => NodeReading[] = () => [],
  aheadMs = 0,
): void {
  for (let tick = 0; tick < seconds * 4; tick++) {
    const second = from + tick / 4;
    measurements.tick(
      { nowMs: second * 1000, wallMs: START_MS + second * 1000 + aheadMs },
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

  it('shows a gap where nothing was measured', () => {
    const measurements = new Measurements();
    const read = (): (number | null)[] => [...measurements.cluster('10m').values.nodes];
    run(measurements, 0, 2, () => ({ nodes: 1 }));
    run(measurements, 5, 2, () => ({ nodes: 2 }));
    expect(read()).toEqual([1, 1, null, null, null, 2, 2]);
    run(measurements, 100_000, 1, () => ({ nodes: 5 }));
    expect(read().filter((value) => value !== null)).toEqual([5]);
    expect(read().length).toBe(600);
  });

  it('goes on when the clock is put back: what was measured in a future that is none is forgotten', () => {
    const measurements = new Measurements();
    const read = () => {
      const { endAtMs, values } = measurements.cluster('10m');
      return { endAtS: (endAtMs - START_MS) / 1000, nodes: values.nodes };
    };
    run(measurements, 0, 3, () => ({ nodes: 1 }));
    // By no more than a step, as a clock that is kept right does now and then: these count to the last one.
    run(measurements, 3, 1, () => ({ nodes: 3 }), undefined, -2000);
    expect(read()).toEqual({ endAtS: 2, nodes: [1, 1, 2] });
    run(measurements, 4, 3, () => ({ nodes: 2 }));
    expect(read()).toEqual({ endAtS: 6, nodes: [1, 1, 2, null, 2, 2, 2] });
    // An hour forward and back again.
    run(measurements, 7, 20, () => ({ nodes: 9 }), undefined, 3_600_000);
    run(measurements, 27, 3, () => ({ nodes: 4 }));
    expect(read()).toEqual({ endAtS: 29, nodes: [4, 4, 4] });
    // A day’s ring has room for both times.
    run(measurements, 30, 60, () => ({ nodes: 4 }));
    expect(measurements.cluster('24h').values.nodes).toHaveLength(2);
    run(measurements, 90, 2, () => ({ nodes: 5 }), undefined, -3_000);
    expect(read()).toEqual({ endAtS: 88, nodes: [...Array.from({ length: 60 }, () => 4), 5, 5] });
    // To before everything.
    run(measurements, 92, 2, () => ({ nodes: 6 }), undefined, -3_600_000);
    expect(read()).toEqual({ endAtS: 93 - 3600, nodes: [6, 6] });
  });

  it('tells rates by the time that went by, whatever the clock of the day says', () => {
    const measurements = new Measurements();
    const ended = (second: number) => ({ endedTasks: second * 10, failedAttempts: second * 2 });
    const nodes = (second: number) => [nodeAt(1, second * 4)];
    let from = 0;
    for (const aheadMs of [0, -30_000, 3_600_000, 0, -400, 0, 400, -86_400_000, 0]) {
      run(measurements, from, 30, ended, nodes, aheadMs);
      from += 30;
      for (const span of ['10m', '2h', '24h'] as const) {
        const { tasksPerSecond, failuresPerSecond } = measurements.cluster(span).values;
        expect(tasksPerSecond.filter((value) => value !== null && value !== 0 && Math.abs(value - 10) > 5)).toEqual([]);
        expect(failuresPerSecond.filter((value) => value !== null && value !== 0 && Math.abs(value - 2) > 1)).toEqual(
          [],
        );
        expect(tasksPerSecond.at(-1)).toBeGreaterThan(0);
      }
      const { tasksPerSecond = [] } = measurements.node(1)?.values ?? {};
      // A mean with the first sample, before which nothing was, is less.
      expect(tasksPerSecond.filter((value) => value !== null && value > 4)).toEqual([]);
      expect(tasksPerSecond.at(-1)).toBe(4);
    }
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
        { nowMs: atMs - START_MS, wallMs: atMs },
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
