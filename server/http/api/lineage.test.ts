import { describe, expect, it } from 'vitest';
import { formatObjectKey, objectKey } from '#shared/ids/object-key.ts';
import { GcsWorld } from '../../gcs/testing/gcs-world.ts';
import { definitions, finish, finishStored, put, submit } from '../../gcs/testing/records.ts';
import { found } from '../api-error.ts';
import { lineageOf, MAX_LINEAGE_NODES } from './lineage.ts';

/** A driver and a host, and what the driver named. */
function started() {
  const world = new GcsWorld();
  const host = world.open({ cpuMilli: 1_000_000 });
  const driver = world.driver();
  world.say(driver, ...definitions());
  const key = (number: number): number => objectKey(driver.id, number);
  const id = (number: number): string => formatObjectKey(key(number));
  const lineage = (number: number) => lineageOf(world.gcs, found(world.gcs.state.object(key(number)), 'object'));
  return { world, host, driver, key, id, lineage };
}

describe('lineage', () => {
  it('L4 leads from an object over its task to the inputs of that, and so on', () => {
    const { world, host, driver, key, id, lineage } = started();
    world.say(
      driver,
      put(driver.id, 1),
      submit(driver.id, 2, { deps: [key(1)] }),
      submit(driver.id, 3, { deps: [key(2), key(1)] }),
      submit(driver.id, 4, { deps: [key(3), key(2)] }),
    );
    world.say(host, finishStored(key(2)));
    world.say(host, finishStored(key(3)));
    const fn = 'job.ts#square';
    expect(lineage(4)).toEqual({
      nodes: [
        { id: id(4), fn, status: 'pending', isRebuildable: true },
        { id: id(3), fn, status: 'stored', isRebuildable: true },
        { id: id(2), fn, status: 'stored', isRebuildable: true },
        { id: id(1), fn: null, status: 'stored', isRebuildable: false },
      ],
      edges: [
        { from: id(3), to: id(4) },
        { from: id(2), to: id(4) },
        { from: id(2), to: id(3) },
        { from: id(1), to: id(3) },
        { from: id(1), to: id(2) },
      ],
      isCut: false,
    });
    expect(lineage(1).nodes.length).toBe(1);
  });

  it('L4 ends where a task is forgotten, and says so', () => {
    const { world, host, driver, key, id, lineage } = started();
    world.say(driver, submit(driver.id, 1), submit(driver.id, 2, { deps: [key(1)] }));
    // Its value is here, so nobody will run it again.
    world.say(host, finish(key(1)));
    expect(lineage(2)).toEqual({
      nodes: [
        { id: id(2), fn: 'job.ts#square', status: 'pending', isRebuildable: true },
        { id: id(1), fn: null, status: 'inline', isRebuildable: false },
      ],
      edges: [{ from: id(1), to: id(2) }],
      isCut: true,
    });
  });

  it('L4 nothing of a job that is over can be made again', () => {
    const { world, host, driver, key, lineage } = started();
    world.say(driver, submit(driver.id, 1), submit(driver.id, 2, { deps: [key(1)] }));
    world.say(host, finishStored(key(1)));
    world.say(host, finishStored(key(2)));
    const isRebuildable = (): boolean[] => lineage(2).nodes.map((node) => node.isRebuildable);
    expect(isRebuildable()).toEqual([true, true]);
    world.gcs.jobs.stop(found(driver.job, 'job'), 'enough');
    expect(isRebuildable()).toEqual([false, false]);
  });

  it('B1 shows what is nearest of a long story', () => {
    const { world, driver, key, lineage } = started();
    const last = MAX_LINEAGE_NODES + 50;
    world.say(driver, submit(driver.id, 1));
    for (let number = 2; number <= last; number++)
      world.say(driver, submit(driver.id, number, { deps: [key(number - 1)] }));
    const { nodes, edges, isCut } = lineage(last);
    expect([nodes.length, edges.length, isCut]).toEqual([MAX_LINEAGE_NODES, MAX_LINEAGE_NODES - 1, true]);
    world.say(driver, submit(driver.id, last + 1, { deps: Array.from({ length: 240 }, (_, index) => key(index + 1)) }));
    expect(lineage(last + 1)).toMatchObject({ isCut: true });
    expect(lineage(last + 1).nodes.length).toBe(MAX_LINEAGE_NODES);
  });
});
