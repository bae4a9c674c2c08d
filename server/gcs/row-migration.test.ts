import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import type { TableName } from '#shared/ports/storage.ts';
import { MemoryDisk } from '../storage/memory-storage.ts';
import { FORMER_ROWS } from './testing/former-rows.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { finish } from './testing/records.ts';

/** A disk as an earlier release left it. */
function formerDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  for (const [table, rows] of Object.entries(FORMER_ROWS))
    for (const [key, hex] of Object.entries(rows))
      disk.live.get(table as TableName)?.set(Number(key), new Uint8Array(Buffer.from(hex, 'hex')));
  return disk;
}

describe('rows of an earlier release', () => {
  it('W1 G2 load with what was not known then at its default, and work goes on', async () => {
    const world = new GcsWorld(formerDisk());
    await world.restart();
    const host = world.session(1);
    expect(host).toMatchObject({ nodeName: 'blue', role: 'host', trusted: true, successor: 0, executed: 3 });
    expect([...host.resources.custom()]).toMatchObject([{ name: 'disk', totalMilli: 500 }]);
    expect(world.gcs.state.jobs.get(1)).toMatchObject({ name: 'job', status: 'running', submitter: '', purpose: '' });
    expect(world.gcs.state.jobs.get(1)?.functions.size).toBe(0);
    const key = (number: number): number => objectKey(2, number);
    const { objects, tasks, actors } = world.gcs.state;
    expect([1, 2, 3, 4, 5].map((number) => objects.get(key(number))?.status)).toEqual([
      'inline',
      'stored',
      'inline',
      'inline',
      'pending',
    ]);
    expect(objects.get(key(2))).toMatchObject({ versionDigest: undefined, source: 0 });
    expect(tasks.get(key(5))).toMatchObject({ state: 'leased', assigned: 1 });
    expect(tasks.get(key(5))?.options.options.trust).toBe('own');
    expect(actors.get(key(3))?.state).toBe('alive');
    world.back(2);
    const back = world.back(1, {
      leases: [{ task: key(5), attempt: 1 }],
      copies: [{ object: key(2), sizeBytes: 1_000_000 }],
      actors: [{ actor: key(3), incarnation: 1 }],
    });
    world.pass(1);
    world.say(back, finish(key(5)));
    expect(objects.get(key(5))?.status).toBe('inline');
  });

  it('W1 what is loaded from them is written in the present form, and loads again as it was', async () => {
    const world = new GcsWorld(formerDisk());
    await world.restart();
    const fresh = await world.freshRows();
    expect(fresh['sessions']?.['1']).toBe(`${FORMER_ROWS.sessions?.['1']}0100`);
    await world.rewrite();
    expect(world.rows()).toEqual(fresh);
    await world.restart();
    expect(await world.freshRows()).toEqual(fresh);
  });
});
