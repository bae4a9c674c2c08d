import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import type { ResolvedOptions } from '#shared/task/task-options.ts';
import { describeNextLife } from './actor-words.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { definitions, finish, submit, VALUE } from './testing/records.ts';

/** An actor that has answered three calls. */
function world(options: Partial<ResolvedOptions> = {}) {
  const it = new GcsWorld();
  const [host, driver] = [it.open(), it.driver()];
  const actor = objectKey(driver.id, 1);
  const demand = { cpuMilli: 0, custom: {} };
  it.say(driver, ...definitions({}, { demand, maxRestarts: 2, ...options }));
  it.say(driver, submit(driver.id, 1, { fn: 1, options: 1 }));
  it.say(host, finish(actor));
  for (const number of [1, 2, 3]) {
    const task = objectKey(driver.id, 1 + number);
    it.say(driver, submit(driver.id, 1 + number, { actor, fn: 2 }));
    it.say(host, { kind: 'began', actor, incarnation: 1, task, number }, finish(task));
  }
  const save = (number: number): void => {
    const object = objectKey(host.id, 100 + number);
    it.say(host, { kind: 'saved', object, actor, incarnation: 1, number, sizeBytes: 3, value: VALUE, nested: [] });
  };
  const record = () => {
    const found = it.gcs.state.actors.get(actor);
    if (!found) throw new Error('the actor is gone');
    return found;
  };
  return { it, host, driver, actor, save, record, told: () => describeNextLife(record()) };
}

describe('what is told of an actor', () => {
  it('A2 S2 says what its next life would know', () => {
    const { it, host, actor, save, told } = world();
    expect(told()).toBe('does 3 calls again');
    save(2);
    expect(told()).toBe('restores what it saved after 2 calls and does 1 call again');
    save(3);
    expect(told()).toBe('restores what it saved after 3 calls');
    it.say(host, { kind: 'began', actor, incarnation: 1, task: objectKey(host.id, 1), number: 4 });
    expect(told()).toBe('restores what it saved after 3 calls, without what came since: that was too much to keep');
  });

  it('A2 S2 says that there is none, or that it does nothing again', () => {
    expect(world({ maxRestarts: 0 }).told()).toBe('it is not made again (maxRestarts is 0)');
    expect(world({ maxConcurrency: 4 }).told()).toBe(
      'begins anew, and does nothing again: it runs several calls at a time',
    );
  });

  it('A2 S2 says of an actor, and of a call that waits for it, how far it is in its next life', () => {
    const { it, host, driver, actor, told } = world();
    const why = (key: number): string => it.gcs.explain(key).reason;
    expect(why(actor)).toBe(`it lives; if it were lost: ${told()}`);
    const spare = it.open();
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    const next = objectKey(driver.id, 9);
    it.say(driver, submit(driver.id, 9, { actor, fn: 2 }));
    expect(why(next)).toBe('waits for its actor: it is being made again (life 2)');
    it.say(spare, finish(actor, { attempt: 2 }));
    expect(why(next)).toBe('waits for its actor: it does 3 calls again first (life 2)');
    expect(why(actor)).toBe('it does 3 calls again first (life 2)');
  });
});
