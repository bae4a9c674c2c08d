import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { PLACE } from '#shared/protocol/node-records.ts';
import { DEFAULT_OPTIONS, schedulingClassOf, type ResolvedOptions } from '#shared/task/task-options.ts';
import type { FunctionInfo, OptionsInfo, TaskEntry } from './entries.ts';
import { newTask } from './new-task.ts';
import { ReadyTasks } from './ready-tasks.ts';
import { FakeNode } from './testing/fake-node.ts';

function functionOf(meanUs: number): FunctionInfo {
  return { index: 0, module: '', name: 'f', kind: 0, meanUs, runs: 10 };
}

function optionsOf(more: Partial<ResolvedOptions> = {}): OptionsInfo {
  const options = { ...DEFAULT_OPTIONS, ...more };
  return { index: 0, options, schedulingClass: schedulingClassOf(options), needsOnlyCpu: true };
}

/** Makes tasks, each older than the next. */
class Tasks {
  #age = 0;

  of(job: number, fn: FunctionInfo, options = optionsOf()): TaskEntry {
    this.#age += 1;
    const call = { task: objectKey(1, this.#age), parent: 0, actor: 0, args: new Uint8Array(0), deps: [], nested: [] };
    return newTask(call, { fn, options, job, leased: false, incarnation: 0, attempt: 1, caller: 0, age: this.#age });
  }
}

/** Takes so many, one after the other, each of which runs as long as expected. */
function take(ready: ReadyTasks, count: number): TaskEntry[] {
  const taken: TaskEntry[] = [];
  for (let queue = ready.next(); queue && taken.length < count; queue = ready.next()) {
    const task = queue.first();
    if (!task) break;
    ready.take(queue, task);
    ready.ran(task, task.fn.meanUs);
    ready.ended(task);
    taken.push(task);
  }
  ready.settle();
  return taken;
}

describe('ReadyTasks', () => {
  it('S5 a job of long tasks and one of short ones get the same time of a node', () => {
    const [ready, tasks] = [new ReadyTasks(), new Tasks()];
    const [long, short] = [functionOf(100_000), functionOf(1_000)];
    for (let n = 0; n < 50; n++) ready.add(tasks.of(1, long));
    for (let n = 0; n < 2_000; n++) ready.add(tasks.of(2, short));
    const taken = take(ready, 1_010);
    expect(taken.filter(({ job }) => job === 1).length).toBeGreaterThanOrEqual(9);
    expect(taken.filter(({ job }) => job === 1).length).toBeLessThanOrEqual(11);
  });

  it('S5 what was expected is corrected when the time is known', () => {
    const [ready, tasks] = [new ReadyTasks(), new Tasks()];
    for (let n = 0; n < 3; n++) for (const job of [1, 2]) ready.add(tasks.of(job, functionOf(1_000)));
    const queue = ready.next();
    const first = queue?.first();
    if (!queue || !first) throw new Error('nothing is ready');
    ready.take(queue, first);
    ready.ran(first, 60_000_000);
    ready.ended(first);
    expect(take(ready, 3).map(({ job }) => job)).toEqual([2, 2, 2]);
  });

  it('S5 within a job priority, then age, whatever the tasks ask for; one that is given back keeps its age', () => {
    const [ready, tasks] = [new ReadyTasks(), new Tasks()];
    const fn = functionOf(1_000);
    const small = optionsOf({ demand: { cpuMilli: 100, custom: {} } });
    const all = [
      tasks.of(1, fn),
      tasks.of(1, fn, small),
      tasks.of(1, fn, optionsOf({ priority: 1 })),
      tasks.of(1, fn, optionsOf({ priority: -1 })),
      tasks.of(1, fn),
    ];
    for (const task of all) ready.add(task);
    for (const at of [2, 0]) {
      const queue = ready.next();
      const task = queue?.first();
      expect(task).toBe(all[at]);
      if (queue && task) ready.take(queue, task);
    }
    for (const at of [2, 0]) if (all[at]) ready.addAgain(all[at]);
    expect(take(ready, 5)).toEqual([2, 0, 1, 4, 3].map((at) => all[at]));
    expect([ready.count, ready.totalUs, ready.queueCount]).toEqual([0, 0, 0]);
  });

  it('S1 a job keeps its fair part of a node: all of it while no other has work there', () => {
    const [ready, tasks] = [new ReadyTasks(), new Tasks()];
    const fn = functionOf(40_000);
    const keep = { slots: 1, hasPeers: true };
    ready.add(tasks.of(1, fn));
    expect(ready.staysWithin(1, keep)).toBe(true);
    const other = tasks.of(2, fn);
    ready.add(other);
    expect(ready.staysWithin(1, keep)).toBe(false);
    expect(ready.staysWithin(1, { ...keep, hasPeers: false })).toBe(true);
    ready.remove(other);
    expect(ready.staysWithin(1, keep)).toBe(true);
  });
});

describe('a node', () => {
  it('S5 runs the task of the highest priority first', () => {
    const node = new FakeNode();
    const running = node.submit();
    node.settle();
    const [low, high] = [node.submit(), node.submit({ options: node.options({ priority: 7 }) })];
    node.settle();
    node.finish(running);
    expect([node.runnerOf(low), node.runnerOf(high)].map((worker) => worker !== undefined)).toEqual([false, true]);
  });

  it('S1 gives what waits too long to others as soon as there are any, the last submitted first', () => {
    const node = new FakeNode();
    const tasks = Array.from({ length: 20 }, () => node.submit());
    node.settle();
    expect(node.of('submit').every(({ place }) => place === PLACE.here)).toBe(true);
    node.tick();
    expect(node.of('spill')).toEqual([]);
    node.command({ kind: 'peers', nodes: 1 });
    node.tick();
    const spilled = node.of('spill').map(({ task }) => task);
    expect(spilled).toEqual(tasks.slice(-spilled.length).toReversed());
    // It keeps what it would keep of its own, twice, and what runs.
    expect(tasks.length - spilled.length).toBe(1 + 3);
    node.describe(spilled[0] ?? 0);
    expect(node.told(spilled[0] ?? 0)).toHaveLength(1);
  });

  it('S5 a worker does not change its job with every task while both jobs have some', () => {
    const node = new FakeNode();
    const own = Array.from({ length: 20 }, () => node.submit());
    const others = Array.from({ length: 20 }, (_, n) => objectKey(9, n + 1));
    for (const task of others) node.lease({ task, job: 99 });
    const turns: string[] = [];
    for (let n = 0; n < 40; n++) {
      node.settle();
      const task = [...own, ...others].find((each) => node.runnerOf(each));
      if (task === undefined) throw new Error('nothing runs');
      turns.push(own.includes(task) ? 'own' : 'other');
      node.finish(task);
      node.tick(100);
    }
    const changes = turns.filter((turn, at) => at > 0 && turn !== turns[at - 1]).length;
    // 4 s in all: by turns, half a second each.
    expect(changes).toBeGreaterThanOrEqual(5);
    expect(changes).toBeLessThanOrEqual(8);
    expect(turns.slice(0, 20).filter((turn) => turn === 'own').length).toBeGreaterThan(5);
    expect(turns.slice(0, 20).filter((turn) => turn === 'own').length).toBeLessThan(15);
  });
});
