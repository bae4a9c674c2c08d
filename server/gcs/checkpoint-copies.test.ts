import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { DIGEST_BYTES, END_REASON, FUNCTION_KIND, type NodeRecordOf, PLACE } from '#shared/protocol/node-records.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import type { SessionRecord } from './entities.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { finish, submit } from './testing/records.ts';

const NO_BYTES = new Uint8Array(0);
const LARGE_BYTES = 1_000_000;
/** Time for a transfer of that size on a slow line, and some more. */
const PATIENCE_MS = 6_000;

/** An actor that lives on one of several hosts and saves what is too large for a record. */
function world(hosts: number) {
  const it = new GcsWorld();
  const home = it.open({ nodeName: 'home' });
  const driver = it.driver();
  const actor = objectKey(driver.id, 1);
  const options = {
    ...DEFAULT_OPTIONS,
    demand: { cpuMilli: 0, custom: {} },
    maxRestarts: 2,
    actor: { className: 'Counter', methods: ['inc'] },
  };
  it.say(
    driver,
    { kind: 'function', fn: 1, module: 'm', name: 'job#Counter', functionKind: FUNCTION_KIND.actor },
    { kind: 'function', fn: 2, module: '', name: 'Counter.inc', functionKind: FUNCTION_KIND.method },
    { kind: 'options', options: 1, json: optionsToJson(options) },
    { kind: 'options', options: 0, json: optionsToJson(DEFAULT_OPTIONS) },
    submit(driver.id, 1, { fn: 1, options: 1, place: PLACE.global }),
  );
  it.say(home, finish(actor));
  const others = Array.from({ length: hosts - 1 }, (_, n) => it.open({ nodeName: `other ${n}` }));
  /** Calls up to this number have been answered. */
  const call = (from: number, to: number): void => {
    for (let number = from; number <= to; number++) {
      it.say(driver, submit(driver.id, number + 1, { actor, fn: 2, place: PLACE.global }));
      it.say(
        home,
        { kind: 'began', actor, incarnation: 1, task: objectKey(driver.id, number + 1), number },
        finish(objectKey(driver.id, number + 1)),
      );
    }
  };
  const saved = (number: number): number => {
    const record: NodeRecordOf<'saved'> = {
      kind: 'saved',
      object: objectKey(home.id, 1000 + number),
      actor,
      incarnation: 1,
      number,
      sizeBytes: LARGE_BYTES,
      value: NO_BYTES,
      nested: [],
    };
    it.say(home, record);
    return record.object;
  };
  const hasCopy = (session: SessionRecord, object: number): void =>
    it.say(session, { kind: 'located', object, present: true, sizeBytes: LARGE_BYTES });
  const history = () => {
    const record = it.gcs.state.actors.get(actor);
    if (!record) throw new Error('the actor is gone');
    return record.history;
  };
  return { it, home, driver, actor, others, call, saved, hasCopy, history };
}

describe('a checkpoint that lies on nodes', () => {
  it('A2 O7 stands for the calls before it once a second node has a copy', () => {
    const { it, home, others, call, saved, hasCopy, history } = world(2);
    const [other = home] = others;
    call(1, 4);
    const state = saved(3);
    expect(history()).toMatchObject({ checkpoint: 0, candidate: state });
    expect(history().calls).toHaveLength(4);
    it.pass(250);
    expect(it.to(other, 'keep')).toEqual([{ kind: 'keep', object: state }]);
    hasCopy(other, state);
    expect(history()).toMatchObject({ checkpoint: state, checkpointNumber: 3, candidate: 0 });
    expect(history().calls.map(({ callNumber }) => callNumber)).toEqual([4]);
  });

  it('A2 that is on its way to a second node is not given up for a later one, or with frequent ones none would ever stand', () => {
    const { it, home, others, call, saved, hasCopy, history } = world(2);
    const [other = home] = others;
    call(1, 2);
    const first = saved(1);
    const second = saved(2);
    // Nobody was asked for the first.
    expect(history()).toMatchObject({ candidate: second, candidateNumber: 2 });
    expect(it.to(home, 'dropCopy')).toEqual([{ kind: 'dropCopy', object: first }]);
    it.pass(250);
    expect(it.to(other, 'keep')).toEqual([{ kind: 'keep', object: second }]);
    call(3, 4);
    const third = saved(4);
    expect(history()).toMatchObject({ candidate: second, candidateNumber: 2 });
    expect(it.to(home, 'dropCopy').at(-1)).toEqual({ kind: 'dropCopy', object: third });
    hasCopy(other, second);
    expect(history()).toMatchObject({ checkpoint: second, checkpointNumber: 2, candidate: 0 });
    expect(history().calls.map(({ callNumber }) => callNumber)).toEqual([3, 4]);
  });

  it('A2 makes room for a later one when the node that was asked is gone', () => {
    const { it, home, others, call, saved, history } = world(3);
    call(1, 2);
    saved(1);
    it.pass(250);
    const asked = others.find((session) => it.to(session, 'keep').length > 0) ?? home;
    it.gcs.sessions.end(asked, 'gone');
    it.gcs.settle();
    const second = saved(2);
    expect(history()).toMatchObject({ candidate: second, candidateNumber: 2 });
  });

  it('A2 goes to another node if the one that was asked does not say that it has a copy', () => {
    const { it, call, saved, others } = world(3);
    const asked = (): number[] => others.map((session) => it.to(session, 'keep').length);
    call(1, 1);
    saved(1);
    it.pass(250);
    expect(asked()).toEqual([1, 0]);
    it.pass(PATIENCE_MS);
    expect(asked()).toEqual([1, 1]);
    it.pass(PATIENCE_MS);
    expect(asked()).toEqual([2, 1]);
  });

  it('A2 M3 counts the copies that nodes report after a start of the server', async () => {
    const { it, home, driver, actor, others, call, saved } = world(2);
    const [other = home] = others;
    call(1, 3);
    const state = saved(2);
    await it.commit();
    await it.restart();
    it.back(driver.id);
    const copies = [{ object: state, sizeBytes: LARGE_BYTES }];
    it.back(home.id, { actors: [{ actor, incarnation: 1 }], copies });
    it.back(other.id, { copies });
    it.pass(250);
    expect(it.gcs.state.grace).toBe(false);
    expect(it.gcs.state.actors.get(actor)?.history).toMatchObject({ checkpoint: state, candidate: 0 });
    expect(it.to(other, 'keep')).toEqual([]);
  });

  it('A2 O7 counts the copy that a tab finds again', () => {
    const { it, home, others, call, saved, history } = world(2);
    const [other = home] = others;
    call(1, 1);
    const state = saved(1);
    const digest = new Uint8Array(DIGEST_BYTES).fill(7);
    it.say(home, { kind: 'digest', object: state, sizeBytes: LARGE_BYTES, digest });
    it.say(other, { kind: 'found', object: state, sizeBytes: LARGE_BYTES, digest });
    expect(history()).toMatchObject({ checkpoint: state, candidate: 0 });
  });

  it('A2 that is on one node alone serves that node, where nothing else is known', () => {
    const { it, home, actor, call, saved } = world(1);
    call(1, 1);
    it.say(home, { kind: 'began', actor, incarnation: 1, task: objectKey(home.id, 7), number: 2 });
    const state = saved(2);
    it.say(home, { kind: 'actorDown', actor, incarnation: 1, reason: END_REASON.workerCrashed, message: 'crash' });
    expect(it.to(home, 'restore')).toEqual([{ kind: 'restore', actor, object: state, number: 2 }]);
  });
});
