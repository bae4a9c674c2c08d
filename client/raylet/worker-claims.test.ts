import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND, PLACE } from '#shared/protocol/node-records.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { DECISION } from '#shared/task/history-entries.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import { FakeNode, JOB } from './testing/fake-node.ts';

const NO_BYTES = new Uint8Array(0);

/** A node on which two jobs have a task each. */
function twoJobs() {
  const node = new FakeNode({ cpus: 2 });
  const victim = objectKey(99, 1);
  const attacker = objectKey(99, 2);
  node.lease({ task: victim, job: JOB + 1 });
  node.lease({ task: attacker, job: JOB + 2 });
  return { node, victim, attacker, worker: node.runner(attacker) };
}

function submission(task: number, parent: number): WorkerRequest {
  return {
    kind: 'submit',
    task,
    parent,
    actor: 0,
    fn: 0,
    options: 0,
    args: NO_BYTES,
    deps: [],
    nested: [],
    k: 0,
  };
}

function stored(object: number, parent: number): WorkerRequest {
  return {
    kind: 'put',
    object,
    parent,
    sizeBytes: 1,
    value: Uint8Array.of(1),
    nested: [],
    k: 0,
    digest: NO_BYTES,
    attachment: 0,
  };
}

describe('what a worker claims', () => {
  it('T1 a job cancels no task of another job on its node', () => {
    const { node, victim, attacker, worker } = twoJobs();
    node.say(worker, { kind: 'cancel', task: victim, recursive: true, force: true });
    expect(node.of('cancel')).toEqual([]);
    expect(node.runner(victim).of('cancelTask')).toEqual([]);
    expect(node.runner(victim).stopped).toBe(false);
    node.say(worker, { kind: 'cancel', task: attacker, recursive: false, force: false });
    expect(node.of('cancel')).toMatchObject([{ task: attacker }]);
  });

  it('T1 a job makes nothing in the name of a task of another job', () => {
    const { node, victim, attacker, worker } = twoJobs();
    node.say(worker, submission(node.newKey(worker), victim));
    node.say(worker, stored(node.newKey(worker), victim));
    expect([node.of('submit'), node.of('put')]).toEqual([[], []]);
    node.say(worker, submission(node.newKey(worker), attacker));
    node.say(worker, stored(node.newKey(worker), attacker));
    expect([node.of('submit'), node.of('put')]).toMatchObject([[{ parent: attacker }], [{ parent: attacker }]]);
  });

  it('T1 a job puts no words into the mouth of another', () => {
    const lines: number[] = [];
    const { node, victim, attacker, worker } = twoJobs();
    node.onLog = (task) => lines.push(task);
    for (const task of [victim, attacker]) {
      node.say(worker, { kind: 'log', task, level: 0, text: 'hello' });
      node.say(worker, { kind: 'progress', task, fraction: 0.5, note: '' });
    }
    expect(lines).toEqual([attacker, attacker]);
    node.crash(node.runner(victim));
    expect(node.of('failed')).toMatchObject([{ task: victim, logTail: '' }]);
  });

  it('S3 a name given twice stands for what it was given to first, and costs no CPU', () => {
    const node = new FakeNode();
    const parent = node.submit();
    node.settle();
    const worker = node.runner(parent);
    const child = node.newKey(worker);
    for (let time = 0; time < 3; time += 1) node.say(worker, submission(child, parent));
    node.say(worker, stored(child, parent));
    expect(node.of('submit').filter(({ task }) => task === child)).toMatchObject([{ place: PLACE.here }]);
    node.block(parent, [child]);
    node.finish(child);
    node.finish(parent);
    expect(node.raylet.load()).toMatchObject({ runningTasks: 0, queuedTasks: 0, freeCpuMilli: 1000 });
    expect(node.raylet.tableSizes().tasks).toBe(0);
    const object = node.put();
    node.say(node.driver, stored(object, 0));
    expect(node.of('put')).toHaveLength(1);
  });

  it('T3 J1 nothing goes into the journal that the server would not take', () => {
    const node = new FakeNode();
    node.raylet.onCommand({
      kind: 'function',
      fn: 9,
      module: '',
      name: MAIN_FUNCTION,
      functionKind: FUNCTION_KIND.task,
    });
    const main = objectKey(99, 1);
    node.lease({ task: main, fn: 9 });
    const worker = node.runner(main);
    const decision = { kind: 'decision', task: main, op: 0, value: NO_BYTES, isForced: false } as const;
    const checkpoint = { kind: 'checkpoint', id: 1, task: main, value: NO_BYTES } as const;
    for (const number of [NaN, -1, 0.5]) node.say(worker, { ...decision, what: DECISION.opened, number });
    node.say(worker, { ...decision, what: 4, number: 1 });
    node.say(worker, { ...checkpoint, nested: [], position: Number.MAX_SAFE_INTEGER });
    expect([...node.of('decision'), ...node.of('checkpoint')]).toEqual([]);
    node.say(worker, { ...decision, what: DECISION.random, number: 0.5 });
    node.say(worker, { ...decision, what: DECISION.opened, number: 7 });
    node.say(worker, { ...checkpoint, nested: [], position: 2 });
    expect([...node.of('decision'), ...node.of('checkpoint')].length).toBe(3);
  });
});
