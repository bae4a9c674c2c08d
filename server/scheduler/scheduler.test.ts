import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { objectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import { DEFAULT_OPTIONS, optionsToJson, type ResolvedOptions } from '#shared/task/task-options.ts';
import type { SessionRecord } from '../gcs/entities.ts';
import { GcsWorld } from '../gcs/testing/gcs-world.ts';
import { definitions, failed, finish, submit } from '../gcs/testing/records.ts';
import { DecisionLog } from './decision-log.ts';
import type { Explanation } from './explain.ts';

describe('DecisionLog', () => {
  it('S2 keeps the newest decisions and forgets the oldest', () => {
    const log = new DecisionLog(3);
    const candidate = {
      session: 1,
      queuedUs: 0,
      slots: 1,
      missingBytes: 0,
      bytesPerSecond: 1,
      startUs: 0,
      slowerUs: 0,
      waitUs: 0,
    };
    for (let task = 1; task <= 4; task++) log.record(task, [{ ...candidate, session: task }]);
    log.record(3, [{ ...candidate, session: 30 }]);
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

  it('S2 a node that takes longer than others gets less; so does one that others overtake', () => {
    const world = new GcsWorld();
    const hosts = [world.open(), world.open()];
    const driver = world.driver();
    world.say(driver, ...definitions({ idempotent: true }));
    let number = 0;
    /** Runs so many tasks at a time wherever they go; the first host takes ten times as long. */
    const run = (count: number): SessionRecord[] => {
      const keys = Array.from({ length: count }, () => objectKey(driver.id, (number += 1)));
      world.say(driver, ...keys.map((_, index) => submit(driver.id, number - count + index + 1)));
      return keys.map((key) => {
        const session = world.session(world.gcs.state.task(key)?.assigned ?? 0);
        world.say(session, finish(key, { durationUs: session === hosts[0] ? 1_000_000 : 100_000 }));
        return session;
      });
    };
    for (let count = 0; count < 20; count++) run(2);
    expect(Array.from({ length: 10 }, () => run(1)[0]?.id)).toEqual(Array(10).fill(hosts[1]?.id));
    const [best, other] = world.gcs.scheduler.decisions.of(objectKey(driver.id, number));
    expect([best?.session, other?.session]).toEqual([hosts[1]?.id, hosts[0]?.id]);
    expect(other?.slowerUs).toBeGreaterThan(100_000);
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
    world.gcs.sessions.setLoad(host, { ...host.load, runningTasks: 1 });
    world.pass(5_000);
    expect(world.gcs.scheduler.waitingCount).toBe(1);
    world.gcs.sessions.setLoad(host, { ...host.load, runningTasks: 0, freeCpuMilli: 1000 });
    world.pass(250);
    expect(world.to(host, 'lease').at(-1)).toMatchObject({ task: objectKey(host.id, 1) });
    // What was given just now is in no report yet.
    world.say(host, submit(host.id, 2, { parent }));
    world.pass(250);
    expect(world.gcs.scheduler.waitingCount).toBe(1);
    world.pass(1_000);
    expect(world.gcs.scheduler.waitingCount).toBe(0);
  });

  it('S3 what has left a node does not keep it from taking more until its next report', () => {
    const world = new GcsWorld();
    const host = world.open();
    const driver = world.driver();
    const leased = (): number[] => world.to(host, 'lease').map(({ task }) => task);
    world.say(driver, ...definitions(), submit(driver.id, 1), submit(driver.id, 2), submit(driver.id, 3));
    const parent = objectKey(driver.id, 1);
    world.gcs.sessions.setLoad(host, { ...host.load, runningTasks: 0, freeCpuMilli: 1000 });
    world.pass(1_000);
    expect(leased()).toEqual([1, 2, 3].map((number) => objectKey(driver.id, number)));
    world.say(host, ...definitions(), submit(host.id, 1, { parent }), submit(host.id, 2, { parent }));
    // The last is over at once, the two others wait for something.
    world.say(host, finish(objectKey(driver.id, 3)));
    expect(leased().at(-1)).toBe(objectKey(host.id, 1));
  });

  it('T2 a stranger’s node that always says its tasks are blocked does not gather all there are', () => {
    const world = new GcsWorld();
    const tab = world.stranger();
    world.gcs.sessions.setLoad(tab, { ...tab.load, runningTasks: 0 });
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

/** Runs all that is leased until nothing is left; gives the order in which the tasks were given. */
function runAll(world: GcsWorld, host: SessionRecord, durationUs: (task: number) => number, most = Infinity): number[] {
  const order: number[] = [];
  for (let leases = world.to(host, 'lease'); order.length < leases.length; leases = world.to(host, 'lease')) {
    const next = leases[order.length];
    if (!next || order.length >= most) break;
    order.push(next.task);
    world.say(host, finish(next.task, { durationUs: durationUs(next.task), attempt: next.attempt }));
  }
  return order;
}

const LONG_US = 1_000_000;

describe('GlobalScheduler, whose turn it is', () => {
  /** Two drivers with so many tasks each, and a node of one CPU that comes when all wait. */
  function twoJobs(tasks: number, first: Partial<ResolvedOptions> = {}, second: Partial<ResolvedOptions> = {}) {
    const world = new GcsWorld();
    const drivers = [world.driver(), world.driver()] as const;
    const names = ['a', 'b'];
    for (const [at, driver] of drivers.entries()) {
      const definition = { kind: 'function', fn: 0, module: 'm', name: names[at] ?? '', functionKind: 0 } as const;
      world.say(driver, ...definitions(at === 0 ? first : second), definition);
      world.say(driver, ...Array.from({ length: tasks }, (_, index) => submit(driver.id, index + 1)));
    }
    return { world, drivers, host: world.open() };
  }

  it('S5 a job of long tasks and one of short ones get the same time, not the same number of tasks', () => {
    const { world, drivers, host } = twoJobs(600);
    const isLong = (task: number): boolean => sessionOfKey(task) === drivers[0].id;
    const order = runAll(world, host, (task) => (isLong(task) ? 100_000 : 1_000), 500);
    const long = order.filter(isLong).length;
    const ratio = (long * 100_000) / ((order.length - long) * 1_000);
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.5);
  });

  it('S5 also where the jobs ask for different resources of the same nodes', () => {
    const { world, drivers, host } = twoJobs(100, {}, { demand: { cpuMilli: 500, custom: {} } });
    const order = runAll(world, host, () => LONG_US, 60);
    const first = order.filter((task) => sessionOfKey(task) === drivers[0].id).length;
    // Two of the second's run side by side.
    expect(first).toBeGreaterThanOrEqual(18);
    expect(first).toBeLessThanOrEqual(24);
  });

  it('S5 within a job the higher priority goes first, then the older, in all classes; a lost task keeps its age', () => {
    const world = new GcsWorld();
    const driver = world.driver();
    const options = (index: number, more: Partial<ResolvedOptions>) =>
      ({ kind: 'options', options: index, json: optionsToJson({ ...DEFAULT_OPTIONS, ...more }) }) as const;
    world.say(
      driver,
      ...definitions(),
      options(2, { priority: 5 }),
      options(3, { demand: { cpuMilli: 900, custom: {} } }),
    );
    const doomed = world.open();
    world.say(driver, submit(driver.id, 1));
    expect(world.to(doomed, 'lease')).toHaveLength(1);
    world.gcs.sessions.end(doomed, 'gone');
    world.say(driver, ...[0, 3, 2, 0, 3, 2].map((option, at) => submit(driver.id, at + 2, { options: option })));
    world.pass(60_000);
    const host = world.open();
    const order = runAll(world, host, () => LONG_US).map((task) => task - objectKey(driver.id, 0));
    expect(order).toEqual([4, 7, 1, 2, 3, 5, 6]);
  });

  it('S3 the main of a job takes no place from what it calls', () => {
    const world = new GcsWorld();
    const host = world.open();
    const driver = world.driver();
    world.say(driver, ...definitions({ demand: { cpuMilli: 0, custom: {} } }));
    world.say(driver, { kind: 'function', fn: 3, module: 'm', name: MAIN_FUNCTION, functionKind: 0 });
    world.say(driver, submit(driver.id, 1, { fn: 3 }));
    const main = world.gcs.state.tasks.get(objectKey(driver.id, 1));
    if (main) main.chargedUs = 0;
    world.say(host, ...definitions({ trust: 'own' }));
    for (let number = 1; number <= 3; number++)
      world.say(host, submit(host.id, number, { parent: objectKey(driver.id, 1) }));
    const called = world.to(host, 'lease').map(({ task }) => task);
    expect(called).toContain(objectKey(host.id, 2));
  });

  it('S5 a job of twice the weight gets twice as much of the nodes', () => {
    const world = new GcsWorld();
    const host = world.open({ cpuMilli: 8000 });
    const drivers = [world.driver(), world.driver()];
    if (drivers[1]?.job) world.gcs.jobs.submitted(drivers[1].job, { priority: 2, trust: 'own' });
    for (const driver of drivers) {
      world.say(driver, ...definitions());
      for (let number = 1; number <= 600; number++) world.say(driver, submit(driver.id, number));
    }
    const done = new Map<number, number>();
    for (let count = 0; count < 600; count++) {
      const [task] = host.assigned;
      if (!task) break;
      done.set(task.job.id, (done.get(task.job.id) ?? 0) + 1);
      world.say(host, finish(task.key, { durationUs: 1_000_000 }));
    }
    const [one = 0, two = 0] = drivers.map((driver) => done.get(driver.job?.id ?? 0));
    expect(two / one).toBeGreaterThan(1.8);
    expect(two / one).toBeLessThan(2.2);
  });

  it('S5 a job with one task does not wait behind one with very many', () => {
    const { world, drivers, host } = twoJobs(0);
    world.say(drivers[0], ...Array.from({ length: 1_000 }, (_, index) => submit(drivers[0].id, index + 1)));
    runAll(world, host, () => LONG_US, 10);
    world.say(drivers[1], submit(drivers[1].id, 1));
    const order = runAll(world, host, () => LONG_US, 15);
    expect(order).toContain(objectKey(drivers[1].id, 1));
  });

  it('L4 a node on which workers crash that do well elsewhere is held, for longer each time, but never the last one', () => {
    const world = new GcsWorld();
    const nodes = [world.open({ nodeName: 'bad' }), world.open(), world.open()] as const;
    const driver = world.driver();
    let number = 0;
    /** Gives a task to a node and has it end there. */
    const run = (node: (typeof nodes)[number], isGood: boolean): void => {
      number += 1;
      world.say(driver, submit(driver.id, number));
      const task = world.gcs.state.tasks.get(objectKey(driver.id, number));
      if (!task) throw new Error('no task');
      world.gcs.runs.assign(task, node, 'leased');
      world.say(
        node,
        isGood ? finish(task.key) : failed(task.key, { reason: END_REASON.workerCrashed, counted: true }),
      );
    };
    const takes = (node: (typeof nodes)[number]): boolean => {
      const before = world.to(node, 'lease').length;
      for (let count = 0; count < 12; count++) world.say(driver, submit(driver.id, ++number));
      const took = world.to(node, 'lease').length > before;
      for (const task of [...(driver.job?.unfinished.values() ?? [])])
        world.say(driver, { kind: 'cancel', task: task.key, recursive: false, force: false });
      return took;
    };
    world.say(driver, ...definitions({ maxRetries: 0 }));
    const [bad, ...others] = nodes;
    // While nothing is known of the function it is as likely to blame.
    for (let count = 0; count < 3; count++) run(bad, false);
    expect(takes(bad)).toBe(true);
    for (let count = 0; count < 200; count++) run(others[count % 2] ?? bad, true);
    for (let count = 0; count < 3; count++) run(bad, false);
    expect(world.events.at(-1)).toMatchObject({ kind: 'node-held', session: bad.id });
    expect(takes(bad)).toBe(false);
    world.pass(60_000);
    expect(takes(bad)).toBe(true);
    for (let count = 0; count < 3; count++) run(bad, false);
    world.pass(60_000);
    expect(takes(bad)).toBe(false);
    for (let count = 0; count < 3; count++) run(others[0] ?? bad, false);
    for (let count = 0; count < 3; count++) run(others[1] ?? bad, false);
    expect(others.filter((node) => takes(node))).toHaveLength(1);
    world.pass(60_000);
    expect(takes(bad)).toBe(true);
    run(bad, true);
    for (let count = 0; count < 3; count++) run(bad, false);
    world.pass(60_000);
    expect(takes(bad)).toBe(true);
  });

  it('S4 demands that nobody can meet hold nothing up, and are met as soon as somebody can', () => {
    const demand = fc.constantFrom(
      { cpuMilli: 1000, custom: {} },
      { cpuMilli: 64_000, custom: {} },
      { cpuMilli: 1000, custom: { GPU: 1000 } },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(demand, fc.integer({ min: -5, max: 5 })), { maxLength: 60 }), (wanted) => {
        const world = new GcsWorld();
        const [host, driver] = [world.open(), world.driver()];
        world.say(driver, ...definitions());
        const isSmall = (task: number): boolean =>
          wanted[task - objectKey(driver.id, 1)]?.[0].cpuMilli === 1000 &&
          Object.keys(wanted[task - objectKey(driver.id, 1)]?.[0].custom ?? {}).length === 0;
        for (const [at, [asked, priority]] of wanted.entries()) {
          const json = optionsToJson({ ...DEFAULT_OPTIONS, demand: asked, priority });
          world.say(driver, { kind: 'options', options: at + 2, json }, submit(driver.id, at + 1, { options: at + 2 }));
        }
        const ran = runAll(world, host, () => LONG_US);
        expect(ran.every(isSmall)).toBe(true);
        const rest = wanted.length - ran.length;
        expect(world.gcs.scheduler.infeasible().reduce((sum, { tasks }) => sum + tasks, 0)).toBe(rest);
        const big = world.open({ cpuMilli: 64_000, resources: [{ name: 'GPU', milli: 1000 }] });
        expect(runAll(world, big, () => LONG_US)).toHaveLength(rest);
        expect(world.gcs.scheduler.infeasible()).toEqual([]);
        expect(world.gcs.scheduler.waitingCount).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('S4 a task that waits on a node for CPUs it does not get keeps others from them for 10 s at most', () => {
    const world = new GcsWorld();
    const [host, driver] = [world.open({ cpuMilli: 4000 }), world.driver()];
    const all = optionsToJson({ ...DEFAULT_OPTIONS, demand: { cpuMilli: 4000, custom: {} } });
    world.say(driver, ...definitions(), { kind: 'options', options: 2, json: all });
    world.say(driver, ...[2, 2, 0].map((options, at) => submit(driver.id, at + 1, { options })));
    // An actor there has one CPU.
    world.gcs.sessions.setLoad(host, { ...host.load, queuedTasks: 2, freeCpuMilli: 3000 });
    world.pass(9_000);
    expect(world.to(host, 'lease')).toHaveLength(2);
    world.pass(1_000);
    expect(world.to(host, 'lease').at(-1)).toMatchObject({ task: objectKey(driver.id, 3) });
  });

  it('S2 says of a task that waits why each node does not get it', () => {
    const world = new GcsWorld();
    const [host, driver] = [world.open(), world.driver()];
    world.say(driver, ...definitions(), ...Array.from({ length: 10 }, (_, index) => submit(driver.id, index + 1)));
    const why = (): Explanation => world.gcs.scheduler.explain(objectKey(driver.id, 10));
    expect(why()).toMatchObject({
      state: 'queued',
      reason: 'every node that fits has enough to do',
      candidates: [{ session: host.id, closed: 'it has enough to do' }],
    });
    world.gcs.sessions.disconnected(host);
    expect(why().candidates).toMatchObject([{ closed: 'it is not connected' }]);
  });

  it('S2 a class that is not used any more is forgotten with its nodes, and comes back', () => {
    const world = new GcsWorld();
    const [host, driver] = [world.open({ cpuMilli: 4000 }), world.driver()];
    world.say(driver, ...definitions());
    for (let n = 1; n <= 200; n++) {
      const demand = { cpuMilli: 1000 + (n % 100), custom: {} };
      world.say(driver, { kind: 'options', options: n + 1, json: optionsToJson({ ...DEFAULT_OPTIONS, demand }) });
      world.say(driver, submit(driver.id, n, { options: n + 1 }));
      world.say(host, finish(objectKey(driver.id, n)));
    }
    expect(world.to(host, 'lease')).toHaveLength(200);
    expect(world.ended).toHaveLength(200);
  });
});
