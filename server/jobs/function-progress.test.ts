import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import type { JobRecord } from '../gcs/entities.ts';
import { MAX_COUNTED_FUNCTIONS } from '../gcs/function-counts.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, failed, finish, submit } from '../gcs/testing/records.ts';
import { functionProgress } from './function-progress.ts';

function jobIn(world: GcsWorld): JobRecord {
  const [job] = world.gcs.state.jobs.values();
  if (!job) throw new Error('there is no job');
  return job;
}

/** How many are over, by function. */
function ended(job: JobRecord): number {
  return functionProgress(job).reduce((sum, row) => sum + row.succeeded + row.failed + row.cancelled, 0);
}

describe('progress by function', () => {
  it('J2 G2 is as right after a kill of the server as before, whatever was not durable, and at the end of the job', async () => {
    const world = new GcsWorld();
    const host = world.open({ cpuMilli: 16_000 });
    const driver = world.driver();
    world.say(driver, ...definitions({ maxRetries: 3 }));
    const key = (number: number): number => objectKey(driver.id, number);
    const records = [1, 2, 3, 4, 5].map((number) => submit(driver.id, number));
    world.say(driver, ...records);
    world.say(host, failed(key(1)));
    world.say(
      host,
      finish(key(2), { durationUs: 3_000 }),
      finish(key(3), { outcome: OUTCOME.error, durationUs: 1_000 }),
    );
    await world.commit();
    // Said, counted, and lost with the server: its node says it again.
    world.say(host, finish(key(4), { durationUs: 500 }));
    expect(functionProgress(jobIn(world))).toMatchObject([{ succeeded: 2, failed: 1 }]);
    await world.restart();
    expect(functionProgress(jobIn(world))).toMatchObject([
      { fn: 'job.ts#square', kind: 'task', succeeded: 1, failed: 1, cancelled: 0, retries: 0, totalMs: 4, meanMs: 2 },
    ]);
    const leases = [...jobIn(world).unfinished.values()].filter(({ assigned }) => assigned === host.id);
    const back = world.back(host.id, { leases: leases.map(({ key: task, attempt }) => ({ task, attempt })) });
    world.back(driver.id);
    world.pass(1);
    world.say(back, finish(key(4), { durationUs: 500 }), finish(key(1), { attempt: 2, durationUs: 500 }));
    expect(functionProgress(jobIn(world))).toMatchObject([{ succeeded: 3, failed: 1, retries: 1, totalMs: 5 }]);
    world.gcs.jobs.stop(jobIn(world), 'enough');
    world.gcs.settle();
    await world.commit();
    await world.restart();
    const [row] = functionProgress(jobIn(world));
    expect(row).toMatchObject({ succeeded: 3, failed: 1, cancelled: 1, running: 0, queued: 0, waiting: 0 });
    expect([ended(jobIn(world)), jobIn(world).finished]).toEqual([5, 5]);
  });

  it('B1 of a job with very many functions those beyond a bound are counted together', async () => {
    const count = MAX_COUNTED_FUNCTIONS + 20;
    const world = new GcsWorld();
    const host = world.open({ cpuMilli: 1_000_000 });
    const driver = world.driver();
    world.say(driver, ...definitions());
    for (let number = 1; number <= count; number++) {
      const fn = 10 + number;
      const name = `job.ts#f${number}`;
      world.say(
        driver,
        { kind: 'function', fn, module: 'm', name, functionKind: 0 },
        submit(driver.id, number, { fn }),
      );
      world.say(host, finish(objectKey(driver.id, number)));
    }
    await world.commit();
    await world.restart();
    const rows = functionProgress(jobIn(world));
    expect(rows).toHaveLength(MAX_COUNTED_FUNCTIONS + 1);
    expect(rows[0]).toMatchObject({ fn: 'job.ts#f1', succeeded: 1 });
    expect(rows.at(-1)).toMatchObject({ fn: 'other functions', succeeded: 20 });
    expect([ended(jobIn(world)), jobIn(world).finished]).toEqual([count, count]);
  });
});
