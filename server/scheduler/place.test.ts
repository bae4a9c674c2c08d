import { describe, expect, it } from 'vitest';
import { decodeError } from '#shared/errors/error-record.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import type { LabelRule } from '#shared/task/node-labels.ts';
import type { Place } from '#shared/task/place.ts';
import { FUNCTION_KIND, PLACE } from '#shared/protocol/node-records.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import { shownNodeId } from '../gcs/shown-node-id.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, finish, submit } from '../gcs/testing/records.ts';

const ANYWHERE: Place = { labels: [], spread: false };

function labelled(...labels: LabelRule[]): Place {
  return { ...ANYWHERE, labels };
}

function one(key: string, value: string): LabelRule {
  return { key, op: 'in', values: [value] };
}

function onNode(id: string, soft = false): Place {
  return { ...ANYWHERE, node: { id, soft } };
}

/** A driver whose tasks and actors ask for a place. */
function driverOf(it: GcsWorld, place: Place) {
  const driver = it.driver();
  it.say(driver, ...definitions({ place }, { place }));
  let last = 0;
  const call = (fields: Parameters<typeof submit>[2] = {}): number => {
    last += 1;
    it.say(driver, submit(driver.id, last, fields));
    return objectKey(driver.id, last);
  };
  return { driver, call };
}

function leasesOf(it: GcsWorld, session: SessionRecord): number[] {
  return it.to(session, 'lease').map(({ task }) => task);
}

function errorOf(it: GcsWorld, driver: SessionRecord, key: number): Error {
  const told = it.to(driver, 'object').find(({ object }) => object === key);
  return decodeError(told?.value ?? new Uint8Array(0));
}

describe('labels', () => {
  it('S1 a task goes where all that it asks of labels is met, and waits for such a node', () => {
    const it = new GcsWorld();
    const [a, b] = [it.labelled({ zone: 'a' }), it.labelled({ zone: 'b', disk: 'ssd' })];
    const { call } = driverOf(it, labelled(one('zone', 'b'), { key: 'disk', op: 'exists', values: [] }));
    const key = call();
    expect([leasesOf(it, a), leasesOf(it, b)]).toEqual([[], [key]]);
    const other = driverOf(it, labelled(one('zone', 'c')));
    const waits = other.call();
    const c = it.labelled({ zone: 'c' });
    expect(leasesOf(it, c)).toEqual([waits]);
  });

  it('S1 a node that has not said its labels meets no rule, not even that it has none; an older node has its role', () => {
    const it = new GcsWorld();
    const untold = it.open();
    const { call } = driverOf(it, labelled({ key: 'zone', op: 'absent', values: [] }));
    const key = call();
    expect(leasesOf(it, untold)).toEqual([]);
    const old = it.open({ version: 3, role: 'tab' });
    expect(leasesOf(it, old)).toEqual([key]);
    expect(old.labels).toEqual(new Map([['role', 'tab']]));
    it.gcs.sessions.setLabels(old, [{ key: 'role', value: 'host' }]);
    expect(old.labels?.get('role')).toBe('tab');
  });

  it('S4 what no node meets is infeasible, and it is said which label it is', () => {
    const it = new GcsWorld();
    it.labelled({ zone: 'a' });
    it.labelled({ zone: 'b', disk: 'ssd' });
    const why = (place: Place): string | undefined => {
      const key = driverOf(it, place).call();
      return it.gcs.explain(key).reason;
    };
    expect(why(labelled(one('zone', 'c')))).toBe('no node has label zone=c');
    expect(why(labelled({ key: 'zone', op: 'in', values: ['c', 'd'] }))).toBe('no node has label zone in (c, d)');
    expect(why(labelled(one('zone', 'a'), one('disk', 'ssd')))).toBe(
      'no node meets all of: label zone=a, label disk=ssd',
    );
    expect(why(labelled({ key: 'role', op: 'notIn', values: ['host'] }))).toBe('every node has label role=host');
    expect(it.gcs.scheduler.infeasible()).toHaveLength(4);
    const { candidates, state } = it.gcs.explain(driverOf(it, labelled(one('disk', 'hdd'))).call());
    expect(state).toBe('infeasible');
    expect(candidates.map(({ closed }) => closed)).toEqual(['it has no label disk', 'its label disk is ssd']);
  });
});

describe('a node that is asked for', () => {
  it('S2 it goes there although others have less to do, by number and by lasting id', () => {
    const it = new GcsWorld();
    const [a, b] = [it.open(), it.open()];
    for (const id of [String(b.id), shownNodeId(b)]) {
      const keys = [1, 2].map(() => driverOf(it, onNode(id)).call());
      expect(leasesOf(it, b).slice(-2)).toEqual(keys);
      for (const key of keys) it.say(b, finish(key));
    }
    expect(leasesOf(it, a)).toEqual([]);
  });

  it('S4 a task for a node that is gone fails; one that waits for it fails when it goes', () => {
    const it = new GcsWorld();
    it.open();
    const node = it.open();
    const { driver, call } = driverOf(it, onNode(String(node.id)));
    const keys = [call(), call(), call({ fn: 1, options: 1 })];
    it.gcs.sessions.end(node, 'it left');
    // What it had is tried again, and there is no such node.
    it.pass(60_000);
    for (const key of keys) expect(errorOf(it, driver, key).message).toContain(`node ${node.id} only`);
    expect(errorOf(it, driver, keys[0] ?? 0).name).toBe('InfeasibleError');
    const late = call();
    expect(errorOf(it, driver, late).name).toBe('InfeasibleError');
    expect(it.gcs.waitingCount).toBe(0);
  });

  it('S2 with soft, another does once it is gone or could never run it, and not because it is busy', () => {
    const it = new GcsWorld();
    const [other, node] = [it.open({ cpuMilli: 2000 }), it.open()];
    const soft = driverOf(it, onNode(String(node.id), true));
    const keys = Array.from({ length: 6 }, () => soft.call());
    expect(leasesOf(it, other)).toEqual([]);
    const waiting = keys.find((key) => !leasesOf(it, node).includes(key)) ?? 0;
    const { candidates } = it.gcs.explain(waiting);
    expect(candidates.find(({ session }) => session === other.id)?.closed).toBe(
      `node ${node.id} is here, and goes before it`,
    );
    const big = it.driver();
    it.say(big, ...definitions({ place: onNode(String(node.id), true), demand: { cpuMilli: 2000, custom: {} } }));
    it.say(big, submit(big.id, 1));
    expect(leasesOf(it, other)).toEqual([objectKey(big.id, 1)]);
    it.say(other, finish(objectKey(big.id, 1)));
    it.gcs.sessions.end(node, 'it left');
    it.gcs.settle();
    expect(leasesOf(it, other).slice(1)).toEqual(expect.arrayContaining([waiting]));
  });
});

describe('spread', () => {
  it('S2 the nodes that fit take turns, however short the tasks are', () => {
    const it = new GcsWorld();
    const hosts = [it.open(), it.open({ cpuMilli: 4000 }), it.open()];
    const { call } = driverOf(it, { ...ANYWHERE, spread: true });
    const keys = Array.from({ length: 6 }, () => call());
    for (const host of hosts) expect(leasesOf(it, host)).toHaveLength(2);
    expect(it.gcs.explain(keys[0] ?? 0).reason).toBe('a node has it; it asked for spread');
    expect(it.gcs.explain(keys[0] ?? 0).candidates).toHaveLength(3);
  });
});

describe('who asks for a place', () => {
  it('S1 is placed by the server, also when its parent runs again', () => {
    const it = new GcsWorld();
    const [plain, a] = [it.labelled({}), it.labelled({ zone: 'a' })];
    const { driver } = driverOf(it, ANYWHERE);
    it.say(driver, submit(driver.id, 1));
    const parent = objectKey(driver.id, 1);
    const runner = leasesOf(it, plain).length > 0 ? plain : a;
    it.say(runner, ...definitions({ place: labelled(one('zone', 'a')) }));
    it.say(runner, submit(runner.id, 1, { parent, place: PLACE.ask }));
    expect(it.to(runner, 'assign')).toEqual([{ kind: 'assign', task: objectKey(runner.id, 1), here: false }]);
    expect(leasesOf(it, a)).toContain(objectKey(runner.id, 1));
  });

  it('S6 a second copy runs only where the first may', () => {
    const it = new GcsWorld();
    const a = it.labelled({ zone: 'a' });
    const others = [it.labelled({ zone: 'b' }), it.labelled({})];
    const { call } = driverOf(it, labelled(one('zone', 'a')));
    const key = call();
    const task = it.gcs.state.task(key);
    if (!task) throw new Error('no task');
    expect(task.fn.kind).toBe(FUNCTION_KIND.task);
    expect(it.gcs.scheduler.idleNodeFor(task, a)).toBeUndefined();
    const twin = it.labelled({ zone: 'a' });
    expect(it.gcs.scheduler.idleNodeFor(task, a)).toBe(twin);
    for (const other of others) expect(leasesOf(it, other)).toEqual([]);
  });
});
