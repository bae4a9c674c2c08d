import { beforeEach, describe, expect, it } from 'vitest';

import { objectKey } from '#shared/ids/object-key.ts';
import type { NodeRecordOf } from '#shared/protocol/node-records.ts';
import { callDigest } from '#shared/task/call-digest.ts';
import { DECISION, type HistoryEntry, readEntries } from '#shared/task/history-entries.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { MemoryDisk } from '../storage/memory-storage.ts';
import type { SessionRecord } from './entities.ts';
import { answerHistory } from './histories.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { definitions, finish, finishStored, put, submit as submitted } from './testing/records.ts';

const NO_BYTES = new Uint8Array(0);
/** What `main` calls stays on its node. */
const submit: typeof submitted = (session, number, fields) =>
  submitted(session, number, fields?.parent === undefined ? fields : { place: 0, ...fields });

let world: GcsWorld;
let host: SessionRecord;
let main: number;

const decision = (what: number, op: number, number = 0, value = NO_BYTES): NodeRecordOf<'decision'> => ({
  kind: 'decision',
  task: main,
  what,
  op,
  number,
  value,
});
const checkpoint = (position: number, nested: number[] = []): NodeRecordOf<'checkpoint'> => ({
  kind: 'checkpoint',
  task: main,
  position,
  value: Uint8Array.of(1, 2, 3),
  nested,
});
const release = (object: number): NodeRecordOf<'release'> => ({ kind: 'release', object, holder: main });

function entriesFor(session: SessionRecord, attempt: number): HistoryEntry[] {
  const { entries } = answerHistory(world.gcs.state, session, { task: main, attempt, from: 0 });
  return readEntries(new ByteReader(entries));
}

/** The node of `main` is gone, and another has it. */
function moveMain(): SessionRecord {
  const next = world.open({ cpuMilli: 4000 });
  world.say(next, ...definitions());
  world.gcs.sessions.end(host, 'killed');
  for (let waited = 0; waited < 100 && world.gcs.state.task(main)?.assigned !== next.id; waited++) world.pass(1000);
  host = next;
  return next;
}

beforeEach(() => {
  world = new GcsWorld(new MemoryDisk());
  const driver = world.driver();
  main = objectKey(driver.id, 1);
  world.say(
    driver,
    { kind: 'function', fn: 0, module: 'm', name: MAIN_FUNCTION, functionKind: 0 },
    { kind: 'options', options: 0, json: optionsToJson({ ...DEFAULT_OPTIONS, demand: { cpuMilli: 0, custom: {} } }) },
  );
  host = world.open({ cpuMilli: 4000 });
  world.say(host, ...definitions());
  world.say(driver, submit(driver.id, 1));
});

describe('the history of a durable main', () => {
  it('J1 has calls, puts and decisions in the order of the journal, and is told to the next run alone', () => {
    world.say(
      host,
      submit(host.id, 1, { parent: main }),
      decision(DECISION.opened, 0, 5),
      finish(objectKey(host.id, 1)),
      decision(DECISION.settled, 0, 0, Uint8Array.of(7)),
      put(host.id, 2, { parent: main, k: 1 }),
      decision(DECISION.random, 0, 0.5),
    );
    const former = host;
    const next = moveMain();
    const attempt = world.gcs.state.task(main)?.attempt ?? 0;
    expect(entriesFor(next, attempt)).toMatchObject([
      { kind: 'name', name: 'job.ts#square' },
      { kind: 'call', key: objectKey(former.id, 1) },
      { kind: 'opened', op: 0, digest: 5 },
      { kind: 'settled', op: 0, outcome: Uint8Array.of(7) },
      { kind: 'put', key: objectKey(former.id, 2) },
      { kind: 'random', value: 0.5 },
    ]);
    expect(answerHistory(world.gcs.state, next, { task: main, attempt, from: 0 }).lost).toEqual([
      objectKey(former.id, 2),
    ]);
    expect(() => answerHistory(world.gcs.state, next, { task: main, attempt: attempt - 1, from: 0 })).toThrow(
      'another run',
    );
  });

  it('J1 a run that was given up adds nothing to it', () => {
    const former = host;
    const next = moveMain();
    world.say(former, submit(former.id, 9, { parent: main }), decision(DECISION.now, 0, 1));
    expect(entriesFor(next, 2)).toEqual([]);
  });

  it('J1 A3 an actor that was there already is called again by another run, and it is the same', () => {
    const named = { name: 'board', getIfExists: true };
    world.say(host, ...definitions({}, named));
    const create = { parent: main, fn: 1, options: 1, place: 1 };
    const board = objectKey(host.id, 1);
    world.say(host, submit(host.id, 1, create), submit(host.id, 2, create));
    world.say(host, submit(host.id, 3, { parent: main, fn: 2, actor: objectKey(host.id, 2), place: 1 }));
    const { entries } = answerHistory(world.gcs.state, host, { task: main, attempt: 1, from: 0 });
    const calls = readEntries(new ByteReader(entries)).filter((entry) => entry.kind === 'call');
    expect(calls.map(({ key }) => key)).toEqual([board, board, objectKey(host.id, 3)]);
    // As the next run counts it, whose handles have the key of the history.
    expect(calls[2]?.digest).toBe(callDigest({ name: 'inc', args: NO_BYTES, refs: [board] }));
  });

  it('J1 small results that were let go stay, large ones are made again when another run asks', () => {
    const [small, large] = [objectKey(host.id, 1), objectKey(host.id, 2)];
    world.say(host, submit(host.id, 1, { parent: main }), submit(host.id, 2, { parent: main }));
    world.say(host, finish(small), finishStored(large), release(small), release(large));
    expect(world.gcs.state.objects.get(small)?.status).toBe('inline');
    expect(world.gcs.state.objects.get(large)?.status).toBe('freed');
    expect(world.to(host, 'dropCopy')).toEqual([{ kind: 'dropCopy', object: large }]);
    const next = moveMain();
    expect(world.gcs.state.tasks.get(large)?.state).toBe('finished');
    world.say(next, { kind: 'want', object: large });
    expect(world.gcs.state.tasks.get(large)?.state).toBe('leased');
    world.say(next, finishStored(large, { attempt: 2 }));
    expect(world.to(next, 'object').at(-1)).toMatchObject({ object: large, status: 1 });
    expect(world.gcs.state.objects.get(large)?.status).toBe('stored');
  });

  it('J1 a checkpoint forgets what led to it, and what no other run can name ends', () => {
    const [kept, gone, running] = [1, 2, 3].map((n) => objectKey(host.id, n)) as [number, number, number];
    world.say(host, ...[1, 2, 3].map((n) => submit(host.id, n, { parent: main })));
    world.say(host, finish(kept), finish(gone), release(gone), checkpoint(3, [kept]));
    expect(world.gcs.state.objects.get(gone)).toBeUndefined();
    world.say(host, release(kept));
    expect(world.gcs.state.objects.get(kept)?.status).toBe('inline');
    expect(world.gcs.state.tasks.get(running)?.state).not.toBe('finished');
    const next = moveMain();
    expect(world.gcs.state.tasks.get(running)).toBeUndefined();
    const answer = answerHistory(world.gcs.state, next, { task: main, attempt: 2, from: 0 });
    expect(answer).toMatchObject({ hasState: true, position: 3, nested: [kept] });
    expect(answer.entries).toHaveLength(0);
  });

  it('J1 G2 it is on the disk, and the next life of the server has it', async () => {
    world.say(host, submit(host.id, 1, { parent: main }), finish(objectKey(host.id, 1)), checkpoint(1, []));
    world.say(host, submit(host.id, 2, { parent: main }), put(host.id, 3, { parent: main, k: 2 }));
    world.gcs.state.histories.of(main)?.printed();
    world.say(host, decision(DECISION.now, 0, 12.5));
    await world.commit();
    await world.restart();
    const history = world.gcs.state.histories.of(main);
    expect(history).toMatchObject({ position: 1, lines: 1 });
    expect(history?.checkpoint).toEqual({ state: Uint8Array.of(1, 2, 3), nested: [] });
    expect([...(history?.keys ?? [])]).toEqual([objectKey(host.id, 2), objectKey(host.id, 3)]);
    expect(history?.puts.get(2)).toBe(objectKey(host.id, 3));
    const { entries } = history?.read(0, 1e6) ?? { entries: NO_BYTES };
    expect(readEntries(new ByteReader(entries)).map(({ kind }) => kind)).toEqual(['name', 'call', 'put', 'now']);
  });

  it('J1 it is told in pieces', () => {
    const history = world.gcs.state.histories.of(main);
    for (let n = 1; n <= 5000; n++) history?.addCall(n, 'job.ts#square', n);
    let told = 0;
    let pieces = 0;
    for (let from = 0; ; pieces++) {
      const { entries, next } = history?.read(from, 4_000) ?? { entries: NO_BYTES, next: 0 };
      told += readEntries(new ByteReader(entries)).length;
      if (next === 0) break;
      from = next;
    }
    expect(told).toBe(5001);
    expect(pieces).toBeGreaterThan(2);
  });

  it('J1 100 000 rounds with checkpoints leave a bounded history: rows and bytes', async () => {
    const ROUNDS = 100_000;
    const EVERY = 10;
    let [rows, bytes, objects, made] = [0, 0, 0, 0];
    for (let round = 0; round < ROUNDS; round++) {
      const n = round * 2 + 1;
      const [weights, loss] = [objectKey(host.id, n), objectKey(host.id, n + 1)];
      world.say(
        host,
        put(host.id, n, { parent: main, k: round * 2 }),
        submit(host.id, n + 1, { parent: main, nested: [weights] }),
        decision(DECISION.opened, 0, 1),
        finish(loss),
        decision(DECISION.settled, 0, 0, Uint8Array.of(1)),
        release(weights),
        release(loss),
      );
      if (round % EVERY === EVERY - 1) world.say(host, checkpoint(round * 2));
      const { state } = world.gcs;
      const history = state.histories.of(main);
      rows = Math.max(rows, history?.rowCount ?? 0);
      bytes = Math.max(bytes, history?.sizeBytes ?? 0);
      objects = Math.max(objects, state.objects.size + state.tasks.size);
      made = Math.max(made, state.task(main)?.made.length ?? 0);
      if (round % 1000 === 0) await world.commit();
      if (round % 1000 === 0) world.commands.length = world.ended.length = 0;
    }
    await world.commit();
    expect(rows).toBeLessThanOrEqual(4);
    expect(bytes).toBeLessThan(EVERY * 200);
    expect(objects).toBeLessThan(EVERY * 6);
    expect(made).toBeLessThan(EVERY * 4);
    expect(Object.keys(world.rows()['histories'] ?? {}).length).toBeLessThanOrEqual(4);
  });

  it('J1 O1 what was put is put again by another run, but not by one that begins behind it', () => {
    const [before, behind] = [1, 2].map((n) => objectKey(host.id, n)) as [number, number];
    world.say(host, put(host.id, 1, { parent: main, k: 0 }), checkpoint(1, [before]));
    world.say(host, put(host.id, 2, { parent: main, k: 1 }));
    const next = moveMain();
    world.say(next, { kind: 'want', object: before }, { kind: 'want', object: behind });
    expect(world.to(next, 'object')).toMatchObject([{ object: before, status: 2 }]);
    // It was not told that it has to, so it begins anew and is.
    expect(world.gcs.state.task(main)?.attempt).toBe(3);
    world.pass(60_000);
    expect(answerHistory(world.gcs.state, next, { task: main, attempt: 3, from: 0 }).lost).toEqual([behind]);
    world.say(next, put(next.id, 5, { parent: main, k: 1 }));
    expect(world.to(next, 'object').at(-1)).toMatchObject({ object: behind, status: 1 });
  });

  it('J1 nothing of it is left when main is over', async () => {
    world.say(host, submit(host.id, 1, { parent: main }), finish(objectKey(host.id, 1)), checkpoint(1, []));
    world.say(host, submit(host.id, 2, { parent: main }), finish(objectKey(host.id, 2)));
    await world.commit();
    world.say(host, finish(main));
    await world.commit();
    expect(world.gcs.state.histories.size).toBe(0);
    expect(world.rows()['histories']).toEqual({});
    expect([1, 2].map((n) => world.gcs.state.objects.get(objectKey(host.id, n)))).toEqual([undefined, undefined]);
  });

  it('J1 W1 on a node of a former release it ends: what is called again is found by its name', () => {
    world.say(host, submit(host.id, 1, { parent: main }), finish(objectKey(host.id, 1)));
    const old = world.open({ version: 3, cpuMilli: 4000 });
    world.gcs.sessions.end(host, 'killed');
    for (let waited = 0; waited < 100 && world.gcs.state.task(main)?.assigned !== old.id; waited++) world.pass(1000);
    expect(world.gcs.state.histories.size).toBe(0);
    world.say(old, ...definitions(), submit(old.id, 1, { parent: main, k: 1, place: 2 }));
    expect(world.to(old, 'object').at(-1)).toMatchObject({ object: objectKey(old.id, 1), status: 0 });
  });

  it('J1 it is started again as often as nodes leave, as long as it comes further', () => {
    for (let n = 1; n <= 60; n++) {
      world.say(host, decision(DECISION.now, 0, n));
      moveMain();
    }
    expect(world.gcs.state.task(main)).toMatchObject({ state: 'leased', losses: 1 });
  });
});
