import { describe, expect, it } from 'vitest';
import { errorFromWire, errorRecordCodec } from '#shared/errors/error-record.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { END_REASON, type NodeRecord, PLACE } from '#shared/protocol/node-records.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, failed, finish, finishStored, put, submit, VALUE } from '../gcs/testing/records.ts';
import { MAX_MADE_PER_LEASE, MAX_STRANGER_DEFINITIONS } from './may-apply.ts';

const OPEN = { trust: 'unchecked' } as const;
const SIZE = 1_000_000;
const DIGEST = new Uint8Array(16).fill(3);
const NOBODYS = objectKey(77, 1);

function errorOf(value: Uint8Array | undefined): Error {
  return errorFromWire(errorRecordCodec.read(new ByteReader(value ?? VALUE)));
}

/** A stranger's tab, which has a task of a job that trusts it; and another job, of which it has nothing. */
function world() {
  const it = new GcsWorld();
  const tab = it.stranger({ cpuMilli: 4000 });
  const driver = it.driver();
  const other = it.driver();
  const host = it.open();
  const key = (number: number): number => objectKey(driver.id, number);
  const own = (number: number): number => objectKey(tab.id, number);
  const foreign = (number: number): number => objectKey(other.id, number);
  it.say(driver, ...definitions(OPEN), put(driver.id, 1), put(driver.id, 2, { value: VALUE, nested: [key(1)] }));
  it.say(other, ...definitions(), submit(other.id, 1), put(other.id, 2));
  // The host has its CPU full of the other job, so this goes to the tab.
  it.say(driver, submit(driver.id, 3, { deps: [key(2)] }));
  it.say(tab, ...definitions(OPEN));
  return { it, tab, driver, other, host, key, own, foreign };
}

describe('where tasks go', () => {
  it('S1 a stranger is told first of all what it is, and gets only tasks that trust strangers', () => {
    const { it, tab, key } = world();
    expect(it.commands.find(({ session }) => session === tab.id)?.command).toEqual({ kind: 'stranger' });
    expect(it.to(tab, 'lease')).toMatchObject([{ task: key(3), attempt: 1 }]);
    expect(it.to(tab, 'lease').length).toBe(1);
  });

  it('S1 S4 what trusts no stranger waits, and it is said why; it runs when a trusted node joins', () => {
    const it = new GcsWorld();
    const tab = it.stranger();
    const driver = it.driver();
    const why = (number: number): string => it.gcs.scheduler.explain(objectKey(driver.id, number)).reason;
    it.say(driver, ...definitions({}, OPEN), submit(driver.id, 1), submit(driver.id, 2, { fn: 1, options: 1 }));
    expect(why(1)).toBe("only strangers' nodes are here and this job trusts none of them");
    expect(why(2)).toBe("only strangers' nodes are here and actors do not run on them");
    expect(it.gcs.scheduler.infeasible().map(({ reason }) => reason)).toEqual([why(1), why(2)]);
    expect(it.to(tab, 'lease')).toEqual([]);
    const host = it.open({ cpuMilli: 4000 });
    expect(it.to(host, 'lease').length).toBe(2);
    expect(it.gcs.scheduler.infeasible()).toEqual([]);
  });

  it('S1 an actor that waits for a trusted node holds up no task behind it', () => {
    const it = new GcsWorld();
    const tab = it.stranger();
    const driver = it.driver();
    it.say(driver, ...definitions(OPEN, OPEN), submit(driver.id, 1, { fn: 1, options: 1 }), submit(driver.id, 2));
    expect(it.to(tab, 'lease').map(({ task }) => task)).toEqual([objectKey(driver.id, 2)]);
  });

  it('S1 a child that is born on a stranger goes to the server, also when its parent runs again', () => {
    const { it, tab, driver, key, own, host } = world();
    it.say(tab, submit(tab.id, 1, { parent: key(3), place: PLACE.global }));
    expect(it.gcs.state.task(own(1))).toMatchObject({ state: 'leased', parent: key(3) });
    it.say(tab, failed(key(3), { reason: END_REASON.exception }));
    const [, again] = it.to(tab, 'lease').filter(({ task }) => task === key(3));
    expect(again).toMatchObject({ attempt: 2 });
    it.say(tab, submit(tab.id, 2, { parent: key(3), args: VALUE, place: PLACE.ask }));
    expect(it.to(tab, 'assign')).toEqual([{ kind: 'assign', task: own(2), here: false }]);
    expect(it.gcs.state.task(own(2))?.state).toBe('leased');
    expect(it.gcs.state.task(own(2))?.assigned).not.toBe(driver.id);
    expect(host.trusted).toBe(true);
  });
});

describe('what strangers may say', () => {
  it('T3 an honest task: its inputs, children, puts and result', () => {
    const { it, tab, driver, key, own } = world();
    it.say(
      tab,
      { kind: 'want', object: key(2) },
      { kind: 'want', object: key(1) },
      { kind: 'located', object: key(1), present: true, sizeBytes: SIZE },
      put(tab.id, 1, { parent: key(3) }),
      submit(tab.id, 2, { parent: key(3), deps: [own(1), key(1)] }),
      { kind: 'want', object: own(2) },
    );
    expect(it.to(tab, 'object').map(({ object, status }) => [object, status])).toContainEqual([key(1), 1]);
    expect(it.to(tab, 'lease').at(-1)).toMatchObject({ task: own(2), deps: [own(1), key(1)] });
    it.say(tab, finishStored(own(2)), { kind: 'digest', object: own(2), sizeBytes: SIZE, digest: DIGEST });
    expect(it.gcs.state.object(own(2))?.versionDigest).toEqual(DIGEST);
    it.say(tab, finish(key(3), { nested: [own(2)] }));
    expect(it.to(driver, 'object').at(-1)).toMatchObject({ object: key(3), status: 0, nested: [own(2)] });
    expect(it.to(tab, 'dropCopy')).toEqual([{ kind: 'dropCopy', object: own(1) }]);
  });

  it.each<[string, (keys: ReturnType<typeof world>) => NodeRecord]>([
    ['want', ({ foreign }) => ({ kind: 'want', object: foreign(2) })],
    ['hold', ({ foreign }) => ({ kind: 'hold', object: foreign(2), holder: 0 })],
    ['release', ({ foreign }) => ({ kind: 'release', object: foreign(2), holder: 0 })],
    ['located', ({ foreign }) => ({ kind: 'located', object: foreign(2), present: true, sizeBytes: 1 })],
    ['digest', ({ foreign }) => ({ kind: 'digest', object: foreign(2), sizeBytes: SIZE, digest: DIGEST })],
    ['as an input', ({ tab, key, foreign }) => submit(tab.id, 1, { parent: key(3), deps: [foreign(2)] })],
    ['as a reference', ({ tab, key, foreign }) => submit(tab.id, 1, { parent: key(3), nested: [foreign(2)] })],
    ['in a put', ({ tab, key, foreign }) => put(tab.id, 1, { parent: key(3), nested: [foreign(2)] })],
    ['in a result', ({ key, foreign }) => finish(key(3), { nested: [foreign(2)] })],
    ['a task of another', ({ foreign }) => finish(foreign(1))],
    ['the end of it', ({ foreign }) => failed(foreign(1))],
  ])('T3 another job’s object is neither read nor touched: %s', (_, recordOf) => {
    const all = world();
    const { it, tab, foreign } = all;
    const before = it.commands.length;
    const rows = JSON.stringify(it.gcs.state.object(foreign(2)));
    expect(() => it.say(tab, recordOf(all))).toThrow(/was not given/);
    expect(JSON.stringify(it.gcs.state.object(foreign(2)))).toBe(rows);
    expect(it.commands.slice(before)).toEqual([]);
  });

  it.each<[string, (keys: ReturnType<typeof world>) => NodeRecord]>([
    ['a task kept here', ({ tab, key }) => submit(tab.id, 1, { parent: key(3), place: PLACE.here })],
    ['a task of nobody', ({ tab }) => submit(tab.id, 1)],
    ['a value of nobody', ({ tab }) => put(tab.id, 1)],
    ['in the name of another', ({ driver, key }) => submit(driver.id, 9, { parent: key(3) })],
    ['an attempt tried again here', ({ key }) => failed(key(3), { retriedHere: true })],
    ['the end of a job', () => ({ kind: 'jobFinished', outcome: 0, value: VALUE })],
    ['words of a job', () => ({ kind: 'jobInfo', submitter: 'me', purpose: 'mine' })],
    [
      'an actor that ended',
      ({ foreign }) => ({ kind: 'actorDown', actor: foreign(1), incarnation: 1, reason: 0, message: '' }),
    ],
  ])('T3 no honest stranger says: %s', (_, recordOf) => {
    const all = world();
    expect(() => all.it.say(all.tab, recordOf(all))).toThrow(/may not say/);
    expect(all.it.gcs.state.task(all.key(3))).toMatchObject({ attempt: 1, state: 'leased' });
  });

  it('S1 actors, methods, and functions of another module are answered with an error', () => {
    const { it, tab, key, own } = world();
    it.say(tab, { kind: 'function', fn: 7, module: 'another', name: 'f', functionKind: 0 });
    const calls = [{ fn: 1, options: 1 }, { fn: 2, actor: key(3) }, { fn: 7 }, { options: 1 }];
    calls.forEach((call, index) => it.say(tab, submit(tab.id, index + 1, { parent: key(3), ...call })));
    const answers = it.to(tab, 'object').filter(({ status }) => status === 2);
    expect(answers.map(({ object }) => object)).toEqual([1, 2, 3, 4].map(own));
    for (const { value } of answers) expect(errorOf(value).name).toBe('NotYetSupportedError');
    expect(it.gcs.state.tasks.has(own(1))).toBe(false);
    expect(it.gcs.state.dictionaries.functions().some(({ module }) => module === 'another')).toBe(false);
  });

  it('B1 one lease makes only so many tasks; the next lease begins anew', () => {
    const { it, tab, key, own } = world();
    const children = (from: number, count: number): NodeRecord[] =>
      Array.from({ length: count }, (_, index) => submit(tab.id, from + index, { parent: key(3), nested: [key(2)] }));
    it.say(tab, ...children(1, MAX_MADE_PER_LEASE + 1));
    const [refused] = it.to(tab, 'object').filter(({ status }) => status === 2);
    expect(refused?.object).toBe(own(MAX_MADE_PER_LEASE + 1));
    expect(errorOf(refused?.value).name).toBe('QuotaExceededError');
    const cancelled = Array.from({ length: MAX_MADE_PER_LEASE }, (_, index) => own(index + 1));
    it.say(tab, ...cancelled.map((task) => ({ kind: 'cancel', task, recursive: true, force: false }) as const));
    it.say(tab, failed(key(3), { reason: END_REASON.exception }));
    it.say(tab, submit(tab.id, 20_000, { parent: key(3), place: PLACE.ask }));
    expect(it.gcs.state.task(own(20_000))).toBeDefined();
  });

  it('B1 functions and options of a stranger have a bound', () => {
    const { it, tab } = world();
    it.say(
      tab,
      { kind: 'function', fn: MAX_STRANGER_DEFINITIONS, module: 'm', name: 'f', functionKind: 0 },
      { ...definitions()[3], options: MAX_STRANGER_DEFINITIONS },
    );
    expect(tab.functions[MAX_STRANGER_DEFINITIONS]).toBeUndefined();
    expect(tab.options[MAX_STRANGER_DEFINITIONS]).toBeUndefined();
  });

  it('B1 a number of a function or of options stands for one of them for good', () => {
    for (const kind of ['function', 'options'] as const) {
      const { it, tab } = world();
      const again = definitions({ ...OPEN, name: 'other' }).find((record) => record.kind === kind);
      const { dictionaries } = it.gcs.state;
      const known = dictionaries.functions().length;
      if (again)
        expect(() => it.say(tab, { ...again, ...(kind === 'function' ? { name: 'other' } : {}) })).toThrow(kind);
      expect(dictionaries.functions().length).toBe(known);
    }
  });

  it('B1 names in what a stranger puts and submits count too, and are not looked at beyond the bound', () => {
    const { it, tab, key, own } = world();
    const many = Array.from({ length: 700_000 }, () => key(2));
    it.say(tab, put(tab.id, 1, { parent: key(3), value: VALUE, nested: many }));
    expect(it.gcs.state.object(own(1))).toBeDefined();
    it.say(tab, put(tab.id, 2, { parent: key(3), value: VALUE, nested: many }));
    it.say(tab, submit(tab.id, 3, { parent: key(3), deps: many }));
    expect(it.gcs.state.object(own(2))).toBeUndefined();
    expect(errorOf(it.to(tab, 'object').find(({ object }) => object === own(3))?.value).name).toBe(
      'QuotaExceededError',
    );
  });

  it('T3 what is passed over by the thousand costs one error, made once', () => {
    const { it, tab, own } = world();
    const wants = [1, 2].map((number): NodeRecord => ({ kind: 'want', object: objectKey(77, number) }));
    it.say(tab, ...wants, ...[1, 2].map((number) => submit(tab.id, number, { parent: NOBODYS })));
    const [first, second] = it
      .to(tab, 'object')
      .filter(({ object }) => wants.some((want) => Reflect.get(want, 'object') === object));
    expect(errorOf(first?.value).name).toBe('ObjectLostError');
    expect(second?.value).toBe(first?.value);
    expect(errorOf(it.to(tab, 'object').find(({ object }) => object === own(1))?.value).name).toBe(
      'TaskCancelledError',
    );
  });

  it('L7 it cancels its own children and nothing else; it ends no actor and brings no code', () => {
    const { it, tab, driver, key, own, foreign } = world();
    it.say(tab, submit(tab.id, 1, { parent: key(3) }));
    it.say(driver, submit(driver.id, 4, { fn: 1, options: 1 }));
    const cancel = (task: number): NodeRecord => ({ kind: 'cancel', task, recursive: true, force: true });
    it.say(tab, cancel(key(3)), cancel(foreign(1)), cancel(own(1)), {
      kind: 'killActor',
      actor: key(4),
      noRestart: true,
    });
    it.say(tab, { kind: 'module', module: 'mine', code: VALUE, sourceMap: VALUE });
    expect([key(3), own(1), foreign(1)].map((task) => it.gcs.state.task(task)?.cancelled ?? true)).toEqual([
      false,
      true,
      false,
    ]);
    expect(it.gcs.state.actors.get(key(4))?.state).toBe('pending');
    expect(it.gcs.state.modules.size).toBe(0);
  });

  it('L4 one of several tasks whose worker ended is tried again where it is, and keeps its lease', () => {
    const { it, tab, key } = world();
    it.say(tab, failed(key(3), { reason: 4, counted: false, retriedHere: true }));
    expect(it.gcs.state.task(key(3))).toMatchObject({ state: 'leased', assigned: tab.id, attempt: 2, failures: 0 });
    it.say(tab, finish(key(3), { attempt: 2 }));
    expect(it.ended).toMatchObject([{ task: { key: key(3) }, outcome: 'succeeded' }]);
  });

  it('L5 what a stranger says of a lease that has ended is no offence and changes nothing', () => {
    const { it, tab, driver, key, own } = world();
    it.say(driver, { kind: 'cancel', task: key(3), recursive: true, force: false });
    it.say(
      tab,
      submit(tab.id, 1, { parent: key(3), place: PLACE.ask }),
      put(tab.id, 2, { parent: key(3) }),
      finishStored(key(3)),
      failed(key(3)),
      { kind: 'want', object: NOBODYS },
      { kind: 'located', object: NOBODYS, present: true, sizeBytes: 1 },
      { kind: 'found', object: NOBODYS, sizeBytes: 1, digest: DIGEST },
      { kind: 'hold', object: NOBODYS, holder: 0 },
    );
    expect(it.to(tab, 'assign')).toMatchObject([{ task: own(1), here: false }]);
    const errors = it.to(tab, 'object').filter(({ status }) => status === 2);
    expect(errors.map(({ object, value }) => [object, errorOf(value).name])).toEqual([
      [own(1), 'TaskCancelledError'],
      [NOBODYS, 'ObjectLostError'],
    ]);
    expect(it.to(tab, 'dropCopy').map(({ object }) => object)).toEqual([own(2), key(3), NOBODYS, NOBODYS]);
    expect([own(1), own(2), NOBODYS].some((each) => it.gcs.state.objects.has(each))).toBe(false);
  });

  it('S2 a stranger’s word on how long a run took has a bound', () => {
    const { it, tab, key } = world();
    it.say(tab, finish(key(3), { durationUs: Number.MAX_SAFE_INTEGER }));
    expect(it.gcs.state.dictionaries.functions()[0]?.meanUs).toBeLessThanOrEqual(1_000);
  });
});

describe('copies on strangers’ nodes', () => {
  it('T2 a copy of what a trusted node made is for the stranger alone, and is dropped with the object', () => {
    const { it, tab, driver, key } = world();
    it.say(tab, { kind: 'located', object: key(1), present: true, sizeBytes: SIZE });
    const object = it.gcs.state.object(key(1));
    expect([...(object?.locations ?? [])]).toEqual([driver.id]);
    expect([...(object?.privateCopies ?? [])]).toEqual([tab.id]);
    it.say(tab, { kind: 'digest', object: key(1), sizeBytes: SIZE, digest: DIGEST });
    expect(object?.versionDigest).toBeUndefined();
    it.say(tab, finish(key(3)));
    for (const number of [1, 2]) it.say(driver, { kind: 'release', object: key(number), holder: 0 });
    expect(it.to(tab, 'dropCopy')).toEqual([{ kind: 'dropCopy', object: key(1) }]);
  });

  it('L5 a small result that comes too late is refused, too: what refers to something waits for that on its node', () => {
    const { it, tab, driver, key, own } = world();
    it.say(tab, put(tab.id, 1, { parent: key(3), value: VALUE }));
    it.say(driver, { kind: 'cancel', task: key(3), recursive: false, force: false });
    it.say(tab, finish(key(3), { nested: [own(1)] }));
    expect(it.to(tab, 'dropCopy').map(({ object }) => object)).toContain(key(3));
  });

  it('M4 its next life finds what was its own word, not what it only had a copy of', () => {
    const { it, tab, driver, key } = world();
    it.say(driver, { kind: 'digest', object: key(1), sizeBytes: SIZE, digest: DIGEST });
    it.say(tab, finishStored(key(3)), { kind: 'digest', object: key(3), sizeBytes: SIZE, digest: DIGEST });
    const later = it.stranger({ nodeId: tab.nodeId });
    const thief = it.stranger();
    for (const session of [thief, later])
      for (const number of [1, 3])
        it.say(session, { kind: 'found', object: key(number), sizeBytes: SIZE, digest: DIGEST });
    it.say(later, { kind: 'succeeded' });
    expect(it.to(thief, 'dropCopy').map(({ object }) => object)).toEqual([key(1), key(3)]);
    expect(it.to(later, 'dropCopy').map(({ object }) => object)).toEqual([key(1)]);
    expect([...(it.gcs.state.object(key(3))?.locations ?? [])]).toEqual([later.id]);
  });
});

describe('after a restart of the server', () => {
  it('M3 T2 a stranger keeps what the books say is its, and nothing it claims beyond', async () => {
    const { it, tab, driver, other, host, key, own, foreign } = world();
    it.say(driver, submit(driver.id, 5));
    it.say(tab, finishStored(key(5)), put(tab.id, 1, { parent: key(3) }));
    it.say(other, submit(other.id, 6));
    await it.commit();
    await it.restart();
    it.back(driver.id);
    it.back(host.id, { leases: [{ task: foreign(1), attempt: 1 }] });
    const boss = it.back(other.id, { copies: [{ object: foreign(2), sizeBytes: SIZE }] });
    const copies = [key(5), own(1), foreign(2)].map((object) => ({ object, sizeBytes: SIZE }));
    const leases = [key(3), foreign(6)].map((task) => ({ task, attempt: 1 }));
    const back = it.back(tab.id, {
      leases,
      copies,
      actors: [{ actor: foreign(1), incarnation: 1 }],
      wants: [foreign(2)],
    });
    it.pass(1);
    expect([it.gcs.inGrace, back.trusted]).toEqual([false, false]);
    const whereIs = (object: number): number[] => [...(it.gcs.state.object(object)?.locations ?? [])];
    expect([key(5), own(1), foreign(2)].map(whereIs)).toEqual([[tab.id], [tab.id], [boss.id]]);
    expect(it.gcs.state.task(foreign(6))?.assigned).not.toBe(tab.id);
    expect(it.to(back, 'cancelTask')).toMatchObject([{ task: foreign(6) }]);
    expect(it.to(back, 'dropCopy')).toMatchObject([{ object: foreign(2) }]);
    expect(it.to(back, 'object').map(({ object, status }) => [object, status])).toEqual([[foreign(2), 2]]);
    // Its lease goes on, with the names that came with it.
    it.say(back, { kind: 'want', object: key(1) }, finish(key(3), { nested: [own(1)] }));
    expect(it.to(back, 'object').at(-1)).toMatchObject({ object: key(1) });
    expect(it.gcs.state.task(key(3))?.state).toBe('finished');
  });

  it('L2 a late word on what the books forgot is passed over, not held against it', async () => {
    const { it, tab, key, foreign } = world();
    await it.commit();
    await it.restart();
    const back = it.back(tab.id);
    it.say(back, finishStored(foreign(1)), { kind: 'hold', object: foreign(2), holder: 0 }, finish(objectKey(88, 1)));
    expect(it.to(back, 'dropCopy')).toMatchObject([{ object: foreign(1) }, { object: objectKey(88, 1) }]);
    expect(it.gcs.state.task(foreign(1))?.state).not.toBe('finished');
    expect(it.gcs.state.object(foreign(2))?.firstHolder).not.toBe(tab.id);
    expect(it.gcs.state.task(key(3))).toBeDefined();
  });

  it('S1 what it may call it introduces once, also if the lease that brought the module was lost with the server', async () => {
    const it = new GcsWorld();
    const tab = it.stranger({ cpuMilli: 4000 });
    const driver = it.driver();
    await it.commit();
    const [given, wanted] = [[...definitions(OPEN), submit(driver.id, 1)], definitions(OPEN)];
    it.say(driver, ...given);
    it.say(tab, ...wanted);
    await it.restart();
    it.say(it.back(tab.id), ...wanted);
    it.say(it.back(driver.id), ...given);
    it.pass(1);
    const parent = objectKey(driver.id, 1);
    expect(it.to(tab, 'lease')).toMatchObject([{ task: parent }]);
    it.say(it.session(tab.id), submit(tab.id, 1, { parent, place: PLACE.global }));
    expect(it.gcs.state.task(objectKey(tab.id, 1))?.parent).toBe(parent);
  });

  it('M3 a report of what is in records still to come is taken when they have come', async () => {
    const { it, tab, driver, key, own } = world();
    await it.commit();
    const records = [
      submit(tab.id, 1, { parent: key(3), place: PLACE.global }),
      put(tab.id, 2, { parent: key(3) }),
    ] as const;
    it.say(tab, ...records);
    await it.restart();
    const back = it.back(tab.id, {
      lastRecord: it.session(tab.id).received + 2,
      leases: [{ task: key(3), attempt: 1 }],
      copies: [{ object: own(2), sizeBytes: SIZE }],
      wants: [own(1)],
    });
    expect(it.to(tab, 'object')).toEqual([]);
    it.say(back, ...records);
    expect(it.to(tab, 'dropCopy')).toEqual([]);
    expect(it.gcs.state.task(own(1))?.parent).toBe(key(3));
    expect([...(it.gcs.state.object(own(2))?.locations ?? [])]).toEqual([tab.id]);
    it.back(driver.id);
  });
});
