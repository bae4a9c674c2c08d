import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { DECISION } from '#shared/task/history-entries.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { definitions, failed, submit } from './testing/records.ts';

const NO_BYTES = new Uint8Array(0);
const LAST = Number.MAX_SAFE_INTEGER;

/** A world in which a host runs a durable `main`. */
function withMain() {
  const world = new GcsWorld();
  const driver = world.driver();
  const [task, , , options] = definitions();
  world.say(driver, { ...task, name: MAIN_FUNCTION }, options);
  const host = world.open();
  world.say(driver, submit(driver.id, 1));
  return { world, host, main: objectKey(driver.id, 1) };
}

describe('what nodes count', () => {
  it('T3 an attempt after which there is no next one is not believed, and the server can commit', async () => {
    const { world, host, main } = withMain();
    await world.commit();
    await world.restart();
    const back = world.back(host.id);
    expect(() => world.say(back, failed(main, { attempt: LAST, retriedHere: true }))).toThrow(/no attempt number/);
    await world.commit();
    await world.restart();
    expect(() => world.back(host.id, { leases: [{ task: main, attempt: LAST }] })).toThrow(/no attempt number/);
    await world.commit();
  });

  it('T3 J1 a decision that is none, and a checkpoint behind all numbers, leave a history that can be read', async () => {
    const { world, host, main } = withMain();
    const decision = { kind: 'decision', task: main, what: DECISION.opened, op: 0, value: NO_BYTES } as const;
    world.say(host, { ...decision, number: 5 });
    for (const number of [NaN, -1, 0.5, Infinity])
      expect(() => world.say(host, { ...decision, number })).toThrow(/no decision/);
    const checkpoint = { kind: 'checkpoint', task: main, position: LAST, value: NO_BYTES } as const;
    expect(() => world.say(host, { ...checkpoint, nested: [] })).toThrow(/no call number/);
    world.say(host, { ...decision, number: 6 });
    await world.commit();
    await world.restart();
    expect(world.gcs.state.histories.of(main)?.read(0, 1000).next).toBe(0);
  });
});
