import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, finish, submit } from '../gcs/testing/records.ts';
import { DecisionLog } from './decision-log.ts';
import { FairQueue } from './fair-queue.ts';
import type { TaskRecord } from '../gcs/entities.ts';

function tasksOf(world: GcsWorld, count: number): TaskRecord[] {
  const driver = world.driver();
  world.say(driver, ...definitions(), ...Array.from({ length: count }, (_, index) => submit(driver.id, index + 1)));
  return Array.from({ length: count }, (_, index) => world.gcs.state.tasks.get(objectKey(driver.id, index + 1))).filter(
    (task) => task !== undefined,
  );
}

describe('FairQueue', () => {
  it('S5 jobs take turns, each in its own order; removed tasks are passed over and may return', () => {
    const world = new GcsWorld();
    const [many, few] = [tasksOf(world, 5), tasksOf(world, 2)];
    const queue = new FairQueue();
    for (const task of [...many, ...few]) queue.add(task);
    const [first, second] = many;
    if (!first || !second) throw new Error('no tasks');
    queue.remove(second);
    queue.add(first);
    expect(queue.size).toBe(6);
    const taken: TaskRecord[] = [];
    for (let task = queue.take(); task; task = queue.take()) taken.push(task);
    expect(taken).toEqual([many[0], few[0], many[2], few[1], many[3], many[4]]);
    queue.add(second);
    expect(queue.take()).toBe(second);
    expect(queue.size).toBe(0);
  });

  it('taking from a long queue costs the same at the end as at the start', () => {
    const world = new GcsWorld();
    const queue = new FairQueue();
    for (const task of tasksOf(world, 50_000)) queue.add(task);
    let count = 0;
    while (queue.take()) count += 1;
    expect(count).toBe(50_000);
  });
});

describe('DecisionLog', () => {
  it('S2 keeps the newest decisions and forgets the oldest', () => {
    const log = new DecisionLog(3);
    const candidate = { session: 1, queuedUs: 0, slots: 1, missingBytes: 0, bytesPerSecond: 1, startUs: 0, waitUs: 0 };
    for (let task = 1; task <= 4; task++) log.record(task, 0, [{ ...candidate, session: task }]);
    log.record(3, 0, [{ ...candidate, session: 30 }]);
    expect(log.of(1)).toEqual([]);
    expect(log.of(3)[0]?.session).toBe(30);
    expect(log.of(4)[0]?.session).toBe(4);
  });
});

describe('GlobalScheduler', () => {
  it('S2 sends a task where its input lies rather than over the network', () => {
    const world = new GcsWorld();
    const hosts = [world.open(), world.open()];
    const driver = world.driver();
    world.say(driver, ...definitions(), submit(driver.id, 1));
    const holder = hosts.find((host) => world.to(host, 'lease').length > 0);
    if (!holder) throw new Error('nobody got it');
    world.say(holder, finish(objectKey(driver.id, 1), { value: new Uint8Array(0), sizeBytes: 500_000_000 }));
    for (const host of hosts) world.say(host, ...definitions());
    world.say(driver, submit(driver.id, 2, { deps: [objectKey(driver.id, 1)] }));
    expect(world.to(holder, 'lease').at(-1)).toMatchObject({ task: objectKey(driver.id, 2) });
    expect(
      world.gcs.scheduler.explain(objectKey(driver.id, 2)).candidates.map(({ missingBytes }) => missingBytes),
    ).toEqual([0, 500_000_000]);
  });

  it('S3 a node whose tasks are all blocked takes what they wait for, once its report is sure to say so', () => {
    const world = new GcsWorld();
    const host = world.open();
    const driver = world.driver();
    const parent = objectKey(driver.id, 1);
    // The second is what it may have ahead.
    world.say(driver, ...definitions(), submit(driver.id, 1), submit(driver.id, 2));
    expect(world.to(host, 'lease')).toHaveLength(2);
    world.say(host, ...definitions(), submit(host.id, 1, { parent }));
    expect(world.gcs.scheduler.waitingCount).toBe(1);
    world.pass(5_000);
    // It has not told anything yet, so what it was given counts.
    expect(world.gcs.scheduler.waitingCount).toBe(1);
    host.load = { ...host.load, runningTasks: 1 };
    world.pass(5_000);
    expect(world.gcs.scheduler.waitingCount).toBe(1);
    host.load = { ...host.load, runningTasks: 0, freeCpuMilli: 1000 };
    world.pass(250);
    expect(world.to(host, 'lease').at(-1)).toMatchObject({ task: objectKey(host.id, 1) });
    // What was given just now is in no report yet.
    world.say(host, submit(host.id, 2, { parent }));
    world.pass(250);
    expect(world.gcs.scheduler.waitingCount).toBe(1);
    world.pass(1_000);
    expect(world.gcs.scheduler.waitingCount).toBe(0);
  });

  it('T2 a stranger’s node that always says its tasks are blocked does not gather all there are', () => {
    const world = new GcsWorld();
    const tab = world.stranger();
    tab.load = { ...tab.load, runningTasks: 0 };
    const driver = world.driver();
    world.say(driver, ...definitions({ trust: 'unchecked' }));
    for (let n = 1; n <= 100; n++) world.say(driver, submit(driver.id, n));
    for (let second = 0; second < 100; second++) world.pass(1_250);
    expect(world.to(tab, 'lease')).toHaveLength(16);
  });

  it('S2 spreads equal work over equal nodes and gives short tasks ahead', () => {
    const world = new GcsWorld();
    const hosts = [world.open(), world.open()];
    const driver = world.driver();
    world.say(driver, ...definitions(), ...Array.from({ length: 100 }, (_, index) => submit(driver.id, index + 1)));
    const given = hosts.map((host) => world.to(host, 'lease').length);
    expect(given[0]).toBe(given[1]);
    for (const host of hosts)
      for (const { task } of world.to(host, 'lease')) world.say(host, finish(task, { durationUs: 10 }));
    expect(world.gcs.scheduler.waitingCount).toBe(0);
  });

  it('S1 an actor lives on a host where one could ever have it, else on a tab', () => {
    const world = new GcsWorld();
    const create = { fn: 1, options: 1 };
    const tab = world.open({ role: 'tab' });
    const driver = world.driver();
    world.say(driver, ...definitions(), submit(driver.id, 1, create));
    expect(world.to(tab, 'lease')).toHaveLength(1);
    const host = world.open();
    for (let number = 2; number <= 5; number += 1) world.say(driver, submit(driver.id, number, create));
    expect(world.to(tab, 'lease')).toHaveLength(1);
    expect(world.to(host, 'lease').length + world.gcs.scheduler.waitingCount).toBe(4);
  });
});
