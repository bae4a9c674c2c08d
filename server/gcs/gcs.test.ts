import { describe, expect, it } from 'vitest';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { END_REASON, PLACE } from '#shared/protocol/node-records.ts';
import { decodeValue, encodeValue } from '#shared/serialization/value-codec.ts';
import { errorFromWire, errorRecordCodec } from '#shared/errors/error-record.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import type { JobRecord } from './entities.ts';
import { GcsWorld, HELLO } from './testing/gcs-world.ts';
import { definitions, failed, finish, finishStored, put, submit, VALUE } from './testing/records.ts';

function errorOf(value: Uint8Array): Error {
  return errorFromWire(errorRecordCodec.read(new ByteReader(value)));
}

/** A driver that has introduced its functions, and a host. */
function world(...args: Parameters<typeof definitions>) {
  const it = new GcsWorld();
  const host = it.open();
  const driver = it.driver();
  it.say(driver, ...definitions(...args));
  const key = (number: number): number => objectKey(driver.id, number);
  return { it, host, driver, key };
}

describe('tasks', () => {
  it('S2 a task goes to a host, its value to who wants it, and nothing is left once nobody holds it', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    expect(it.to(host, 'lease')).toMatchObject([{ task: key(1), attempt: 1 }]);
    it.say(host, finish(key(1)));
    expect(it.to(driver, 'object')).toMatchObject([{ object: key(1), status: 0, value: VALUE }]);
    expect(it.gcs.state.tasks.size).toBe(0);
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.objects.size).toBe(0);
    expect(it.ended).toMatchObject([{ outcome: 'succeeded', session: host.id }]);
  });

  it('S1 a local task is only written down; its node runs it', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1, { place: PLACE.here }), finish(key(1)));
    expect(it.commands).toEqual([]);
    expect(it.gcs.state.objects.get(key(1))?.status).toBe('inline');
    it.say(driver, submit(driver.id, 2, { place: PLACE.here }), { kind: 'spill', task: key(2) });
    expect(it.to(host, 'lease')).toMatchObject([{ task: key(2) }]);
    it.say(host, finish(key(2)));
    expect(it.to(driver, 'object')).toMatchObject([{ object: key(2) }]);
  });

  it('S1 J3 a node that passes a task on which ended meanwhile is told what became of it', () => {
    const { it, driver, host, key } = world();
    it.say(driver, submit(driver.id, 1, { place: PLACE.here }));
    it.say(driver, { kind: 'jobFinished', outcome: 0, value: VALUE }, { kind: 'spill', task: key(1) });
    expect(it.to(host, 'lease')).toEqual([]);
    expect(it.to(driver, 'object')).toMatchObject([{ object: key(1), status: OBJECT_STATUS.error }]);
  });

  it('L2 records are applied once each and in order', () => {
    const { it, driver } = world();
    const first = driver.received + 1;
    it.gcs.applyRecords(driver, first, [submit(driver.id, 1), submit(driver.id, 2)]);
    it.gcs.applyRecords(driver, first + 1, [submit(driver.id, 2), submit(driver.id, 3)]);
    expect(driver.received).toBe(first + 2);
    expect(it.gcs.state.tasks.size).toBe(3);
    expect(() => it.gcs.applyRecords(driver, first + 5, [submit(driver.id, 9)])).toThrow(RangeError);
  });

  it('L4 a small input that nobody holds any more is still there when a lost result is computed again', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, finish(key(1)));
    it.say(driver, submit(driver.id, 2, { deps: [key(1)] }));
    it.say(host, finishStored(key(2)));
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    it.gcs.sessions.end(host, 'gone');
    const spare = it.open();
    it.say(driver, { kind: 'want', object: key(2) });
    expect(it.to(spare, 'object').filter(({ object }) => object === key(1))).toMatchObject([
      { status: 0, value: VALUE },
    ]);
    expect(it.to(spare, 'lease')).toMatchObject([{ task: key(2), attempt: 2 }]);
  });

  it('L5 M2 a zombie changes nothing: wrong session, wrong attempt, second result', () => {
    const { it, host, driver, key } = world();
    const other = it.open({ cpuMilli: 0 });
    it.say(driver, submit(driver.id, 1));
    it.say(other, finish(key(1)));
    it.say(host, finish(key(1), { attempt: 7 }));
    expect(it.gcs.state.objects.get(key(1))?.status).toBe('pending');
    it.say(host, finish(key(1)));
    it.say(host, finish(key(1), { value: Uint8Array.of(9) }));
    expect(it.gcs.state.objects.get(key(1))?.value).toEqual(VALUE);
    expect(it.ended.length).toBe(1);
  });

  it('T3 a node cannot name things in the name of another', () => {
    const { it, host, driver } = world();
    it.say(host, ...definitions(), submit(driver.id, 5), put(driver.id, 6));
    expect(it.gcs.state.objects.size).toBe(0);
    expect(() => it.say(host, { kind: 'function', fn: 1e9, module: '', name: '', functionKind: 0 })).toThrow(TypeError);
    expect(() => it.say(host, { kind: 'options', options: 0, json: '{}' })).toThrow(TypeError);
    it.say(host, { kind: 'want', object: 77 });
  });

  it('L7 a call of a task that is over is answered with an error', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(driver, { kind: 'cancel', task: key(1), recursive: true, force: false });
    it.say(host, ...definitions(), submit(host.id, 1, { parent: key(1) }));
    expect(it.to(host, 'object')).toMatchObject([{ object: objectKey(host.id, 1), status: 2 }]);
    expect(it.gcs.state.objects.has(objectKey(host.id, 1))).toBe(false);
  });

  it('inputs: a task starts when its last one is there, and a lease describes them first', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1, { place: PLACE.here }), submit(driver.id, 2, { deps: [key(1)] }));
    expect(it.to(host, 'lease')).toEqual([]);
    it.say(driver, { kind: 'release', object: key(1), holder: 0 }, finish(key(1)));
    const kinds = it.commands.filter(({ session }) => session === host.id).map(({ command }) => command.kind);
    expect(kinds).toEqual(['function', 'options', 'object', 'lease']);
    it.say(host, finish(key(2)));
    expect(it.gcs.state.objects.has(key(1))).toBe(false);
  });

  it('an input that was freed is an error, not a task that waits for ever', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 2, { deps: [key(1)] }));
    expect(it.to(host, 'object')).toMatchObject([{ object: key(1), status: 2 }]);
    expect(it.to(host, 'lease').length).toBe(1);
  });

  it('L4 a fault of its own costs a retry; when they are used up the error names what happened', () => {
    const { it, host, driver, key } = world({ maxRetries: 1 });
    it.say(driver, submit(driver.id, 1));
    it.say(host, failed(key(1)));
    expect(it.to(host, 'lease').map(({ attempt }) => attempt)).toEqual([1, 2]);
    it.say(host, failed(key(1), { attempt: 2, reason: END_REASON.outOfMemory, message: 'too much' }));
    const [object] = it.to(driver, 'object');
    expect(object?.status).toBe(2);
    const error = errorOf(object?.value ?? VALUE);
    expect([error.name, error.message]).toEqual(['OutOfMemoryError', 'too much']);
  });

  it('L4 a node that leaves costs no retry; its copies are made again when needed', () => {
    const { it, host, driver, key } = world({ maxRetries: 0 });
    it.say(driver, submit(driver.id, 1));
    it.say(host, finishStored(key(1)));
    it.say(driver, submit(driver.id, 2));
    const spare = it.open();
    it.gcs.sessions.disconnected(host);
    it.pass(10_000);
    expect(host.state).toBe('dead');
    expect(it.to(spare, 'lease')).toMatchObject([{ task: key(2), attempt: 2 }]);
    it.say(spare, finish(key(2), { attempt: 2 }));
    it.say(driver, { kind: 'want', object: key(1) });
    expect(it.to(spare, 'lease').at(-1)).toMatchObject({ task: key(1), attempt: 2 });
    it.say(spare, finish(key(1), { attempt: 2 }));
    expect(it.to(driver, 'object').at(-1)).toMatchObject({ object: key(1), status: 0 });
  });

  it('L4 what cannot be made again is lost with a clear error', () => {
    const { it, host, driver } = world();
    it.say(host, put(host.id, 1));
    it.say(driver, { kind: 'hold', object: objectKey(host.id, 1), holder: 0 });
    it.gcs.sessions.end(host, 'gone');
    it.say(driver, { kind: 'want', object: objectKey(host.id, 1) });
    expect(errorOf(it.to(driver, 'object').at(-1)?.value ?? VALUE).name).toBe('ObjectLostError');
  });

  it('L4 what a running task put and its node lost is put again by another attempt: the task may be waiting for it', async () => {
    const { it, host, driver, key } = world({ maxRetries: 0 });
    it.say(driver, submit(driver.id, 1));
    const made = { parent: key(1), digest: new Uint8Array(16) };
    const lost = objectKey(host.id, 1);
    it.say(host, put(host.id, 1, made), { kind: 'located', object: lost, present: false, sizeBytes: 0 });
    // Nobody needs it.
    expect(it.to(host, 'withdraw')).toEqual([]);
    await it.commit();
    it.say(host, { kind: 'want', object: lost });
    expect(it.to(host, 'withdraw')).toEqual([{ kind: 'withdraw', task: key(1), attempt: 1 }]);
    // That it is to come is written down, too.
    await it.commit();
    expect(it.rows()).toEqual(await it.freshRows());
    it.pass(1000);
    expect(it.to(host, 'lease').at(-1)).toMatchObject({ task: key(1), attempt: 2 });
    // The first attempt's late word counts no more, and until the second has put it there is nothing to lose.
    it.say(host, finish(key(1)), { kind: 'want', object: lost });
    expect(it.gcs.state.task(key(1))).toMatchObject({ state: 'leased', attempt: 2, failures: 0, losses: 1 });
    it.say(host, put(host.id, 2, made));
    expect(it.to(host, 'object').at(-1)).toMatchObject({ object: lost, status: OBJECT_STATUS.stored });
    it.say(host, finish(key(1), { attempt: 2 }), { kind: 'release', object: lost, holder: 0 });
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.tasks.size + it.gcs.state.objects.size).toBe(0);
  });

  it('L4 what a running task put and its node lost, and no attempt puts again, is lost with a clear error', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    const lost = objectKey(host.id, 1);
    it.say(host, put(host.id, 1, { parent: key(1) }), { kind: 'hold', object: lost, holder: 0 });
    it.say(host, { kind: 'located', object: lost, present: false, sizeBytes: 0 }, { kind: 'want', object: lost });
    it.pass(1000);
    it.say(host, finish(key(1), { attempt: 2 }));
    expect(errorOf(it.to(host, 'object').at(-1)?.value ?? VALUE).name).toBe('ObjectLostError');
  });

  it('L4 what a call of an actor put and its node lost is lost at once: the call cannot be made again', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1, { fn: 1, options: 1 }));
    it.say(host, finish(key(1)));
    it.say(driver, submit(driver.id, 2, { actor: key(1), fn: 2 }));
    const lost = objectKey(host.id, 1);
    it.say(host, put(host.id, 1, { parent: key(2) }), { kind: 'hold', object: lost, holder: 0 });
    it.say(host, { kind: 'located', object: lost, present: false, sizeBytes: 0 }, { kind: 'want', object: lost });
    expect(it.to(host, 'withdraw')).toEqual([]);
    expect(errorOf(it.to(host, 'object').at(-1)?.value ?? VALUE).name).toBe('ObjectLostError');
  });

  it('L4 a lost chain of 10 000 tasks is rebuilt without recursion', () => {
    const { it, host, driver, key } = world();
    const count = 10_000;
    for (let n = 1; n <= count; n++) {
      it.say(driver, submit(driver.id, n, { deps: n === 1 ? [] : [key(n - 1)] }));
      it.say(host, finishStored(key(n)));
      if (n > 1) it.say(driver, { kind: 'release', object: key(n - 1), holder: 0 });
    }
    expect(it.gcs.state.tasks.size).toBe(count);
    it.gcs.sessions.end(host, 'gone');
    const spare = it.open();
    it.say(driver, { kind: 'want', object: key(count) });
    for (let n = 1; n <= count; n++) it.say(spare, finishStored(key(n), { attempt: 2 }));
    expect(it.to(driver, 'object').at(-1)).toMatchObject({ object: key(count), status: 1 });
    it.say(driver, { kind: 'release', object: key(count), holder: 0 });
    expect(it.gcs.state.tasks.size + it.gcs.state.objects.size).toBe(0);
  });

  it('L7 cancel reaches the running child and gives the caller the error', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, ...definitions(), submit(host.id, 1, { parent: key(1), place: PLACE.here }));
    it.say(driver, { kind: 'cancel', task: key(1), recursive: true, force: false });
    expect(new Set(it.to(host, 'cancelTask').map(({ task }) => task))).toEqual(
      new Set([objectKey(host.id, 1), key(1)]),
    );
    expect(errorOf(it.to(driver, 'object')[0]?.value ?? VALUE).name).toBe('TaskCancelledError');
  });

  it('O3 a value that holds a reference keeps it alive; containers free in a chain', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(
      host,
      put(host.id, 1, { parent: key(1) }),
      put(host.id, 2, { parent: key(1), nested: [objectKey(host.id, 1)], value: VALUE }),
      finish(key(1), { nested: [objectKey(host.id, 2)] }),
    );
    expect(it.gcs.state.objects.size).toBe(3);
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.objects.size).toBe(0);
    expect(it.gcs.state.tasks.size).toBe(0);
    expect(it.to(host, 'dropCopy')).toMatchObject([{ object: objectKey(host.id, 1) }]);
  });

  it('L1 a parent that runs again and calls its children in another order gets each its own result', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    const child = (session: number, number: number, arg: number, place: number) =>
      submit(session, number, { parent: key(1), args: Uint8Array.of(arg), k: 0, place });
    it.say(
      host,
      ...definitions(),
      child(host.id, 1, 10, PLACE.here),
      finish(objectKey(host.id, 1), { value: Uint8Array.of(100) }),
      child(host.id, 2, 20, PLACE.here),
    );
    it.say(host, finish(objectKey(host.id, 2), { value: Uint8Array.of(200) }));
    const spare = it.open();
    it.gcs.sessions.end(host, 'gone');
    expect(it.to(spare, 'lease').at(-1)).toMatchObject({ task: key(1), attempt: 2 });
    it.say(
      spare,
      ...definitions(),
      child(spare.id, 1, 20, PLACE.ask),
      child(spare.id, 2, 10, PLACE.ask),
      child(spare.id, 3, 30, PLACE.ask),
    );
    expect(it.to(spare, 'assign')).toMatchObject([
      { task: objectKey(spare.id, 1), here: false },
      { task: objectKey(spare.id, 2), here: false },
      { task: objectKey(spare.id, 3), here: true },
    ]);
    expect(it.to(spare, 'object')).toMatchObject([
      { object: objectKey(spare.id, 1), value: Uint8Array.of(200) },
      { object: objectKey(spare.id, 2), value: Uint8Array.of(100) },
    ]);
    it.say(spare, finish(objectKey(spare.id, 3)), finish(key(1), { attempt: 2 }));
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.tasks.size + it.gcs.state.objects.size).toBe(0);
  });

  it.each([false, true])(
    'L1 a child is found by a parent that runs again although its input is long gone (server started anew: %s)',
    async (isRestarted) => {
      const { it: cluster, host, driver, key } = world();
      cluster.say(driver, submit(driver.id, 1));
      const [input, child] = [objectKey(host.id, 1), objectKey(host.id, 2)];
      cluster.say(
        host,
        ...definitions(),
        submit(host.id, 1, { parent: key(1), k: 0, args: Uint8Array.of(1), place: PLACE.here }),
        finish(input),
        submit(host.id, 2, { parent: key(1), k: 0, deps: [input], place: PLACE.here }),
        finish(child),
        finishStored(key(1), { nested: [child] }),
      );
      // The input was the parent's alone and went with its end; the child is in its value.
      expect(cluster.gcs.state.objects.has(input)).toBe(false);
      expect(cluster.gcs.state.objects.get(child)?.status).toBe('inline');
      if (isRestarted) {
        await cluster.commit();
        await cluster.restart();
        cluster.back(driver.id, { wants: [key(1)] });
        cluster.pass(60_000);
      } else {
        cluster.gcs.sessions.end(host, 'gone');
        cluster.say(driver, { kind: 'want', object: key(1) });
      }
      const spare = cluster.open();
      cluster.pass(1);
      expect(cluster.to(spare, 'lease').at(-1)).toMatchObject({ task: key(1), attempt: 2 });
      const [again, found] = [objectKey(spare.id, 1), objectKey(spare.id, 2)];
      cluster.say(
        spare,
        ...definitions(),
        submit(spare.id, 1, { parent: key(1), k: 0, args: Uint8Array.of(1), place: PLACE.ask }),
        finish(again),
        submit(spare.id, 2, { parent: key(1), k: 0, deps: [again], place: PLACE.ask }),
      );
      expect(cluster.to(spare, 'assign').at(-1)).toEqual({ kind: 'assign', task: found, here: false });
      expect(cluster.gcs.state.resolve(found)).toBe(child);
    },
  );

  it('L1 a call is found again although the record of what it was given has gone in between', async () => {
    const { it, host, driver, key } = world();
    const [given, parent, child] = [key(1), key(2), objectKey(host.id, 1)];
    it.say(driver, submit(driver.id, 1, { place: PLACE.here }), submit(driver.id, 2, { nested: [given] }));
    const call = { parent, k: 0, nested: [given] };
    it.say(host, ...definitions(), submit(host.id, 1, { ...call, place: PLACE.here }), finish(child));
    // What the driver made itself is done, and its task with it.
    it.say(driver, finish(given));
    expect(it.gcs.state.tasks.has(given)).toBe(false);
    it.say(host, failed(parent, { retriedHere: true }), submit(host.id, 2, { ...call, place: PLACE.ask }));
    expect(it.to(host, 'assign')).toEqual([{ kind: 'assign', task: objectKey(host.id, 2), here: false }]);
    expect(it.gcs.state.resolve(objectKey(host.id, 2))).toBe(child);
  });

  it('L1 a call with what another task made is found again, also after that task is forgotten and the server started anew', async () => {
    const { it, host, driver, key } = world();
    const [maker, parent] = [key(1), key(2)];
    const [made, child] = [objectKey(host.id, 1), objectKey(host.id, 2)];
    it.say(driver, submit(driver.id, 1, { k: 1 }));
    it.say(host, ...definitions(), put(host.id, 1, { parent: maker, value: VALUE, digest: new Uint8Array(16) }));
    // The driver has the reference before its maker is over.
    it.say(driver, { kind: 'hold', object: made, holder: 0 }, submit(driver.id, 2, { nested: [made] }));
    it.say(host, finish(maker));
    const call = { parent, k: 0, nested: [made] };
    it.say(host, submit(host.id, 2, { ...call, place: PLACE.here }), finish(child));
    it.say(driver, { kind: 'release', object: maker, holder: 0 });
    expect(it.gcs.state.objects.get(made)?.id).toBeDefined();
    await it.commit();
    await it.restart();
    it.back(driver.id);
    const back = it.back(host.id, { leases: [{ task: parent, attempt: 1 }] });
    it.pass(1);
    it.say(back, failed(parent, { retriedHere: true }), submit(host.id, 3, { ...call, place: PLACE.ask }));
    expect(it.to(back, 'assign')).toEqual([{ kind: 'assign', task: objectKey(host.id, 3), here: false }]);
  });

  it('O3 what an earlier version of a value refers to stays as long as the object: somebody may have read it', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    const former = objectKey(host.id, 1);
    it.say(host, put(host.id, 1, { parent: key(1), value: VALUE }), finishStored(key(1), { nested: [former] }));
    it.gcs.sessions.end(host, 'gone');
    const spare = it.open();
    it.say(driver, { kind: 'want', object: key(1) });
    const present = objectKey(spare.id, 1);
    it.say(
      spare,
      put(spare.id, 1, { parent: key(1), value: Uint8Array.of(4) }),
      finishStored(key(1), { attempt: 2, nested: [present] }),
    );
    expect(it.gcs.state.objects.get(former)?.status).toBe('inline');
    await it.commit();
    await it.restart();
    it.back(driver.id);
    it.back(spare.id);
    // The driver read the first value, and only now says that it holds what is in it.
    const again = it.session(driver.id);
    it.say(again, { kind: 'hold', object: former, holder: 0 }, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.objects.has(present)).toBe(false);
    it.say(again, { kind: 'release', object: former, holder: 0 });
    expect(it.gcs.state.objects.size).toBe(0);
  });

  it('S1 who gives away a task that is over meanwhile is told how it ended', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, ...definitions());
    const [held, gone] = [objectKey(host.id, 1), objectKey(host.id, 2)];
    for (const number of [1, 2])
      it.say(host, submit(host.id, number, { parent: key(1), k: number, place: PLACE.here }));
    it.say(
      driver,
      { kind: 'hold', object: held, holder: 0 },
      { kind: 'cancel', task: key(1), recursive: true, force: false },
    );
    expect([held, gone].map((object) => it.gcs.state.objects.has(object))).toEqual([true, false]);
    it.say(host, { kind: 'spill', task: held }, { kind: 'spill', task: gone });
    const told = it.to(host, 'object').map(({ object, value }) => [object, errorOf(value).name]);
    expect(told).toEqual([
      [held, 'TaskCancelledError'],
      [gone, 'ObjectLostError'],
    ]);
    expect(it.gcs.state.objects.has(gone)).toBe(false);
  });

  it('S2 S4 what makes the lost input of a given task again gets the resource that the task does not have yet', () => {
    const it = new GcsWorld();
    const resources = [{ name: 'gpu', milli: 1000 }];
    const hosts = [1, 2].map(() => it.open({ cpuMilli: 2000, resources }));
    const driver = it.driver();
    it.say(driver, ...definitions({ demand: { cpuMilli: 1000, custom: { gpu: 1000 } } }), submit(driver.id, 1));
    const [input, reader] = [objectKey(driver.id, 1), objectKey(driver.id, 2)];
    const victim = it.session(it.gcs.state.task(input)?.assigned ?? 0);
    const [survivor] = hosts.filter((host) => host !== victim);
    if (!survivor) throw new Error('there are two hosts');
    it.say(victim, finishStored(input));
    it.gcs.sessions.disconnected(victim);
    it.say(driver, submit(driver.id, 2, { deps: [input] }));
    expect(it.to(survivor, 'lease').map(({ task }) => task)).toEqual([reader]);
    it.pass(10_000);
    expect(victim.state).toBe('dead');
    // It asks for the input, and has nothing to do.
    const load = { queuedUs: 0, queuedTasks: 0, runningTasks: 0, freeCpuMilli: 2000 };
    it.gcs.sessions.setLoad(survivor, { ...load, storeBytes: 0, workers: 0, rssBytes: 1 });
    it.say(survivor, { kind: 'want', object: input });
    it.pass(250);
    expect(it.to(survivor, 'lease').map(({ task, attempt }) => [task, attempt])).toEqual([
      [reader, 1],
      [input, 2],
    ]);
  });

  it('S4 a demand nobody meets blocks nothing, is shown, and runs when a node that fits joins', () => {
    const { it, host, driver, key } = world({ demand: { cpuMilli: 0, custom: { gpu: 1000 } } });
    it.say(driver, submit(driver.id, 1), { ...definitions()[3], options: 3 }, submit(driver.id, 2, { options: 3 }));
    expect(it.to(host, 'lease').map(({ task }) => task)).toEqual([key(2)]);
    expect(it.gcs.scheduler.infeasible()).toMatchObject([{ tasks: 1 }]);
    expect(it.gcs.scheduler.explain(key(1)).state).toBe('infeasible');
    const gpu = it.open({ resources: [{ name: 'gpu', milli: 1000 }] });
    expect(it.to(gpu, 'lease')).toMatchObject([{ task: key(1) }]);
  });

  it('M1 a disconnected node gets no new work', () => {
    const { it, host, driver } = world();
    it.gcs.sessions.disconnected(host);
    it.say(driver, submit(driver.id, 1));
    expect(it.to(host, 'lease')).toEqual([]);
    it.gcs.sessions.connected(host);
    it.gcs.settle();
    expect(it.to(host, 'lease').length).toBe(1);
  });
});

describe('actors', () => {
  const create = { fn: 1, options: 1 };

  it('A1 calls wait for the actor and then go to it in order; a call by name of the dead fails', () => {
    const { it, host, driver, key } = world();
    it.say(
      driver,
      submit(driver.id, 1, create),
      submit(driver.id, 2, { actor: key(1), fn: 2 }),
      submit(driver.id, 3, { actor: key(1), fn: 2 }),
    );
    expect(it.to(host, 'lease')).toMatchObject([{ task: key(1), incarnation: 1 }]);
    it.say(host, finish(key(1)));
    expect(it.to(host, 'lease').map(({ task }) => task)).toEqual([key(1), key(2), key(3)]);
    it.say(host, finish(key(2)), finish(key(3)));
    it.say(driver, { kind: 'killActor', actor: key(1), noRestart: true });
    expect(it.to(host, 'killActor')).toMatchObject([{ actor: key(1), incarnation: 1 }]);
    it.say(driver, submit(driver.id, 4, { actor: key(1), fn: 2 }));
    expect(errorOf(it.to(driver, 'object').at(-1)?.value ?? VALUE).name).toBe('ActorDiedError');
  });

  it('A2 M2 with maxRestarts it lives again elsewhere, with the calls on the way and those that waited', () => {
    const { it, host, driver, key } = world({}, { maxRestarts: 1 });
    it.say(driver, submit(driver.id, 1, create), submit(driver.id, 2, { actor: key(1), fn: 2 }));
    it.say(host, finish(key(1)));
    const spare = it.open();
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    expect(it.to(driver, 'object').map(({ object }) => object)).toEqual([key(1)]);
    expect(it.to(spare, 'lease')).toMatchObject([{ task: key(1), attempt: 2, incarnation: 2 }]);
    it.say(driver, submit(driver.id, 3, { actor: key(1), fn: 2 }));
    it.say(spare, finish(key(1), { attempt: 2 }));
    expect(it.to(spare, 'lease').slice(1)).toMatchObject([
      { task: key(2), incarnation: 2 },
      { task: key(3), incarnation: 2 },
    ]);
    expect(it.to(spare, 'caughtUp')).toEqual([{ kind: 'caughtUp', actor: key(1), incarnation: 2 }]);
  });

  it('A3 a name is given once; the second maker gets an error, also for an actor it made itself', () => {
    const { it, driver, key } = world({}, { name: 'board' });
    it.say(
      driver,
      submit(driver.id, 1, create),
      submit(driver.id, 2, create),
      submit(driver.id, 3, { ...create, place: PLACE.here }),
    );
    const errors = it.to(driver, 'object').filter(({ status }) => status === 2);
    expect(errors.map(({ object }) => object)).toEqual([key(2), key(3)]);
    expect(it.to(driver, 'killActor')).toMatchObject([{ actor: key(3) }]);
  });

  it('M2 one that is being made has no life to end; ended for good, its node is told', () => {
    const { it, host, driver, key } = world({}, { maxRestarts: 1 });
    it.say(driver, submit(driver.id, 1, create), { kind: 'killActor', actor: key(1), noRestart: false });
    expect(it.to(host, 'killActor')).toEqual([]);
    it.say(host, finish(key(1)));
    expect(it.gcs.state.actors.get(key(1))).toMatchObject({ state: 'alive', incarnation: 1 });
    it.say(driver, submit(driver.id, 2, create));
    it.say(driver, { kind: 'killActor', actor: key(2), noRestart: true });
    expect(it.to(host, 'killActor')).toMatchObject([{ actor: key(2) }]);
  });

  it('M2 a call that a node gave to a life that is over, and did not know, is not answered by it', () => {
    const { it, host, driver, key } = world({}, { maxRestarts: 1 });
    const place = PLACE.here;
    it.say(driver, submit(driver.id, 1, { ...create, place }), finish(key(1)));
    it.say(driver, { kind: 'killActor', actor: key(1), noRestart: false });
    it.say(driver, { kind: 'actorDown', actor: key(1), incarnation: 1, reason: END_REASON.killed, message: '' });
    it.say(driver, submit(driver.id, 2, { actor: key(1), fn: 2, place }));
    expect(it.to(host, 'lease')).toMatchObject([{ task: key(1), attempt: 2, incarnation: 2 }]);
    it.say(host, finish(key(1), { attempt: 2 }));
    it.say(driver, finish(key(2)), submit(driver.id, 3, { actor: key(1), fn: 2, place }), finish(key(3)));
    const outcomes = it.ended.filter(({ task }) => task.actor !== 0).map(({ task, outcome }) => [task.key, outcome]);
    expect(outcomes).toEqual([
      [key(2), 'failed'],
      [key(3), 'failed'],
    ]);
  });

  it('O3 holds what it refers to while it is being made; one that is over holds nothing', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1), submit(driver.id, 2, create));
    it.say(host, finish(key(1)), { kind: 'hold', object: key(1), holder: key(2) }, finish(key(2)));
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.objects.get(key(1))?.status).toBe('inline');
    it.say(host, { kind: 'release', object: key(1), holder: key(2) });
    expect(it.gcs.state.objects.get(key(1))).toBeUndefined();
    it.say(driver, submit(driver.id, 3), { kind: 'killActor', actor: key(2), noRestart: true });
    it.say(host, finish(key(3)), { kind: 'hold', object: key(3), holder: key(2) });
    it.say(driver, { kind: 'release', object: key(3), holder: 0 });
    expect(it.gcs.state.objects.get(key(3))).toBeUndefined();
  });

  it('O3 keeps what it was made of when it lets go of it: it may be made again', () => {
    const { it, host, driver, key } = world({}, { maxRestarts: 1 });
    it.say(driver, submit(driver.id, 1), submit(driver.id, 2, { ...create, nested: [key(1)] }));
    it.say(host, finish(key(1)), { kind: 'hold', object: key(1), holder: key(2) }, finish(key(2)));
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    it.say(host, { kind: 'release', object: key(1), holder: key(2) });
    expect(it.gcs.state.objects.get(key(1))?.status).toBe('inline');
    it.say(driver, { kind: 'killActor', actor: key(2), noRestart: true });
    expect(it.gcs.state.objects.get(key(1))).toBeUndefined();
  });

  it('O3 that is over holds nothing of what its last call makes', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    const made = (number: number): number => objectKey(host.id, number);
    const place = PLACE.here;
    it.say(
      host,
      ...definitions(),
      submit(host.id, 2, { ...create, parent: key(1), place }),
      finish(made(2)),
      submit(host.id, 3, { actor: made(2), fn: 2, parent: key(1), place }),
      finishStored(key(1)),
      { kind: 'actorDown', actor: made(2), incarnation: 1, reason: END_REASON.exited, message: '' },
      submit(host.id, 4, { parent: made(3), place }),
      finish(made(4)),
    );
    expect(it.gcs.state.actors.get(made(2))?.state).toBe('dead');
    expect(it.gcs.state.objects.get(made(4))).toBeUndefined();
  });

  it('J3 one that is made when its job is over holds none of its arguments', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, finish(key(1)));
    it.say(driver, { kind: 'jobFinished', outcome: 0, value: VALUE });
    it.say(driver, submit(driver.id, 2, { ...create, deps: [key(1)] }));
    for (const object of [key(1), key(2)]) it.say(driver, { kind: 'release', object, holder: 0 });
    expect([it.gcs.state.tasks.size, it.gcs.state.objects.size]).toEqual([0, 0]);
  });

  it('A3 ends with its maker in its own good time: what was called before is answered, what comes later fails', () => {
    const { it, host, driver, key } = world({}, { name: 'board', maxRestarts: 1 });
    it.say(driver, submit(driver.id, 1));
    const made = (number: number): number => objectKey(host.id, number);
    it.say(
      host,
      ...definitions({}, { name: 'board', maxRestarts: 1 }),
      submit(host.id, 2, { ...create, parent: key(1), place: PLACE.here }),
      submit(host.id, 3, { actor: made(2), fn: 2, parent: key(1), place: PLACE.here }),
      finish(key(1), { nested: [made(3)] }),
    );
    // Its constructor was not over.
    expect(it.to(host, 'retireActor')).toEqual([]);
    expect(it.gcs.state.actorNames.size).toBe(0);
    it.say(host, finish(made(2)));
    expect(it.to(host, 'retireActor')).toEqual([{ kind: 'retireActor', actor: made(2), incarnation: 1 }]);
    it.say(driver, submit(driver.id, 2, { actor: made(2), fn: 2 }));
    expect(errorOf(it.to(driver, 'object').at(-1)?.value ?? VALUE).name).toBe('ActorDiedError');
    it.say(host, finish(made(3)));
    expect(it.gcs.state.objects.get(made(3))?.status).toBe('inline');
    it.say(host, { kind: 'actorDown', actor: made(2), incarnation: 1, reason: END_REASON.exited, message: '' });
    expect(it.gcs.state.actors.get(made(2))).toMatchObject({ state: 'dead', restarts: 0 });
  });

  it('A3 M2 one that ends itself has no other life, and what it had not begun fails', () => {
    const { it, host, driver, key } = world({}, { maxRestarts: -1 });
    it.say(driver, submit(driver.id, 1, create), submit(driver.id, 2, { actor: key(1), fn: 2 }));
    it.say(host, finish(key(1)));
    it.say(host, {
      kind: 'actorDown',
      actor: key(1),
      incarnation: 1,
      reason: END_REASON.exited,
      message: 'it ended itself',
    });
    expect(it.gcs.state.actors.get(key(1))?.state).toBe('dead');
    expect(errorOf(it.to(driver, 'object').at(-1)?.value ?? VALUE).message).toContain('it ended itself');
    expect(it.to(host, 'lease')).toHaveLength(2);
  });

  it('A3 G2 one that was ending is asked again after a start of the server; a node of version 3 is told to kill it', async () => {
    const { it, host, driver, key } = world({}, { maxRestarts: 1 });
    it.say(driver, submit(driver.id, 1));
    const made = objectKey(host.id, 2);
    it.say(host, ...definitions(), submit(host.id, 2, { ...create, parent: key(1), place: PLACE.here }), finish(made));
    it.say(host, finish(key(1)));
    await it.commit();
    await it.restart();
    it.session(host.id).version = PROTOCOL_VERSION;
    it.back(driver.id);
    it.back(host.id, { actors: [{ actor: made, incarnation: 1 }] });
    it.pass(45_001);
    expect(it.to(host, 'retireActor')).toHaveLength(1);
    const old = it.open({ version: 3 });
    const boss = it.session(driver.id);
    it.say(boss, submit(boss.id, 3));
    const place = it.to(old, 'lease').length > 0 ? old : it.session(host.id);
    place.version = 3;
    const child = objectKey(place.id, 90);
    it.say(
      place,
      ...definitions(),
      submit(place.id, 90, { ...create, parent: key(3), place: PLACE.here }),
      finish(child),
    );
    it.say(place, finish(key(3)));
    expect(it.to(place, 'killActor')).toMatchObject([{ actor: child }]);
  });

  it('A3 with maxTaskRetries calls that were under way go to the next life, in order and before newer ones', () => {
    const { it, host, driver, key } = world({}, { maxRestarts: -1, maxTaskRetries: 1, maxConcurrency: 2 });
    const call = (number: number) => submit(driver.id, number, { actor: key(1), fn: 2 });
    it.say(driver, submit(driver.id, 1, create), call(2), call(3));
    it.say(host, finish(key(1)), finish(key(2)));
    it.say(driver, call(4));
    const down = { kind: 'actorDown', actor: key(1), reason: END_REASON.workerCrashed, message: 'crash' } as const;
    it.say(host, { ...down, incarnation: 1 });
    it.say(driver, call(5));
    it.commands.length = 0;
    it.say(host, finish(key(1), { attempt: 2 }));
    const sent = it.to(host, 'lease').map(({ task, attempt, incarnation }) => [task, attempt, incarnation]);
    expect(sent).toEqual([
      [key(3), 2, 2],
      [key(4), 2, 2],
      [key(5), 1, 2],
    ]);
    // The former life's late word is not believed (M2); the second death is one too many for the first two.
    it.say(host, finish(key(3)), { ...down, incarnation: 2 });
    expect(it.ended.filter(({ outcome }) => outcome === 'failed').map(({ task }) => task.key)).toEqual([
      key(3),
      key(4),
    ]);
    expect(it.gcs.state.actors.get(key(1))?.pending.map(({ key: each }) => each)).toEqual([key(5)]);
  });

  it('A3 a node that lost a life gives its calls back; the death of a node costs a retry as well', () => {
    const { it, host, driver, key } = world({}, { maxRestarts: -1, maxTaskRetries: -1, maxConcurrency: 2 });
    const place = PLACE.here;
    it.say(driver, submit(driver.id, 1, { ...create, place }), finish(key(1)));
    it.say(driver, submit(driver.id, 2, { actor: key(1), fn: 2, place }));
    const reason = END_REASON.workerCrashed;
    it.say(driver, { kind: 'actorDown', actor: key(1), incarnation: 1, reason, message: 'crash' });
    it.say(driver, { kind: 'spill', task: key(2) });
    it.say(host, finish(key(1), { attempt: 2 }));
    expect(it.to(host, 'lease').at(-1)).toMatchObject({ task: key(2), attempt: 2 });
    const spare = it.open();
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    it.say(spare, finish(key(1), { attempt: 3 }));
    expect(it.to(spare, 'lease').at(-1)).toMatchObject({ task: key(2), attempt: 3, incarnation: 3 });
    it.say(spare, finish(key(2), { attempt: 3 }));
    expect(it.to(driver, 'object').at(-1)).toMatchObject({ object: key(2), status: OBJECT_STATUS.inline });
  });

  it('A3 getIfExists gives the actor that has the name, also to another job in the same namespace', () => {
    const named = { name: 'board', namespace: 'games', getIfExists: true };
    const { it, host, driver, key } = world({}, named);
    it.say(driver, submit(driver.id, 1, create), submit(driver.id, 2, create));
    expect(it.to(host, 'lease').map(({ task }) => task)).toEqual([key(1)]);
    it.say(host, finish(key(1)));
    const other = it.driver();
    it.say(other, ...definitions({}, named), submit(other.id, 1, create));
    it.say(other, submit(other.id, 2, { actor: objectKey(other.id, 1), fn: 2 }));
    expect(it.to(host, 'lease').at(-1)).toMatchObject({ task: objectKey(other.id, 2), actor: key(1) });
    expect(it.to(other, 'object')[0]).toMatchObject({ object: objectKey(other.id, 1), status: OBJECT_STATUS.inline });
    expect(it.gcs.state.actors.size).toBe(1);
    it.say(driver, { kind: 'killActor', actor: key(2), noRestart: true });
    it.say(driver, submit(driver.id, 3, create));
    expect(it.to(host, 'lease').at(-1)).toMatchObject({ task: key(3) });
    for (const { job } of [driver, other])
      it.say(it.session(job!.session), { kind: 'jobFinished', outcome: 0, value: VALUE });
    expect([it.gcs.state.actors.size, it.gcs.state.actorNames.size]).toEqual([0, 0]);
  });

  it('S1 where a job trusts strangers so do its tasks, but not its main and its actors', () => {
    const { it, driver, key } = world();
    if (driver.job) it.gcs.jobs.submitted(driver.job, { priority: 1, trust: 'unchecked' });
    it.say(driver, { kind: 'function', fn: 3, module: 'm', name: MAIN_FUNCTION, functionKind: 0 });
    it.say(driver, submit(driver.id, 1), submit(driver.id, 2, create), submit(driver.id, 3, { fn: 3 }));
    const trusts = [1, 2, 3].map((number) => it.gcs.state.task(key(number))?.options.options.trust);
    expect(trusts).toEqual(['unchecked', 'own', 'own']);
  });

  it('J3 the end of a job ends its actors and tasks and leaves nothing', () => {
    const { it, host, driver, key } = world();
    it.say(
      driver,
      submit(driver.id, 1, create),
      submit(driver.id, 2, { actor: key(1), fn: 2, place: PLACE.global }),
      submit(driver.id, 3),
    );
    it.say(host, finish(key(1)));
    it.gcs.sessions.disconnected(driver);
    it.pass(30_000);
    expect(it.gcs.state.jobs.get(1)?.status).toBe('failed');
    expect(it.to(host, 'stopJob').length).toBe(1);
    expect([it.gcs.state.tasks.size, it.gcs.state.objects.size, it.gcs.state.actors.size]).toEqual([0, 0, 0]);
  });
});

describe('G2 restart', () => {
  it('M3 nothing is rescheduled or rebuilt in the grace; then what was lost is', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1), submit(driver.id, 2));
    it.say(host, finishStored(key(1)));
    it.say(driver, submit(driver.id, 3, { deps: [key(1)] }));
    await it.commit();
    await it.restart();
    const boss = it.back(driver.id, { wants: [key(1)] });
    expect(it.gcs.inGrace).toBe(true);
    it.pass(30_000);
    expect(it.commands.filter(({ command }) => command.kind !== 'peers')).toEqual([]);
    // The host says nothing: after the grace and its time it is dead, and all it had is made again.
    it.pass(15_000);
    const spare = it.open({ cpuMilli: 8000 });
    it.pass(1);
    it.pass(10_000);
    expect(it.session(host.id).state).toBe('dead');
    expect(it.to(spare, 'lease').map(({ task }) => task)).toContain(key(1));
    it.say(spare, finish(key(1), { attempt: 2 }));
    expect(it.to(boss, 'object').at(-1)).toMatchObject({ object: key(1), status: 0 });
    expect(new Set(it.to(spare, 'lease').map(({ task }) => task))).toEqual(new Set([key(1), key(2), key(3)]));
  });

  it('M3 L4 what a running task put is not given up, nor the task, before its node has said after a start of the server what it has', async () => {
    for (const hasCopy of [true, false]) {
      const { it, host, driver, key } = world();
      it.say(driver, submit(driver.id, 1));
      const made = objectKey(host.id, 1);
      it.say(host, put(host.id, 1, { parent: key(1), digest: new Uint8Array(16) }));
      it.say(driver, { kind: 'hold', object: made, holder: 0 });
      await it.commit();
      await it.restart();
      const boss = it.back(driver.id, { wants: [made] });
      // The host is away for longer than the grace.
      it.pass(45_000);
      expect(it.gcs.inGrace).toBe(false);
      it.pass(1);
      it.gcs.sessions.connected(it.session(host.id));
      it.gcs.settle();
      expect([it.to(boss, 'object'), it.to(host, 'withdraw')]).toEqual([[], []]);
      it.session(host.id).version = HELLO.version;
      const leases = [{ task: key(1), attempt: 1 }];
      it.back(host.id, { leases, copies: hasCopy ? [{ object: made, sizeBytes: 1_000_000 }] : [] });
      it.pass(1);
      expect(it.to(boss, 'object').map(({ status }) => status)).toEqual(hasCopy ? [OBJECT_STATUS.stored] : []);
      expect(it.to(host, 'withdraw').map(({ attempt }) => attempt)).toEqual(hasCopy ? [] : [1]);
    }
  });

  it('M3 J3 the end of a job is told again to who comes back: the word of it may have been lost with the server', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.gcs.jobs.stop(it.gcs.state.jobs.get(1) as JobRecord, 'enough');
    const other = it.driver();
    await it.commit();
    await it.restart();
    expect(it.to(host, 'stopJob')).toEqual([]);
    it.back(host.id, { leases: [{ task: key(1), attempt: 1 }] });
    expect(it.to(host, 'stopJob')).toEqual([{ kind: 'stopJob', job: 1 }]);
    it.back(other.id);
    it.pass(60_000);
    expect(it.gcs.state.jobs.get(2)?.status).toBe('running');
  });

  it('M3 J3 a task that a node was given, or made, and that nobody knows any more is stopped there', async () => {
    const { it, host, driver, key } = world();
    await it.commit();
    it.say(driver, submit(driver.id, 1));
    await it.restart();
    it.back(driver.id);
    const back = it.back(host.id, { leases: [{ task: key(1), attempt: 1 }], lastRecord: 6 });
    it.say(back, ...definitions(), submit(host.id, 1, { parent: key(1), place: PLACE.here }));
    expect(it.to(back, 'cancelTask')).toEqual([]);
    it.pass(60_000);
    expect(it.to(back, 'cancelTask')).toEqual([
      { kind: 'cancelTask', task: objectKey(host.id, 1), force: false },
      { kind: 'cancelTask', task: key(1), force: true },
    ]);
  });

  it('M3 copies and leases that nodes report are believed, and grace ends when all have reported', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, finishStored(key(1)));
    it.say(driver, submit(driver.id, 2));
    await it.commit();
    await it.restart();
    const boss = it.back(driver.id, { wants: [key(1), key(2)] });
    const back = it.back(host.id, {
      leases: [{ task: key(2), attempt: 1 }],
      copies: [{ object: key(1), sizeBytes: 1_000_000 }],
    });
    expect(it.to(boss, 'object')).toMatchObject([{ object: key(1), status: 1 }]);
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    it.say(back, finish(key(2)));
    expect(it.to(boss, 'object').at(-1)).toMatchObject({ object: key(2), status: 0 });
    expect(it.to(back, 'lease')).toEqual([]);
  });

  it('M3 L1 a node that asked whether to make something, and did not hear that it shall, hears it again', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    const child = objectKey(host.id, 7);
    it.say(host, ...definitions(), submit(host.id, 7, { parent: key(1), place: PLACE.ask }));
    expect(it.to(host, 'assign')).toEqual([{ kind: 'assign', task: child, here: true }]);
    await it.commit();
    await it.restart();
    it.back(driver.id);
    const back = it.back(host.id, { leases: [{ task: key(1), attempt: 1 }], wants: [child, key(1)] });
    expect(it.to(back, 'assign')).toEqual([{ kind: 'assign', task: child, here: true }]);
  });

  it('M3 a result is taken although its lease was lost with the server and the submission came again first', async () => {
    const { it, host, driver, key } = world();
    await it.commit();
    it.say(driver, submit(driver.id, 1), submit(driver.id, 2));
    await it.restart();
    const boss = it.back(driver.id, { lastRecord: driver.received });
    // One that the node still ran when it reported, and one that it had ended.
    const back = it.back(host.id, { lastRecord: host.received + 2, leases: [{ task: key(1), attempt: 1 }] });
    it.say(boss, submit(driver.id, 1), submit(driver.id, 2));
    it.say(back, finish(key(1)), finish(key(2)));
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    for (const task of [key(1), key(2)])
      expect(it.to(boss, 'object')).toContainEqual(expect.objectContaining({ object: task, status: 0 }));
    expect(it.to(back, 'lease')).toEqual([]);
    expect(back.assigned.size).toBe(0);
  });

  it('M2 M3 what a new session says of a result is not believed in the grace: the former server gave it nothing', async () => {
    const { it, host, driver, key } = world();
    await it.commit();
    await it.restart();
    const boss = it.back(driver.id, { lastRecord: driver.received + 1 });
    const echo = it.open();
    it.say(echo, finish(key(1)));
    it.say(boss, submit(driver.id, 1, { fn: 1, options: 1 }));
    it.back(host.id);
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    expect(it.gcs.state.actors.get(key(1))).toMatchObject({ state: 'pending', session: 0 });
  });

  it('O3 M3 an actor whose creation is still to come again holds for itself, not its node', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, put(driver.id, 1, { value: VALUE }));
    await it.commit();
    const create = { fn: 1, options: 1, nested: [key(1)] };
    it.say(driver, submit(driver.id, 2, create));
    it.say(host, { kind: 'hold', object: key(1), holder: key(2) });
    await it.restart();
    const boss = it.back(driver.id, { lastRecord: driver.received });
    const back = it.back(host.id, { lastRecord: host.received, actors: [{ actor: key(2), incarnation: 1 }] });
    it.say(back, { kind: 'hold', object: key(1), holder: key(2) });
    it.say(boss, submit(driver.id, 2, create));
    it.pass(1);
    it.pass(45_000);
    expect(it.gcs.state.objects.get(key(1))).toMatchObject({ status: 'inline' });
    expect(back.holdings.size).toBe(0);
  });

  it('O3 a copy of what has no value yet counts for nothing, and goes when the object goes', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    const other = it.open({ cpuMilli: 0 });
    it.say(other, { kind: 'located', object: key(1), present: true, sizeBytes: 1_000_000 });
    expect(it.gcs.state.object(key(1))?.status).toBe('pending');
    it.say(host, finish(key(1)));
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.to(other, 'dropCopy')).toMatchObject([{ object: key(1) }]);
    expect(it.gcs.state.objects.size).toBe(0);
    expect(other.copies.size).toBe(0);
  });

  it('O2 a node that has lost a copy keeps none under another key: nobody would know of it', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, finishStored(key(1)));
    const other = objectKey(host.id, 5);
    it.gcs.state.addAlias(other, key(1));
    it.say(host, { kind: 'located', object: other, present: true, sizeBytes: 1_000_000 });
    const { ports } = it.gcs.state;
    const command = ports.command.bind(ports);
    const counted: boolean[] = [];
    ports.command = (session, what) => {
      // What counts as a copy nobody is told to drop (rule O4).
      if (what.kind === 'dropCopy') counted.push(it.gcs.state.object(key(1))?.locations?.has(session.id) === true);
      command(session, what);
    };
    it.say(host, { kind: 'located', object: key(1), present: false, sizeBytes: 1_000_000 });
    expect(counted).toEqual([false]);
    expect(it.to(host, 'dropCopy')).toEqual([{ kind: 'dropCopy', object: other }]);
  });

  it('O2 a later life of a node is told under the keys of the former, which are in what it finds on its disk', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    const tab = it.open({ role: 'tab', cpuMilli: 0 });
    const given = objectKey(tab.id, 5);
    it.gcs.state.addAlias(given, key(1));
    it.say(host, finishStored(key(1)));
    const life = it.open({ role: 'tab', cpuMilli: 0, nodeId: tab.nodeId });
    it.say(life, { kind: 'located', object: given, present: true, sizeBytes: 1_000_000 });
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.to(life, 'dropCopy').map(({ object }) => object)).toContain(given);
    expect(it.to(host, 'dropCopy').map(({ object }) => object)).toEqual([key(1)]);
  });

  it('O2 who comes late with a copy under another key may drop it under that', () => {
    const { it, host, driver, key } = world();
    const other = it.open({ cpuMilli: 0 });
    const [kept, small] = [objectKey(other.id, 5), objectKey(other.id, 6)];
    // The first is kept to compute the third again; its value is freed. The second has its value in the books.
    it.say(driver, submit(driver.id, 1), submit(driver.id, 2), submit(driver.id, 3, { deps: [key(1)] }));
    for (const record of [finishStored(key(1)), finish(key(2)), finishStored(key(3))]) it.say(host, record);
    it.gcs.state.addAlias(kept, key(1));
    it.gcs.state.addAlias(small, key(2));
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.objects.get(key(1))?.status).toBe('freed');
    for (const object of [kept, small]) it.say(other, { kind: 'located', object, present: true, sizeBytes: 1_000_000 });
    expect(it.to(other, 'dropCopy').map(({ object }) => object)).toEqual(expect.arrayContaining([kept, small]));
  });

  it('O3 a copy of an object whose value is known otherwise is not needed', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, finish(key(1)), { kind: 'located', object: key(1), present: true, sizeBytes: 1_000_000 });
    expect(it.to(host, 'dropCopy')).toMatchObject([{ object: key(1) }]);
  });

  it("O3 what is put for a task that is over is nobody's", () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, put(host.id, 1, { parent: key(1) }), finish(key(1)));
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    it.say(host, put(host.id, 2, { parent: key(1) }));
    expect(it.gcs.state.objects.size).toBe(0);
    expect(host.holdings.size + host.copies.size).toBe(0);
    expect(it.to(host, 'dropCopy').map(({ object }) => object)).toContain(objectKey(host.id, 2));
  });

  it("O3 what is submitted for a task that is over and kept is nobody's either", () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, ...definitions(), finishStored(key(1)));
    expect(it.gcs.state.task(key(1))?.state).toBe('finished');
    it.say(host, submit(host.id, 1, { parent: key(1), place: PLACE.here }), finish(objectKey(host.id, 1)));
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.objects.size).toBe(0);
    expect(it.gcs.state.tasks.size).toBe(0);
  });

  it('O3 who waits for a lost object that nobody holds any more is told', () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    it.say(host, finishStored(key(1)));
    const other = it.open({ cpuMilli: 0 });
    it.gcs.sessions.end(host, 'gone');
    it.say(other, { kind: 'want', object: key(1) });
    expect(it.to(other, 'object')).toEqual([]);
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.to(other, 'object')).toMatchObject([{ object: key(1), status: 2 }]);
  });

  it('G2 a lease that never arrived goes round again; one the books do not know is adopted when its submission comes again', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    await it.commit();
    const received = driver.received;
    it.say(driver, submit(driver.id, 2));
    await it.restart();
    const boss = it.session(driver.id);
    it.gcs.sessions.connected(boss);
    it.gcs.sessions.report(boss, {
      type: 'report',
      lastRecord: received + 1,
      leases: [],
      actors: [],
      copies: [],
      wants: [],
    });
    const back = it.back(host.id, { lastRecord: 1, leases: [] });
    // The result of a task whose submission the server lost comes before that submission.
    it.say(back, finish(key(2)));
    expect(it.gcs.state.tasks.has(key(2))).toBe(false);
    it.say(boss, submit(driver.id, 2));
    expect(it.gcs.state.objects.get(key(2))?.value).toEqual(VALUE);
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    expect(it.to(back, 'lease')).toMatchObject([{ task: key(1), attempt: 2 }]);
  });

  it('L2 what waits for another node after a start is not acknowledged, and comes again when the server dies once more', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    await it.commit();
    const told = driver.received;
    it.say(driver, submit(driver.id, 2));
    await it.restart();
    const back = it.back(host.id, { lastRecord: 3 });
    // The second names a task that the server has not heard of again; what comes behind it waits as well.
    const words = [put(host.id, 1, { parent: key(1) }), finish(key(2)), put(host.id, 2, { parent: key(1) })];
    it.say(back, ...words);
    expect([back.received, back.heard]).toEqual([1, 3]);
    expect(it.gcs.state.objects.has(objectKey(host.id, 2))).toBe(false);
    await it.commit();
    await it.restart();
    const again = it.back(host.id, { lastRecord: 3 });
    expect(again.received).toBe(1);
    it.say(again, ...words.slice(1));
    const boss = it.back(driver.id, { lastRecord: told + 1, wants: [key(2)] });
    it.say(boss, submit(driver.id, 2));
    expect([again.received, it.gcs.state.objects.get(key(2))?.status]).toEqual([3, 'inline']);
    expect(it.gcs.state.objects.has(objectKey(host.id, 2))).toBe(true);
  });

  it('L2 M3 a node that comes back over another connection says again what waited', async () => {
    const { it, host, driver, key } = world();
    await it.commit();
    it.say(driver, submit(driver.id, 1));
    await it.restart();
    const back = it.back(host.id, { lastRecord: 1 });
    it.say(back, finish(key(1)));
    expect(back.heard).toBe(1);
    it.gcs.sessions.disconnected(back);
    it.gcs.resume(back, { ...HELLO, nodeId: host.nodeId, session: host.id, epoch: host.epoch });
    expect(back.heard).toBe(0);
    expect(() => it.gcs.applyRecords(back, 2, [finish(key(1))])).toThrow(RangeError);
  });

  it('L9 M3 whether a call was made before is answered when every node has told what it did', async () => {
    const { it, host, driver, key } = world();
    const other = it.open();
    it.say(driver, submit(driver.id, 1));
    const parent = key(1);
    await it.commit();
    const first = it.session(it.gcs.state.task(parent)?.assigned ?? 0);
    const second = first.id === host.id ? other : host;
    // The first attempt made a call and failed; the second was on its way when the server died, and lost all of that.
    await it.restart();
    const call = { parent, k: 0 };
    const again = it.back(second.id, { leases: [{ task: parent, attempt: 2 }], lastRecord: 6 });
    it.say(again, ...definitions(), submit(second.id, 1, { ...call, place: PLACE.ask }));
    expect(it.to(second.id, 'assign')).toEqual([]);
    const before = it.back(first.id, { lastRecord: 7 });
    const made = objectKey(first.id, 1);
    it.say(before, ...definitions(), submit(first.id, 1, { ...call, place: PLACE.here }), finish(made));
    it.back(driver.id);
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    expect(it.to(second.id, 'assign')).toEqual([{ kind: 'assign', task: objectKey(second.id, 1), here: false }]);
    expect(it.gcs.state.resolve(objectKey(second.id, 1))).toBe(made);
  });

  describe('L5 M3 a result of an attempt that the books do not know, while they have another with a node', () => {
    /** The first attempt is with `host` by the books; what became of it since, and the second, died with the server. */
    async function secondAttempt() {
      const { it, host, driver, key } = world();
      it.say(driver, submit(driver.id, 1));
      const other = it.open();
      await it.commit();
      await it.restart();
      const boss = it.back(driver.id, { wants: [key(1)] });
      const back = it.back(other.id, { lastRecord: 1 });
      it.say(back, finish(key(1), { attempt: 2 }));
      expect(it.to(boss, 'object')).toEqual([]);
      expect([back.received, back.heard]).toEqual([0, 1]);
      return { it, host, boss, other: back, task: key(1) };
    }

    it('is taken if that does not come back', async () => {
      const { it, host, boss, other, task } = await secondAttempt();
      for (const ms of [45_000, 10_000]) it.pass(ms);
      expect(it.session(host.id).state).toBe('dead');
      expect(it.to(boss, 'object')).toMatchObject([{ object: task, status: 0 }]);
      expect(it.to(other, 'lease')).toEqual([]);
      expect(other.received).toBe(1);
    });

    it('is taken if that has lost its own', async () => {
      const { it, host, boss, other, task } = await secondAttempt();
      const first = it.back(host.id, { lastRecord: 1 });
      it.say(first, failed(task));
      it.pass(1);
      expect(it.to(boss, 'object')).toMatchObject([{ object: task, status: 0 }]);
      expect([...it.to(first, 'lease'), ...it.to(other, 'lease')]).toEqual([]);
    });

    it('is not, if that has one itself', async () => {
      const { it, host, boss, other, task } = await secondAttempt();
      const first = it.back(host.id, { lastRecord: 1 });
      it.say(first, finish(task, { value: encodeValue('first', {}).toBytes() }));
      it.pass(1);
      expect(it.to(boss, 'object').map(({ value }) => decodeValue(value, { copy: true }))).toEqual(['first']);
      expect(other.received).toBe(1);
    });
  });

  it('M2 M3 what the next life of an actor did is heard after the word that its former life ended, however that waits', async () => {
    const { it, host, driver, key } = world({}, { maxRestarts: -1, maxTaskRetries: -1 });
    const place = PLACE.here;
    it.say(driver, submit(driver.id, 1, { fn: 1, options: 1, place }), finish(key(1)));
    it.say(driver, submit(driver.id, 2, { actor: key(1), fn: 2, place }));
    await it.commit();
    const told = driver.received;
    await it.restart();
    // The former server had heard that the driver's life of it ended, and gave it and its call to the host.
    const back = it.back(host.id, { lastRecord: 3, actors: [{ actor: key(1), incarnation: 2 }] });
    const call = finish(key(2), { attempt: 2 });
    it.say(back, submit(host.id, 1, { parent: key(1), place: PLACE.ask }), finish(key(1), { attempt: 2 }), call);
    const boss = it.back(driver.id, { lastRecord: told + 3 });
    const reason = END_REASON.workerCrashed;
    it.say(
      boss,
      // What this names was lost with a third node: it waits to the end of the grace.
      { kind: 'release', object: objectKey(99, 1), holder: 0 },
      { kind: 'actorDown', actor: key(1), incarnation: 1, reason, message: 'crash' },
      { kind: 'spill', task: key(2) },
    );
    it.pass(45_000);
    expect(it.gcs.inGrace).toBe(false);
    expect(it.gcs.state.actors.get(key(1))).toMatchObject({ state: 'alive', incarnation: 2, session: host.id });
    expect(it.to(boss, 'object')).toMatchObject([{ object: key(2), status: OBJECT_STATUS.inline }]);
    expect([...it.to(back, 'lease'), ...it.to(back, 'killActor')]).toEqual([]);
  });

  it('M3 G2 a lease that its node does not know is not given again if another had it since', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    await it.commit();
    const before = host.received;
    // The attempt failed, and the next was on another node when the server died.
    it.say(host, failed(key(1)));
    const other = it.open();
    await it.commit();
    await it.restart();
    it.back(driver.id, { wants: [key(1)] });
    const task = it.gcs.state.task(key(1));
    expect(task).toMatchObject({ attempt: 2, assigned: host.id });
    expect(before).toBe(0);
    // By the books the first still has it: it has said everything and does not know of it. The other begins with what it has.
    it.back(host.id, { leases: [], lastRecord: it.session(host.id).received + 1 });
    it.say(it.session(host.id), failed(key(1), { attempt: 2, counted: false }));
    it.back(other.id, { leases: [{ task: key(1), attempt: 3 }] });
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    expect(task).toMatchObject({ assigned: other.id, attempt: 3, state: 'leased' });
    expect(it.to(other, 'lease')).toEqual([]);
    it.say(it.session(other.id), finish(key(1), { attempt: 3 }));
    expect(it.to(driver, 'object')).toMatchObject([{ object: key(1), value: VALUE }]);
  });

  it('G2 wants, holds and inputs that name what its maker has yet to tell again wait for it', async () => {
    const { it, host, driver, key } = world();
    await it.commit();
    const received = driver.received;
    await it.restart();
    const back = it.back(host.id, { lastRecord: 8, wants: [key(1)], leases: [{ task: key(3), attempt: 1 }] });
    const child = objectKey(host.id, 1);
    it.say(
      back,
      ...definitions(),
      submit(host.id, 1, { parent: key(3), deps: [key(2)], place: PLACE.here }),
      finish(child),
    );
    it.say(back, { kind: 'hold', object: key(1), holder: 0 });
    expect(it.gcs.state.objects.size).toBe(0);
    const boss = it.session(driver.id);
    it.gcs.sessions.connected(boss);
    it.gcs.sessions.report(boss, {
      type: 'report',
      lastRecord: received + 3,
      leases: [],
      actors: [],
      copies: [],
      wants: [],
    });
    it.say(boss, put(driver.id, 1, { value: VALUE }), put(driver.id, 2, { value: VALUE }), submit(driver.id, 3));
    expect(it.gcs.state.objects.get(child)?.value).toEqual(VALUE);
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    expect(it.to(back, 'lease')).toEqual([]);
    expect(it.gcs.state.tasks.get(key(3))?.assigned).toBe(host.id);
    expect(it.to(back, 'object')).toMatchObject([{ object: key(1), status: 0 }]);
    it.say(boss, { kind: 'release', object: key(1), holder: 0 });
    expect(it.gcs.state.objects.has(key(1))).toBe(true);
  });

  it('O3 M3 what nobody tells of again is lost, and stays in the hands of who holds it until that lets go', async () => {
    const { it, host, driver } = world();
    await it.commit();
    const received = driver.received;
    await it.restart();
    const lost = objectKey(host.id, 1);
    const boss = it.back(driver.id, { lastRecord: received + 2 });
    it.say(boss, { kind: 'hold', object: lost, holder: 0 }, { kind: 'want', object: lost });
    it.back(host.id);
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    expect(it.to(boss, 'object')).toMatchObject([{ object: lost, status: OBJECT_STATUS.error }]);
    expect(it.gcs.state.objects.has(lost)).toBe(true);
    it.say(boss, { kind: 'release', object: lost, holder: 0 });
    expect(it.gcs.state.objects.has(lost)).toBe(false);
  });

  it('A1 calls that were lost with the server reach the actor before newer ones', async () => {
    const { it, host, driver, key } = world();
    it.say(driver, submit(driver.id, 1, { fn: 1, options: 1 }));
    it.say(host, finish(key(1)));
    it.say(driver, submit(driver.id, 2, { actor: key(1), fn: 2 }));
    await it.commit();
    await it.restart();
    const boss = it.back(driver.id);
    it.say(boss, submit(driver.id, 3, { actor: key(1), fn: 2 }));
    const back = it.back(host.id, { actors: [{ actor: key(1), incarnation: 1 }] });
    expect(it.to(back, 'lease')).toEqual([]);
    it.pass(1);
    expect(it.to(back, 'lease').map(({ task }) => task)).toEqual([key(2), key(3)]);
    expect(it.to(back, 'killActor')).toEqual([]);
  });
});
