import { describe, expect, it, vi } from 'vitest';
import { seededRandom } from '#shared/ports/random.ts';
import { HISTORY_TABLE_NAMES } from '#shared/ports/storage.ts';
import { ControlPlane, DEFAULT_SERVER_TIMES } from './control-plane.ts';
import { HELLO } from './gcs/testing/gcs-world.ts';
import { definitions, finish, submit } from './gcs/testing/records.ts';
import type { SessionRecord } from './gcs/entities.ts';
import { systemServerClock } from './server-clock.ts';
import { MemoryDisk, MemoryStorage } from './storage/memory-storage.ts';

const DAY_MS = 24 * 3600 * 1000;

interface Started {
  readonly plane: ControlPlane;
  readonly disk: MemoryDisk;
  readonly storage: MemoryStorage;
  readonly warnings: string[];
  readonly time: { nowMs: number };
}

/** A control plane on a clock that a test turns. */
class Plane {
  readonly plane: ControlPlane;
  readonly disk: MemoryDisk;
  readonly storage: MemoryStorage;
  readonly warnings: string[];
  readonly #time: { nowMs: number };

  private constructor({ plane, disk, storage, warnings, time }: Started) {
    this.plane = plane;
    this.disk = disk;
    this.storage = storage;
    this.warnings = warnings;
    this.#time = time;
  }

  static async start(disk = new MemoryDisk()): Promise<Plane> {
    const storage = new MemoryStorage({ disk });
    const warnings: string[] = [];
    const warn = (message: string): number => warnings.push(message);
    const time = { nowMs: 1_000 };
    const plane = await ControlPlane.start({
      storage,
      random: seededRandom(1),
      times: DEFAULT_SERVER_TIMES,
      logger: { info() {}, warn, error: warn },
      clock: { ...systemServerClock, nowMs: () => time.nowMs, wallMs: () => time.nowMs },
    });
    return new Plane({ plane, disk, storage, warnings, time });
  }

  /** A driver whose job had one task and is over. */
  job(): SessionRecord {
    return this.plane.step((gcs) => {
      const driver = gcs.sessions.open({ ...HELLO, role: 'driver', cpuMilli: 0, nodeId: 'd' }, true);
      const job = gcs.jobs.start(driver, 'job');
      gcs.applyRecords(driver, 1, [...definitions(), submit(driver.id, 1, { place: 0 })]);
      gcs.applyRecords(driver, driver.heard + 1, [finish(driver.id * 2 ** 32 + 1)]);
      gcs.jobs.stop(job, 'enough');
      gcs.settle();
      return driver;
    });
  }

  delete(driver: SessionRecord): void {
    this.plane.step((gcs) => driver.job && gcs.jobs.remove(driver.job));
  }

  pass(ms: number): void {
    this.#time.nowMs += ms;
    this.plane.tick();
  }

  /** Jobs of which there is history. */
  jobsInHistory(): number[] {
    const jobs = new Set<number>();
    for (const table of HISTORY_TABLE_NAMES)
      for (const row of this.disk.history.get(table)?.values() ?? [])
        jobs.add(Number(row[{ task_history: 0, event_history: 2, decision_history: 1 }[table]]));
    return [...jobs].filter((job) => job > 0).toSorted((a, b) => a - b);
  }
}

async function durable({ plane }: Plane): Promise<void> {
  await new Promise<void>((resolve) => plane.commits.whenDurable(resolve));
}

describe('housekeeping on the disk', () => {
  it('J3 what a deleted job left in history goes, also what was still on its way to the disk', async () => {
    const world = await Plane.start();
    const [kept, deleted] = [world.job(), world.job()];
    world.delete(deleted);
    world.pass(250);
    await vi.waitFor(() => expect(world.plane.gcs.state.gone.jobs.size).toBe(0));
    expect(world.jobsInHistory()).toEqual([kept.job?.id]);
    expect(world.plane.sweeper.swept.get('history of deleted jobs')).toBe(2);
    // What is told of its driver from now on is of no job.
    world.plane.step((gcs) => gcs.sessions.end(deleted, 'it left'));
    await durable(world);
    expect(world.jobsInHistory()).toEqual([kept.job?.id]);
  });

  it('J3 G2 a server that died before that goes on with it, and gives the number of the job to no other', async () => {
    const first = await Plane.start();
    const deleted = first.job();
    const id = deleted.job?.id ?? 0;
    first.delete(deleted);
    await durable(first);
    expect(first.jobsInHistory()).toEqual([id]);
    first.storage.crash();
    const second = await Plane.start(first.disk);
    second.pass(250);
    await vi.waitFor(() => expect(second.jobsInHistory()).toEqual([]));
    expect(second.job().job?.id).toBe(id + 1);
  });

  it('G3 all history past its age goes within some ticks, not a slice a minute', async () => {
    const world = await Plane.start();
    for (let n = 0; n < 9_000; n++)
      world.plane.event({ severity: 'info', kind: 'x', message: 'x', job: 0, session: 0 });
    await durable(world);
    world.pass(8 * DAY_MS);
    await vi.waitFor(() => {
      world.pass(250);
      expect(world.disk.history.get('event_history')?.size).toBe(0);
    });
    expect(world.plane.sweeper.swept.get('history past its retention')).toBe(9_000);
  });

  it('J3 a disk that refuses is told of once and left alone for a while', async () => {
    const world = await Plane.start();
    const failing = vi.spyOn(world.storage, 'forgetJobs').mockRejectedValue(new Error('no space'));
    world.delete(world.job());
    world.pass(250);
    await vi.waitFor(() => expect(world.warnings).toEqual(['history could not be removed: no space']));
    for (let n = 0; n < 10; n++) world.pass(250);
    expect(failing).toHaveBeenCalledTimes(1);
    failing.mockRestore();
    world.pass(60_000);
    await vi.waitFor(() => expect(world.plane.gcs.state.gone.jobs.size).toBe(0));
  });
});
