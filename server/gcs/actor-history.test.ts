import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import {
  END_REASON,
  FUNCTION_KIND,
  type NodeRecord,
  type NodeRecordOf,
  OUTCOME,
  PLACE,
} from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { DEFAULT_OPTIONS, optionsToJson, type ResolvedOptions } from '#shared/task/task-options.ts';
import { errorNames } from '#shared/errors/error-names.ts';
import { hasGap, MAX_REPEATED_CALLS } from './actor-history.ts';
import type { SessionRecord } from './entities.ts';
import { GcsWorld } from './testing/gcs-world.ts';

const NONE = new Uint8Array(0);
const VALUE = Uint8Array.of(1);

/** A cluster with two nodes, a driver, and an actor of its that lives on one of them. */
function world(options: Partial<ResolvedOptions> = {}): Cluster {
  const it = new GcsWorld();
  const host = it.open();
  const driver = it.driver();
  const key = (number: number): number => objectKey(driver.id, number);
  const actorOptions = {
    ...DEFAULT_OPTIONS,
    demand: { cpuMilli: 0, custom: {} },
    maxRestarts: 2,
    actor: { className: 'Counter', methods: ['inc'] },
    ...options,
  };
  it.say(
    driver,
    { kind: 'function', fn: 0, module: 'm', name: 'job#f', functionKind: FUNCTION_KIND.task },
    { kind: 'function', fn: 1, module: 'm', name: 'job#Counter', functionKind: FUNCTION_KIND.actor },
    { kind: 'function', fn: 2, module: '', name: 'Counter.inc', functionKind: FUNCTION_KIND.method },
    { kind: 'options', options: 0, json: optionsToJson({ ...DEFAULT_OPTIONS, demand: { cpuMilli: 0, custom: {} } }) },
    { kind: 'options', options: 1, json: optionsToJson(actorOptions) },
    submit(key(1), { fn: 1, options: 1 }),
  );
  it.say(host, finish(key(1)));
  const spare = it.open();
  it.commands.length = 0;
  return { it, host, driver, spare, key, actor: key(1) };
}

interface Cluster {
  readonly it: GcsWorld;
  readonly host: SessionRecord;
  readonly driver: SessionRecord;
  readonly spare: SessionRecord;
  readonly key: (number: number) => number;
  readonly actor: number;
}

function submit(task: number, fields: Partial<NodeRecordOf<'submit'>> = {}): NodeRecord {
  const rest = { deps: [], nested: [], k: 0, place: PLACE.global, args: NONE };
  return { kind: 'submit', task, parent: 0, actor: 0, fn: 0, options: 0, ...rest, ...fields };
}

function call(task: number, actor: number, fields: Partial<NodeRecordOf<'submit'>> = {}): NodeRecord {
  return submit(task, { actor, fn: 2, ...fields });
}

function finish(task: number, fields: Partial<NodeRecordOf<'finish'>> = {}): NodeRecord {
  const rest = { outcome: OUTCOME.value, durationUs: 1, sizeBytes: 1, value: VALUE, nested: [], attempt: 1 };
  return { kind: 'finish', task, ...rest, ...fields };
}

function began(actor: number, task: number, number: number, incarnation = 1): NodeRecord {
  return { kind: 'began', actor, incarnation, task, number };
}

function saved(actor: number, object: number, number: number, fields: Partial<NodeRecordOf<'saved'>> = {}): NodeRecord {
  return {
    kind: 'saved',
    object,
    actor,
    incarnation: 1,
    number,
    sizeBytes: 1,
    value: VALUE,
    nested: [],
    ...fields,
  };
}

/** Two calls were answered, a third began, a fourth did not. */
function busy({ it, host, driver, key, actor }: Cluster): void {
  it.say(driver, ...[2, 3, 4, 5].map((number) => call(key(number), actor, { k: number })));
  it.say(
    host,
    began(actor, key(2), 1),
    finish(key(2)),
    began(actor, key(3), 2),
    finish(key(3)),
    began(actor, key(4), 3),
  );
  it.commands.length = 0;
}

/** Leases to a session: what, and for whom in order. */
function leases({ it }: Cluster, session: SessionRecord): readonly (readonly [number, number, number])[] {
  return it.to(session, 'lease').map(({ task, attempt, caller }) => [task, attempt, caller]);
}

describe('the history of an actor', () => {
  it('A2 is repeated by the next life in the order in which calls began, each reply given once', () => {
    const cluster = world();
    const { it, host, driver, spare, key, actor } = cluster;
    busy(cluster);
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    it.say(spare, finish(actor, { attempt: 2 }));
    expect(it.to(spare, 'restore')).toEqual([{ kind: 'restore', actor, object: 0, number: 0 }]);
    expect(leases(cluster, spare)).toEqual([
      [actor, 2, driver.id],
      [key(2), 2, actor],
      [key(3), 2, actor],
      [key(4), 2, actor],
    ]);
    expect(it.gcs.state.actors.get(actor)?.state).toBe('restarting');
    it.say(spare, began(actor, key(2), 1, 2), finish(key(2), { attempt: 2 }));
    it.say(spare, began(actor, key(3), 2, 2), finish(key(3), { attempt: 2 }), began(actor, key(4), 3, 2));
    expect(it.to(driver, 'object')).toEqual([]);
    it.say(spare, finish(key(4), { attempt: 2 }));
    expect(it.to(driver, 'object').map(({ object }) => object)).toEqual([key(4)]);
    // What had not begun comes behind, and then the actor counts as alive.
    expect(leases(cluster, spare).at(-1)).toEqual([key(5), 2, driver.id]);
    expect(it.to(spare, 'caughtUp')).toEqual([{ kind: 'caughtUp', actor, incarnation: 2 }]);
    expect(it.commands.at(-1)?.command.kind).toBe('caughtUp');
    expect(it.gcs.state.actors.get(actor)).toMatchObject({ state: 'alive', restarts: 0 });
  });

  it('A2 O3 arguments and what a call made stay until a checkpoint covers it', () => {
    const cluster = world();
    const { it, host, driver, key, actor } = cluster;
    const [input, made] = [key(9), objectKey(host.id, 9)];
    it.say(driver, {
      kind: 'put',
      object: input,
      parent: 0,
      sizeBytes: 1,
      value: VALUE,
      nested: [],
      k: 0,
      digest: NONE,
    });
    it.say(driver, call(key(2), actor, { deps: [input] }));
    it.say(host, began(actor, key(2), 1));
    it.say(host, { kind: 'function', fn: 0, module: 'm', name: 'job#f', functionKind: FUNCTION_KIND.task });
    it.say(host, { kind: 'options', options: 0, json: optionsToJson(DEFAULT_OPTIONS) });
    it.say(host, submit(made, { parent: key(2), place: PLACE.here }), finish(made), finish(key(2)));
    it.say(host, { kind: 'release', object: made, holder: actor });
    for (const object of [input, key(2)]) it.say(driver, { kind: 'release', object, holder: 0 });
    expect([input, made].map((object) => it.gcs.state.objects.has(object))).toEqual([true, true]);
    expect(it.gcs.state.tasks.has(key(2))).toBe(true);
    const state = objectKey(host.id, 10);
    it.say(host, saved(actor, state, 1));
    expect([input, made, state].map((object) => it.gcs.state.objects.has(object))).toEqual([false, false, true]);
    expect(it.gcs.state.tasks.has(key(2))).toBe(false);
    it.say(host, saved(actor, objectKey(host.id, 11), 1));
    expect(it.gcs.state.objects.has(state)).toBe(false);
  });

  it('T3 M2 a call began neither before its actor lived nor where nobody was given it', () => {
    const { it, host, driver, spare, key } = world();
    const made = key(20);
    it.say(driver, submit(made, { fn: 1, options: 1 }), call(key(21), made), call(key(22), made));
    const maker = it.to(host, 'lease').some(({ task }) => task === made) ? host : spare;
    const other = maker === host ? spare : host;
    it.say(maker, began(made, key(21), 1));
    expect(it.gcs.state.actors.get(made)?.history.calls).toEqual([]);
    it.gcs.sessions.end(maker, 'gone');
    it.gcs.settle();
    it.pass(60_000);
    it.say(other, began(made, key(21), 1, 2), finish(made, { attempt: 2 }));
    it.say(other, began(made, key(21), 1, 1), finish(key(21)), began(made, key(22), 2, 1), finish(key(22)));
    expect(it.gcs.state.actors.get(made)).toMatchObject({ state: 'alive', history: { calls: [{}, {}] } });
    expect(it.to(driver, 'object').map(({ object }) => object)).toEqual(expect.arrayContaining([key(21), key(22)]));
  });

  it('T3 O3 a node saves under names of its own only', () => {
    const cluster = world();
    const { it, host, driver, key, actor } = cluster;
    busy(cluster);
    const input = key(9);
    const value = { parent: 0, sizeBytes: 1, value: VALUE, nested: [], k: 0, digest: NONE };
    it.say(driver, { kind: 'put', object: input, ...value });
    for (const object of [0, key(90), objectKey(99, 1)]) it.say(host, saved(actor, object, 1, { nested: [input] }));
    expect([0, key(90), objectKey(99, 1)].filter((object) => it.gcs.state.objects.has(object))).toEqual([]);
    it.say(driver, { kind: 'release', object: input, holder: 0 });
    expect(it.gcs.state.objects.has(input)).toBe(false);
  });

  it('A2 a life after a checkpoint restores it and repeats only what came later', () => {
    const cluster = world();
    const { it, host, spare, key, actor } = cluster;
    busy(cluster);
    const state = objectKey(host.id, 10);
    it.say(host, saved(actor, state, 2));
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    expect(it.to(spare, 'object')).toMatchObject([{ object: state, status: OBJECT_STATUS.inline }]);
    expect(it.to(spare, 'restore')).toEqual([{ kind: 'restore', actor, object: state, number: 2 }]);
    it.say(spare, finish(actor, { attempt: 2 }));
    expect(leases(cluster, spare).slice(1)).toEqual([[key(4), 2, actor]]);
  });

  it('A2 the call that an actor was at when it crashed fails; the others are repeated', () => {
    const cluster = world();
    const { it, host, driver, key, actor } = cluster;
    busy(cluster);
    it.say(host, { kind: 'actorDown', actor, incarnation: 1, reason: END_REASON.workerCrashed, message: 'crash' });
    const told = it.to(driver, 'object');
    expect(told.map(({ object }) => object)).toEqual([key(4)]);
    expect(errorNames(told[0]?.value ?? NONE)).toContain('ActorUnavailableError');
    const next = it.gcs.state.sessions.get(it.gcs.state.actors.get(actor)?.creation.assigned ?? 0) ?? host;
    it.say(next, finish(actor, { attempt: 2 }));
    expect(
      leases(cluster, next)
        .slice(1)
        .map(([task]) => task),
    ).toEqual([key(2), key(3)]);
  });

  it('L9 a method that is repeated finds its own calls in the record', () => {
    const cluster = world();
    const { it, host, driver, spare, key, actor } = cluster;
    const other = key(6);
    it.say(driver, submit(other, { fn: 1, options: 1, k: 1 }));
    const home = it.gcs.state.tasks.get(other)?.assigned === spare.id ? spare : host;
    it.say(home, finish(other));
    for (const node of [host, spare]) {
      it.say(node, { kind: 'function', fn: 2, module: '', name: 'Counter.inc', functionKind: FUNCTION_KIND.method });
      it.say(node, { kind: 'options', options: 0, json: optionsToJson(DEFAULT_OPTIONS) });
    }
    const inner = objectKey(host.id, 9);
    it.say(driver, call(key(2), actor));
    it.say(host, began(actor, key(2), 1), call(inner, other, { parent: key(2) }));
    it.say(home, began(other, inner, 1), finish(inner));
    it.say(host, finish(key(2)));
    it.say(driver, { kind: 'killActor', actor, noRestart: false });
    it.say(host, {
      kind: 'actorDown',
      actor,
      incarnation: 1,
      reason: END_REASON.bystander,
      message: 'its node wants it',
    });
    const next = it.gcs.state.sessions.get(it.gcs.state.actors.get(actor)?.creation.assigned ?? 0) ?? host;
    it.say(next, finish(actor, { attempt: 2 }), began(actor, key(2), 1, 2));
    it.commands.length = 0;
    const again = objectKey(next.id, 20);
    it.say(next, call(again, other, { parent: key(2), place: PLACE.ask }));
    expect(it.to(home, 'lease')).toEqual([]);
    expect(it.to(next, 'object')).toMatchObject([{ object: again, status: OBJECT_STATUS.inline, value: VALUE }]);
  });

  it('A2 a reply that was lost with its node comes again with the repetition', () => {
    const cluster = world();
    const { it, host, driver, spare, key, actor } = cluster;
    it.say(driver, call(key(2), actor));
    it.say(host, began(actor, key(2), 1), finish(key(2), { value: NONE, sizeBytes: 5000 }));
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    it.commands.length = 0;
    it.say(driver, { kind: 'want', object: key(2) });
    expect(it.to(driver, 'object')).toEqual([]);
    it.say(spare, finish(actor, { attempt: 2 }), began(actor, key(2), 1, 2));
    it.say(spare, finish(key(2), { attempt: 2, value: NONE, sizeBytes: 5000 }));
    expect(it.to(driver, 'object')).toMatchObject([{ object: key(2), status: OBJECT_STATUS.stored }]);
  });

  it('A2 O4 a node that repeats a call whose reply it has keeps that; another drops what it made', () => {
    const cluster = world();
    const { it, host, driver, spare, key, actor } = cluster;
    it.say(driver, call(key(2), actor));
    it.say(host, began(actor, key(2), 1), finish(key(2), { value: NONE, sizeBytes: 5000 }));
    it.say(spare, { kind: 'located', object: key(2), present: true, sizeBytes: 5000 });
    const repeatOn = (session: SessionRecord, incarnation: number): number => {
      it.say(session, finish(actor, { attempt: incarnation }), began(actor, key(2), 1, incarnation));
      it.say(session, finish(key(2), { attempt: incarnation, value: NONE, sizeBytes: 5000 }));
      return it.to(session, 'dropCopy').length;
    };
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    expect(repeatOn(spare, 2)).toBe(0);
    expect([...(it.gcs.state.object(key(2))?.locations ?? [])]).toEqual([spare.id]);
  });

  it('A2 L7 a call in the hands of its node is cancelled by that: only it knows whether the call began', () => {
    const cluster = world();
    const { it, host, driver, spare, key, actor } = cluster;
    it.say(driver, call(key(2), actor), call(key(3), actor, { k: 1 }));
    it.say(driver, { kind: 'cancel', task: key(2), recursive: false, force: false });
    expect(it.to(host, 'cancelTask')).toMatchObject([{ task: key(2) }]);
    expect(it.gcs.state.tasks.get(key(2))?.state).toBe('leased');
    it.say(host, began(actor, key(2), 1), began(actor, key(3), 2));
    // It was taken out of the worker's queue.
    it.say(host, began(actor, key(2), 0), finish(key(2), { outcome: OUTCOME.error }));
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    it.say(spare, finish(actor, { attempt: 2 }));
    expect(
      leases(cluster, spare)
        .slice(1)
        .map(([task]) => task),
    ).toEqual([key(3)]);
  });

  it('A2 of too many calls without a checkpoint none is repeated, and somebody is told; a checkpoint mends that', () => {
    const cluster = world();
    const { it, host, driver, spare, key, actor } = cluster;
    for (let n = 1; n <= MAX_REPEATED_CALLS + 1; n++) {
      it.say(driver, call(key(n + 1), actor, { k: n }));
      it.say(host, began(actor, key(n + 1), n), finish(key(n + 1)));
    }
    expect(it.events.filter(({ kind }) => kind === 'actor-not-repeatable')).toHaveLength(1);
    expect(it.gcs.state.actors.get(actor)?.history).toMatchObject({ calls: [], bytes: 0 });
    const last = MAX_REPEATED_CALLS + 2;
    it.say(host, saved(actor, objectKey(host.id, 10), last - 1));
    it.say(driver, call(key(last + 1), actor));
    it.say(host, began(actor, key(last + 1), last), finish(key(last + 1)));
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    it.say(spare, finish(actor, { attempt: 2 }));
    expect(
      leases(cluster, spare)
        .slice(1)
        .map(([task]) => task),
    ).toEqual([key(last + 1)]);
  });

  it('A2 a checkpoint that was under way when calls were let go mends nothing; one behind them stands for no later call', () => {
    const cluster = world();
    const { it, host, driver, spare, key, actor } = cluster;
    const last = MAX_REPEATED_CALLS + 1;
    const answer = (number: number): void => {
      it.say(driver, call(key(number + 1), actor, { k: number }));
      it.say(host, began(actor, key(number + 1), number), finish(key(number + 1)));
    };
    for (let number = 1; number <= last; number++) answer(number);
    const isBroken = (): boolean => {
      const history = it.gcs.state.actors.get(actor)?.history;
      return history === undefined || hasGap(history);
    };
    answer(last + 1);
    it.say(host, saved(actor, objectKey(host.id, 10), last - 1));
    expect(isBroken()).toBe(true);
    it.say(host, saved(actor, objectKey(host.id, 11), last));
    expect(isBroken()).toBe(false);
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    it.say(spare, finish(actor, { attempt: 2 }));
    expect(leases(cluster, spare).slice(1)).toEqual([[key(last + 2), 2, actor]]);
  });

  it('A2 M3 outlives the server; a life whose repetition the server lost sight of begins anew', async () => {
    const cluster = world();
    const { it, host, spare, key, actor } = cluster;
    busy(cluster);
    it.say(host, saved(actor, objectKey(host.id, 10), 1));
    it.gcs.sessions.end(host, 'gone');
    it.gcs.settle();
    it.say(spare, finish(actor, { attempt: 2 }));
    await it.commit();
    await it.restart();
    const { history, state } = it.gcs.state.actors.get(actor) ?? {};
    expect(state).toBe('restarting');
    expect(history).toMatchObject({ checkpoint: objectKey(host.id, 10), checkpointNumber: 1 });
    expect(history && hasGap(history)).toBe(false);
    expect(history?.calls.map((each) => each.key)).toEqual([key(3), key(4)]);
    const driverId = cluster.driver.id;
    const back = it.back(spare.id, { actors: [{ actor, incarnation: 2 }] });
    back.version = spare.version;
    it.back(driverId);
    it.pass(1);
    expect(it.to(back, 'killActor')).toMatchObject([{ actor, incarnation: 2 }]);
    expect(it.to(back, 'lease')).toMatchObject([{ task: actor, incarnation: 3 }]);
    expect(it.to(back, 'restore')).toMatchObject([{ object: objectKey(host.id, 10), number: 1 }]);
  });
});
