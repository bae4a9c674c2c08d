import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { PLACE } from '#shared/protocol/node-records.ts';
import type { SessionRecord, TaskRecord } from './entities.ts';
import { GcsWorld } from './testing/gcs-world.ts';
import { definitions, failed, finish, finishStored, put, submit, VALUE } from './testing/records.ts';

/** Nineteen quick calls are done on two hosts of ten CPUs, the twentieth has been on one of them for a while. */
function world(...args: Parameters<typeof definitions>) {
  const it = new GcsWorld();
  const hosts = [it.open({ cpuMilli: 10_000, nodeName: 'a' }), it.open({ cpuMilli: 10_000, nodeName: 'b' })];
  const driver = it.driver();
  it.say(driver, ...definitions(...args));
  const key = (number: number): number => objectKey(driver.id, number);
  const leaseOf = (number: number) => {
    const found = it.commands.findLast(({ command }) => command.kind === 'lease' && command.task === key(number));
    const session = hosts.find(({ id }) => id === found?.session);
    if (!session || found?.command.kind !== 'lease') throw new Error(`no lease of ${number}`);
    return { session, attempt: found.command.attempt };
  };
  for (let number = 1; number <= 20; number++) it.say(driver, submit(driver.id, number));
  for (let number = 1; number <= 19; number++)
    it.say(leaseOf(number).session, finish(key(number), { durationUs: 100_000 }));
  const slow = leaseOf(20).session;
  const other = hosts.find((host) => host !== slow) as SessionRecord;
  const task = it.gcs.state.task(key(20));
  if (!task) throw new Error('the last task is gone');
  return { it, driver, key, slow, other, task };
}

describe('second copies', () => {
  it('S6 a straggler runs twice; the first result wins, the other copy is withdrawn and nothing of it is believed', () => {
    const { it, driver, key, slow, other, task } = world();
    it.pass(150);
    expect(task.copy).toBeUndefined();
    it.pass(150);
    expect(it.to(other, 'lease').at(-1)).toMatchObject({ task: key(20), attempt: 2 });
    it.say(other, finish(key(20), { attempt: 2, value: Uint8Array.of(9) }));
    expect(it.to(driver, 'object').at(-1)).toMatchObject({ object: key(20), value: Uint8Array.of(9) });
    expect(it.to(slow, 'withdraw')).toEqual([{ kind: 'withdraw', task: key(20), attempt: 1 }]);
    it.say(slow, finish(key(20)));
    expect(it.gcs.state.objects.get(key(20))?.value).toEqual(Uint8Array.of(9));
    expect([slow.assigned.size, other.assigned.size]).toEqual([0, 0]);
    expect(it.ended.filter((outcome) => outcome.task.key === key(20))).toHaveLength(1);
    for (let number = 1; number <= 20; number++) it.say(driver, { kind: 'release', object: key(number), holder: 0 });
    // Its record tells a late word of the withdrawn copy from others, until the job is over.
    expect([...it.gcs.state.tasks.keys()]).toEqual([key(20)]);
    it.gcs.sessions.end(driver, 'done');
    expect(it.gcs.state.tasks.size + it.gcs.state.objects.size).toBe(0);
  });

  it('S6 L4 a failure of one copy leaves the task to the other and counts only if that fails too; then it runs alone', () => {
    for (const first of ['slow', 'other'] as const) {
      const { it, driver, key, slow, other, task } = world();
      it.pass(300);
      const [loser, winner] = first === 'slow' ? [slow, other] : [other, slow];
      const attemptOf = (session: SessionRecord): number => (session === slow ? 1 : 2);
      it.say(loser, failed(key(20), { attempt: attemptOf(loser) }));
      expect(task).toMatchObject({ copy: undefined, failures: 0, assigned: winner.id, attempt: attemptOf(winner) });
      it.gcs.state.batches.useOf(task.job).copiesUs = 0;
      it.pass(300);
      expect(task.copy).toBeUndefined();
      it.say(loser, finish(key(20), { attempt: attemptOf(loser) }));
      expect(task.state).toBe('leased');
      it.say(winner, failed(key(20), { attempt: attemptOf(winner) }));
      expect(task).toMatchObject({ failures: 1, attempt: 3 });
      it.say(it.session(task.assigned), finish(key(20), { attempt: 3 }));
      expect(it.to(driver, 'object').at(-1)).toMatchObject({ object: key(20), value: VALUE });
    }
  });

  it('S6 nodes that others wait for, and jobs that have spent their share, get no copies', () => {
    const { it, driver, key, task } = world({ demand: { cpuMilli: 10_000, custom: {} } });
    // One call more than there are places: nothing is idle.
    it.say(driver, submit(driver.id, 21), submit(driver.id, 22));
    it.pass(10_000);
    expect(task.copy).toBeUndefined();
    expect(key(20)).toBe(task.key);
    const { resultsUs, copiesUs } = it.gcs.state.batches.useOf(task.job);
    expect(copiesUs).toBeLessThanOrEqual(resultsUs * 0.1);
  });

  it('L9 a task that calls something has no second copy, unless it says that repeating it does no harm', () => {
    const { it, key, slow, task } = world();
    it.say(slow, ...definitions(), submit(slow.id, 1, { parent: key(20), place: PLACE.here }));
    it.pass(300);
    expect(task.copy).toBeUndefined();
    const harmless = world({ idempotent: true });
    const call = { parent: harmless.key(20), place: PLACE.here };
    harmless.it.say(harmless.slow, ...definitions(), submit(harmless.slow.id, 1, call));
    harmless.it.pass(300);
    expect(harmless.task.copy).toMatchObject({ session: harmless.other.id });
  });

  it('L9 the second of two copies ends as soon as one of them calls something', () => {
    for (const caller of ['slow', 'other'] as const) {
      const w = world();
      const { it, key, other, slow, task } = w;
      it.pass(300);
      const session = w[caller];
      it.say(session, ...definitions(), submit(session.id, 1, { parent: key(20), place: PLACE.ask }));
      expect(task).toMatchObject({ copy: undefined, assigned: slow.id });
      expect(it.to(other, 'withdraw')).toEqual([{ kind: 'withdraw', task: key(20), attempt: 2 }]);
      expect(it.gcs.state.tasks.has(objectKey(session.id, 1))).toBe(caller === 'slow');
    }
  });

  it('L9 what the withdrawn copy called before it heard of that is not done, also after a start of the server', async () => {
    const { it, key, slow, other } = world();
    it.pass(300);
    it.say(other, finish(key(20), { attempt: 2 }));
    const call = submit(slow.id, 1, { parent: key(20), place: PLACE.ask });
    it.say(slow, ...definitions(), call);
    expect(it.to(slow, 'assign')).toEqual([{ kind: 'assign', task: call.task, here: false }]);
    expect(it.gcs.state.tasks.has(call.task)).toBe(false);
    const restarted = world();
    restarted.it.pass(300);
    // The second is the one that is withdrawn here, and its node has not heard of it.
    restarted.it.say(
      restarted.slow,
      ...definitions(),
      submit(restarted.slow.id, 1, { parent: restarted.key(20), place: PLACE.here }),
    );
    await restarted.it.commit();
    await restarted.it.restart();
    restarted.it.back(restarted.slow.id, { leases: [{ task: restarted.key(20), attempt: 1 }] });
    const back = restarted.it.back(restarted.other.id);
    const late = submit(back.id, 1, { parent: restarted.key(20), place: PLACE.here });
    restarted.it.say(back, ...definitions(), late);
    expect(restarted.it.gcs.state.tasks.has(late.task)).toBe(false);
  });

  it('M1 what a node runs that has been away for 2 s starts elsewhere too; whichever is back first wins', () => {
    const { it, driver, key, slow, other, task } = world({ demand: { cpuMilli: 1000, custom: {} } });
    // Not long enough to be a straggler.
    it.gcs.state.batches.useOf(task.job).copiesUs = Infinity;
    it.gcs.sessions.disconnected(slow);
    it.pass(1_900);
    expect(task.copy).toBeUndefined();
    it.pass(200);
    expect(it.to(other, 'lease').at(-1)).toMatchObject({ task: key(20), attempt: 2 });
    it.gcs.sessions.connected(slow);
    it.say(slow, finish(key(20)));
    expect(it.to(driver, 'object').at(-1)).toMatchObject({ object: key(20), value: VALUE });
    expect(it.to(other, 'withdraw')).toEqual([{ kind: 'withdraw', task: key(20), attempt: 2 }]);
  });

  it('M1 the second copy goes on alone when the node of the first is dead, and costs no retry', () => {
    const { it, key, slow, other, task } = world();
    it.gcs.sessions.disconnected(slow);
    it.pass(2_000);
    it.pass(8_000);
    expect(slow.state).toBe('dead');
    expect(task).toMatchObject({ assigned: other.id, attempt: 2, copy: undefined, failures: 0, losses: 1 });
    expect(it.to(other, 'lease').filter((lease) => lease.task === key(20))).toHaveLength(1);
  });

  it('G2 a second copy is there after a start of the server, and the first node may be gone', async () => {
    const { it, driver, key, slow, other } = world();
    it.pass(300);
    await it.commit();
    await it.restart();
    it.back(driver.id);
    it.back(other.id, { leases: [{ task: key(20), attempt: 2 }] });
    it.pass(46_000);
    it.pass(10_000);
    const task = it.gcs.state.task(key(20));
    expect(it.session(slow.id).state).toBe('dead');
    expect(task).toMatchObject({ assigned: other.id, attempt: 2, copy: undefined, state: 'leased' });
    it.say(it.session(other.id), finish(key(20), { attempt: 2 }));
    expect(it.gcs.state.objects.get(key(20))?.status).toBe('inline');
  });

  it('S6 T2 a stranger that has the second copy after a start of the server is believed like one that has the first', async () => {
    const it = new GcsWorld();
    const strangers = [it.stranger({ nodeId: 'aa' }), it.stranger({ nodeId: 'bb' })] as const;
    const driver = it.driver();
    it.say(driver, ...definitions({ trust: 'unchecked' }), submit(driver.id, 1));
    const task = it.gcs.state.task(objectKey(driver.id, 1));
    const first = it.session(task?.assigned ?? 0);
    const second = strangers.find((stranger) => stranger !== first);
    it.gcs.sessions.disconnected(first);
    it.pass(2_000);
    expect(task?.copy).toMatchObject({ session: second?.id, attempt: 2 });
    await it.commit();
    await it.restart();
    it.back(second?.id ?? 0, { leases: [{ task: objectKey(driver.id, 1), attempt: 2 }] });
    expect(it.to(second?.id ?? 0, 'cancelTask')).toEqual([]);
    it.say(it.session(second?.id ?? 0), finish(objectKey(driver.id, 1), { attempt: 2 }));
    expect(it.gcs.state.objects.get(objectKey(driver.id, 1))?.status).toBe('inline');
  });

  it('T2 a stranger with the second copy may name what it was given, also after a start of the server', async () => {
    const it = new GcsWorld();
    const strangers = [it.stranger({ nodeId: 'aa' }), it.stranger({ nodeId: 'bb' })] as const;
    const driver = it.driver();
    const given = objectKey(driver.id, 1);
    const key = objectKey(driver.id, 2);
    it.say(driver, ...definitions({ trust: 'unchecked' }), put(driver.id, 1, { value: VALUE }));
    it.say(driver, submit(driver.id, 2, { nested: [given] }));
    const first = it.session(it.gcs.state.task(key)?.assigned ?? 0);
    const second = strangers.find((stranger) => stranger !== first)?.id ?? 0;
    it.gcs.sessions.disconnected(first);
    it.pass(2_000);
    await it.commit();
    await it.restart();
    const back = it.back(second, { leases: [{ task: key, attempt: 2 }] });
    it.say(back, { kind: 'want', object: given }, finish(key, { attempt: 2, nested: [given] }));
    expect(it.to(second, 'object')).toMatchObject([{ object: given, status: 0 }]);
    expect(it.gcs.state.objects.get(key)).toMatchObject({ status: 'inline', nested: [given] });
  });

  it('T2 a stranger may name what the values of its children refer to, also after a start of the server', async () => {
    const it = new GcsWorld();
    const stranger = it.stranger({ nodeId: 'aa' });
    const driver = it.driver();
    const [given, parent] = [objectKey(driver.id, 1), objectKey(driver.id, 2)];
    it.say(driver, ...definitions({ trust: 'unchecked' }), put(driver.id, 1, { value: VALUE }));
    it.say(driver, submit(driver.id, 2));
    it.say(stranger, ...definitions({ trust: 'unchecked' }));
    const child = objectKey(stranger.id, 1);
    it.say(stranger, submit(stranger.id, 1, { parent, place: PLACE.ask }));
    const host = it.open();
    it.gcs.runs.assign(it.gcs.state.tasks.get(child) as TaskRecord, host, 'leased');
    it.say(host, finish(child, { nested: [given] }));
    expect(it.to(stranger, 'object')).toMatchObject([{ object: child, nested: [given] }]);
    await it.commit();
    await it.restart();
    const back = it.back(stranger.id, { leases: [{ task: parent, attempt: 1 }] });
    it.say(back, { kind: 'want', object: given });
    expect(it.to(stranger.id, 'object')).toMatchObject([{ object: given, status: 0 }]);
  });

  it('S6 O5 what a withdrawn copy put stays as long as the result: its own node may have read its own value', () => {
    for (const isPutLate of [false, true]) {
      const { it, driver, key, slow, other } = world();
      it.pass(300);
      const made = objectKey(slow.id, 7);
      const say = (): void =>
        it.say(slow, put(slow.id, 7, { parent: key(20), value: VALUE, digest: new Uint8Array(16).fill(1) }));
      if (!isPutLate) say();
      it.say(other, put(other.id, 7, { parent: key(20), value: VALUE, digest: new Uint8Array(16).fill(2) }));
      it.say(other, finish(key(20), { attempt: 2, nested: [objectKey(other.id, 7)] }));
      if (isPutLate) say();
      it.say(slow, finish(key(20), { nested: [made] }), { kind: 'want', object: made });
      expect(it.to(slow, 'object').at(-1)).toMatchObject({ object: made, status: 0 });
      it.say(driver, { kind: 'release', object: key(20), holder: 0 });
      expect(it.gcs.state.objects.has(made)).toBe(false);
    }
  });

  it('J3 a job that was stopped before a start of the server leaves no record of a withdrawn copy', async () => {
    const { it, driver, key, other } = world();
    it.pass(300);
    it.say(other, finishStored(key(20), { attempt: 2 }));
    it.say(driver, submit(driver.id, 21, { deps: [key(20)] }));
    it.say(it.session(it.gcs.state.task(key(21))?.assigned ?? 0), finishStored(key(21)));
    await it.commit();
    if (driver.job) it.gcs.jobs.stop(driver.job, 'enough');
    await it.commit();
    await it.restart();
    it.say(it.back(driver.id), ...[20, 21].map((n) => ({ kind: 'release', object: key(n), holder: 0 }) as const));
    expect([...it.gcs.state.tasks.keys()]).toEqual([]);
  });

  it('T2 what a stranger goes on to put for a withdrawn copy is not kept', () => {
    const it = new GcsWorld();
    const strangers = [it.stranger({ nodeId: 'aa' }), it.stranger({ nodeId: 'bb' })] as const;
    const driver = it.driver();
    const key = objectKey(driver.id, 1);
    it.say(driver, ...definitions({ trust: 'unchecked' }), submit(driver.id, 1));
    const task = it.gcs.state.task(key);
    const late = it.session(task?.assigned ?? 0);
    const second = strangers.find((stranger) => stranger !== late) as SessionRecord;
    it.gcs.sessions.disconnected(late);
    it.pass(2_000);
    it.say(second, finish(key, { attempt: 2 }));
    expect(task?.withdrawnFrom).toBe(late.id);
    for (let number = 1; number <= 3; number++) it.say(late, put(late.id, number, { parent: key, value: VALUE }));
    expect([...it.gcs.state.objects.keys()]).toEqual([key]);
  });

  it('L9 a task that called something while it had a second copy has none again', () => {
    const { it, key, slow, other, task } = world();
    it.gcs.sessions.disconnected(slow);
    it.pass(2_000);
    it.say(other, ...definitions(), submit(other.id, 1, { parent: key(20), place: PLACE.ask }));
    expect(task.copy).toBeUndefined();
    it.pass(2_000);
    expect(task.copy).toBeUndefined();
  });

  it('L9 a task that was given an actor, itself or in an input, runs once at a time: a node calls its own actors unasked', () => {
    for (const idempotent of [false, true]) {
      const { it, driver, key, slow, other } = world({ idempotent });
      it.say(driver, submit(driver.id, 21, { fn: 1, options: 1 }));
      it.say(driver, put(driver.id, 22, { value: VALUE, nested: [key(21)] }));
      it.say(driver, submit(driver.id, 23, { nested: [key(21)] }), submit(driver.id, 24, { deps: [key(22)] }));
      const tasks = [23, 24].map((number) => it.gcs.state.task(key(number)));
      for (const task of tasks) if (task) it.gcs.runs.assign(task, slow, 'leased');
      it.gcs.sessions.disconnected(slow);
      it.pass(2_000);
      for (const task of tasks) expect(task?.copy?.session).toBe(idempotent ? other.id : undefined);
    }
  });

  it('G3 what is called for a job that is over leaves no run times behind', () => {
    const { it, driver } = world();
    if (driver.job) it.gcs.jobs.stop(driver.job, 'enough');
    it.say(driver, submit(driver.id, 30));
    expect(it.gcs.state.batches.size).toBe(0);
  });

  it('W1 nodes that cannot be told to stop a copy get none', () => {
    const { it, slow, other, task } = world();
    other.version = 2;
    it.pass(300);
    expect(task.copy).toBeUndefined();
    other.version = 3;
    slow.version = 2;
    it.pass(300);
    expect(task.copy).toBeUndefined();
  });
});
