import { describe, expect, it } from 'vitest';
import { decodeError } from '#shared/errors/error-record.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { SessionRecord } from './entities.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { definitions, failed, finish, submit } from './testing/records.ts';

/** Four hosts of one CPU, and a driver whose tasks are tried again and again. */
function world(open = (it: GcsWorld, nodeName: string): SessionRecord => it.open({ nodeName })) {
  const it = new GcsWorld();
  const nodes = ['a', 'b', 'c', 'd'].map((name) => open(it, name));
  const driver = it.driver();
  it.say(driver, ...definitions({ maxRetries: 100, trust: 'unchecked' }));
  const key = (number: number): number => objectKey(driver.id, number);
  const task = (number: number) => it.gcs.state.task(key(number));
  const runner = (number: number): SessionRecord => it.session(task(number)?.assigned ?? 0);
  /** Ends the present attempt of a task. */
  const crash = (number: number, reason: number = END_REASON.workerCrashed, counted = true): void =>
    it.say(
      runner(number),
      failed(key(number), { attempt: task(number)?.attempt ?? 0, reason, counted, message: 'it broke' }),
    );
  /** Has the task fail on so many nodes. */
  const crashOn = (number: number, count: number): void => {
    for (const node of nodes.slice(0, count)) {
      const crashing = task(number);
      if (!crashing) throw new Error(`task ${number} is over`);
      it.gcs.runs.assign(crashing, node, 'leased');
      crash(number);
    }
  };
  return { it, nodes, driver, key, task, runner, crash, crashOn };
}

const running = ({ it, key }: ReturnType<typeof world>, count: number): number[] =>
  Array.from({ length: count }, (_, n) => n + 1).filter((n) => it.gcs.state.task(key(n))?.state === 'leased');

describe('L4 poison', () => {
  it('L4 a task that ended workers on three nodes fails whatever its retries are, and its error names them', () => {
    const w = world();
    w.it.say(w.driver, submit(w.driver.id, 1));
    w.crashOn(1, 3);
    const error = decodeError(w.it.to(w.driver, 'object').at(-1)?.value ?? new Uint8Array(0)) as Error;
    expect(error.name).toBe('WorkerCrashedError');
    expect(error.message).toMatch(/it ended workers on [abcd], [abcd], [abcd], the last time: it broke/);
    expect(w.it.events.map(({ kind }) => kind)).toContain('function-held');
  });

  it('L4 is tried on another node first', () => {
    const w = world();
    w.it.say(w.driver, submit(w.driver.id, 1));
    const tried = [w.runner(1)];
    w.crash(1);
    tried.push(w.runner(1));
    w.crash(1);
    tried.push(w.runner(1));
    expect(new Set(tried).size).toBe(3);
    w.crash(1);
    expect(w.task(1)).toBeUndefined();
  });

  it('L4 the other tasks of its function run one at a time; one with a result ends that', () => {
    const w = world();
    for (let number = 1; number <= 30; number++) w.it.say(w.driver, submit(w.driver.id, number));
    for (const node of w.nodes) w.it.gcs.sessions.setCapacity(node, { cpuMilli: 1000, resources: [] });
    w.crashOn(1, 3);
    // What was given before goes on.
    for (const number of running(w, 30)) if (w.task(number)?.runsAlone === false) w.crash(number);
    expect(running(w, 30)).toHaveLength(1);
    const held = Array.from({ length: 30 }, (_, n) => n + 1).filter((n) => w.task(n)?.state === 'queued');
    expect(w.it.gcs.explain(w.key(held[3] ?? 0))).toMatchObject({ state: 'held' });
    expect(w.it.gcs.waitingCount).toBe(held.length);
    for (let count = 0; count < 3; count++) {
      const [probe = 0] = running(w, 30);
      while (w.task(probe)) w.crash(probe);
      expect(running(w, 30)).toHaveLength(1);
    }
    const [good = 0] = running(w, 30);
    w.it.say(w.runner(good), finish(w.key(good), { attempt: w.task(good)?.attempt ?? 0 }));
    expect(running(w, 30).length).toBeGreaterThan(1);
    expect(w.it.events.map(({ kind }) => kind)).toContain('function-released');
  });

  it('L4 a probe whose node leaves is tried again, one that is cancelled makes room for the next', () => {
    const w = world();
    for (let number = 1; number <= 30; number++) w.it.say(w.driver, submit(w.driver.id, number));
    w.crashOn(1, 3);
    for (const number of running(w, 30)) if (w.task(number)?.runsAlone === false) w.crash(number);
    const [probe = 0] = running(w, 30);
    w.it.gcs.sessions.end(w.runner(probe), 'gone');
    w.it.gcs.settle();
    w.it.pass(1_000);
    expect(running(w, 30)).toEqual([probe]);
    w.it.say(w.driver, { kind: 'cancel', task: w.key(probe), recursive: false, force: false });
    expect(running(w, 30)).toHaveLength(1);
    expect(running(w, 30)).not.toEqual([probe]);
  });

  it('L4 one that waits for another of its function does not keep that for ever', () => {
    const w = world();
    for (let number = 1; number <= 30; number++) w.it.say(w.driver, submit(w.driver.id, number));
    w.crashOn(1, 3);
    for (const number of running(w, 30)) if (w.task(number)?.runsAlone === false) w.crash(number);
    const [first = 0] = running(w, 30);
    w.it.pass(1_000);
    expect(running(w, 30)).toEqual([first]);
    w.it.pass(1_000);
    expect(running(w, 30)).toHaveLength(2);
    // The first is lost with its node, and goes on elsewhere.
    w.it.gcs.sessions.end(w.runner(first), 'gone');
    w.it.gcs.settle();
    expect(running(w, 30)).toContain(first);
  });

  it('L4 other jobs and other functions go on; bystanders, exceptions and one node over and over are no poison', () => {
    const w = world();
    w.it.say(w.driver, submit(w.driver.id, 1), submit(w.driver.id, 2));
    for (let count = 0; count < 20; count++) {
      w.crash(1, END_REASON.bystander, false);
      w.crash(2, END_REASON.exception);
    }
    expect(running(w, 2)).toEqual([1, 2]);
    w.crashOn(1, 3);
    const other = w.it.driver();
    w.it.say(other, ...definitions());
    for (let number = 1; number <= 3; number++) w.it.say(other, submit(other.id, number));
    const states = [1, 2, 3].map((number) => w.it.gcs.state.task(objectKey(other.id, number))?.state);
    expect(states).toEqual(['leased', 'leased', 'leased']);
  });

  it('T4 strangers count as one node: they may be one person', () => {
    const w = world((it, nodeName) => it.stranger({ nodeId: nodeName.repeat(2), nodeName }));
    w.it.say(w.driver, submit(w.driver.id, 1));
    w.crashOn(1, 4);
    expect(running(w, 1)).toEqual([1]);
  });

  it('J3 the end of its job leaves nothing held', () => {
    const w = world();
    for (let number = 1; number <= 30; number++) w.it.say(w.driver, submit(w.driver.id, number));
    w.crashOn(1, 3);
    expect(w.it.gcs.quarantine.waitingCount).toBeGreaterThan(0);
    if (w.driver.job) w.it.gcs.jobs.stop(w.driver.job, 'enough');
    expect([w.it.gcs.quarantine.waitingCount, w.it.gcs.waitingCount]).toEqual([0, 0]);
  });
});
