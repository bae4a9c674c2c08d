import { describe, expect, it } from 'vitest';
import { objectKey } from '#shared/ids/object-key.ts';
import { GcsWorld, HELLO } from './testing/gcs-world.ts';
import { definitions, finish, finishStored, put, submit, VALUE } from './testing/records.ts';
import type { SessionRecord } from './entities.ts';

const DIGEST = new Uint8Array(16).fill(7);
const SIZE = 1_000_000;

/** A driver that has introduced its functions, and a tab that has the place of its browser. */
function world() {
  const it = new GcsWorld();
  const tab = it.open({ role: 'tab', nodeId: 'browser' });
  const driver = it.driver();
  it.say(driver, ...definitions());
  return { it, tab, driver, key: (number: number): number => objectKey(driver.id, number) };
}

/** The same browser in another life. */
function nextLife(it: GcsWorld, trusted = true): SessionRecord {
  return it.open({ role: 'tab', nodeId: 'browser' }, trusted);
}

describe('tabs', () => {
  it('M1 a tab is dead after 60 s without a connection, a host after 10 s', () => {
    const it = new GcsWorld();
    const [host, tab] = [it.open(), it.open({ role: 'tab' })];
    it.gcs.sessions.disconnected(host);
    it.gcs.sessions.disconnected(tab);
    it.pass(10_000);
    expect([host.state, tab.state]).toEqual(['dead', 'disconnected']);
    it.pass(49_999);
    expect(tab.state).toBe('disconnected');
    it.pass(1);
    expect(tab.state).toBe('dead');
  });

  it('S2 a tab counts as a node that can take work', () => {
    const { it, tab, driver, key } = world();
    it.pass(1);
    expect(it.to(driver, 'peers')).toEqual([{ kind: 'peers', nodes: 1 }]);
    it.say(driver, submit(driver.id, 1));
    expect(it.to(tab, 'lease')).toMatchObject([{ task: key(1) }]);
  });

  it('M1 a leave notice ends the session that it names exactly, and of tabs only', () => {
    const { it, tab, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    const spare = it.open();
    const { sessions } = it.gcs;
    const notice = { session: tab.id, epoch: tab.epoch, nodeId: 'browser' };
    for (const wrong of [{ session: 99 }, { epoch: 2 }, { nodeId: 'other' }])
      expect(sessions.leaveNotice({ ...notice, ...wrong })).toBe(false);
    for (const { id, nodeId } of [driver, spare])
      expect(sessions.leaveNotice({ session: id, epoch: 1, nodeId })).toBe(false);
    expect(sessions.leaveNotice(notice)).toBe(true);
    expect(it.to(spare, 'lease')).toMatchObject([{ task: key(1), attempt: 2 }]);
    expect(sessions.leaveNotice(notice)).toBe(false);
  });
});

describe('capacity', () => {
  it('a node at 0 CPU gets no new work and keeps what it has; when capacity returns, what waits goes out', () => {
    const { it, tab, driver, key } = world();
    const { sessions, scheduler } = it.gcs;
    const give = (cpuMilli: number): void => {
      sessions.setCapacity(tab, { cpuMilli, resources: [{ name: 'GPU', milli: 1000 }] });
      it.gcs.settle();
    };
    it.say(driver, submit(driver.id, 1));
    give(0);
    it.say(driver, submit(driver.id, 2));
    it.say(tab, finish(key(1)));
    expect(it.to(tab, 'lease').map(({ task }) => task)).toEqual([key(1)]);
    expect(it.to(driver, 'object')).toMatchObject([{ object: key(1) }]);
    expect(scheduler.infeasible()).toMatchObject([{ tasks: 1, reason: 'no node has the resources it asks for' }]);
    give(2000);
    expect(it.to(tab, 'lease').map(({ task }) => task)).toEqual([key(1), key(2)]);
    expect(scheduler.infeasible()).toEqual([]);
    expect([...tab.resources.custom()]).toMatchObject([{ name: 'GPU', totalMilli: 1000 }]);
  });

  it('work that a paused node still has counts when it offers CPUs again', () => {
    const { it, tab, driver } = world();
    it.gcs.sessions.setCapacity(tab, { cpuMilli: 3000, resources: [] });
    it.say(driver, ...[1, 2, 3].map((number) => submit(driver.id, number)));
    expect(it.to(tab, 'lease').length).toBe(3);
    it.gcs.sessions.setCapacity(tab, { cpuMilli: 0, resources: [] });
    it.say(driver, ...[4, 5, 6, 7].map((number) => submit(driver.id, number)));
    it.gcs.sessions.setCapacity(tab, { cpuMilli: 2000, resources: [] });
    it.gcs.settle();
    // Three tasks are taken for 30 ms of work, and two CPUs take up to 40 ms: there is room for one more.
    expect(it.to(tab, 'lease').length).toBe(4);
  });

  it('a paused tab gets no task of 0 CPU either; a host may lend something else than CPUs', () => {
    const it = new GcsWorld();
    const tab = it.open({ role: 'tab', cpuMilli: 0, resources: [{ name: 'gpu', milli: 1000 }] });
    const driver = it.driver();
    it.say(driver, ...definitions({ demand: { cpuMilli: 0, custom: {} } }), submit(driver.id, 1));
    expect(it.to(tab, 'lease')).toEqual([]);
    const host = it.open({ cpuMilli: 0, resources: [{ name: 'gpu', milli: 1000 }] });
    expect(it.to(host, 'lease').length).toBe(1);
  });

  it('M1 what a hello of a resumed session offers counts, and a restarted server knows it', async () => {
    const { it, tab, driver } = world();
    it.gcs.sessions.setCapacity(tab, { cpuMilli: 4000, resources: [] });
    await it.commit();
    await it.restart();
    const back = it.session(tab.id);
    expect(back.resources.totalCpuMilli).toBe(4000);
    it.gcs.sessions.resume(back, { ...HELLO, role: 'tab', cpuMilli: 0 });
    it.back(back.id);
    it.back(driver.id);
    it.pass(1);
    it.say(it.session(driver.id), submit(driver.id, 1));
    expect(it.to(back, 'lease')).toEqual([]);
    it.gcs.sessions.resume(back, { ...HELLO, role: 'tab', cpuMilli: 1000 });
    it.gcs.settle();
    expect(it.to(back, 'lease').length).toBe(1);
  });
});

describe('successors', () => {
  it('M4 an earlier life of a node gets no more work; it is over once the later one has said what it holds', () => {
    const { it, tab, driver, key } = world();
    it.say(driver, submit(driver.id, 1));
    expect(it.to(tab, 'lease').length).toBe(1);
    const later = nextLife(it);
    expect(it.superseded).toEqual([tab.id]);
    expect([tab.state, later.state, later.epoch]).toEqual(['disconnected', 'connected', 2]);
    expect(it.gcs.sessions.find({ ...HELLO, nodeId: 'browser', session: tab.id, epoch: 1 })).toBeUndefined();
    expect(it.gcs.sessions.isSucceeded({ ...HELLO, nodeId: 'browser', session: tab.id, epoch: 1 })).toBe(true);
    it.say(driver, submit(driver.id, 2));
    expect(it.to(tab, 'lease').length).toBe(1);
    it.say(later, { kind: 'succeeded' });
    expect(tab.state).toBe('dead');
    // What it ran goes round again at once and costs no retry.
    expect(it.to(later, 'lease')).toMatchObject([
      { task: key(2), attempt: 1 },
      { task: key(1), attempt: 2 },
    ]);
    expect(it.gcs.state.task(key(1))).toMatchObject({ failures: 0, losses: 1 });
    it.say(later, finish(key(1), { attempt: 2 }));
    expect(it.to(driver, 'object')).toMatchObject([{ object: key(1), value: VALUE }]);
  });

  it('M4 without a word of the later one the earlier life ends by time', () => {
    const { it, tab } = world();
    nextLife(it);
    it.pass(60_000);
    expect(tab.state).toBe('dead');
  });

  it('M4 drivers of one node id live side by side, and nobody takes the place of a node that showed the key', () => {
    const { it, tab } = world();
    const drivers = [1, 2].map(() => it.open({ role: 'driver', nodeId: 'd', cpuMilli: 0 }));
    const stranger = nextLife(it, false);
    expect([tab, stranger, ...drivers].map(({ state }) => state)).toEqual(Array(4).fill('connected'));
    const owner = nextLife(it);
    expect([tab.state, stranger.state, owner.state]).toEqual(['disconnected', 'disconnected', 'connected']);
  });

  it('M4 the last of several lives ends all before it', () => {
    const { it, tab } = world();
    const second = nextLife(it);
    const third = nextLife(it);
    it.say(third, { kind: 'succeeded' });
    expect([tab.state, second.state, third.state]).toEqual(['dead', 'dead', 'connected']);
  });

  it('M4 M3 a server that starts does not wait for a life whose place was taken', async () => {
    const { it, tab, driver } = world();
    const later = nextLife(it);
    await it.commit();
    await it.restart();
    it.back(later.id);
    it.back(driver.id);
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    expect(it.gcs.sessions.isSucceeded({ ...HELLO, nodeId: 'browser', session: tab.id, epoch: 1 })).toBe(true);
    it.say(it.session(later.id), { kind: 'succeeded' });
    expect(it.session(tab.id).state).toBe('dead');
  });
});

describe('copies from an earlier life', () => {
  /** Task 1 left a value on the tab, which told its digest; the same browser is back in another life. */
  function reopened(digest: Uint8Array | undefined = DIGEST) {
    const all = world();
    const { it, tab, driver, key } = all;
    it.say(driver, submit(driver.id, 1));
    it.say(tab, finishStored(key(1)));
    if (digest) it.say(tab, { kind: 'digest', object: key(1), sizeBytes: SIZE, digest });
    return { ...all, later: nextLife(it), object: it.gcs.state.object(key(1)) };
  }

  it('M4 a copy is known again by its digest, and outlives the session that made it', () => {
    const { it, tab, driver, later, key, object } = reopened();
    it.say(later, { kind: 'found', object: key(1), sizeBytes: SIZE, digest: DIGEST }, { kind: 'succeeded' });
    expect([tab.state, ...(object?.locations ?? [])]).toEqual(['dead', later.id]);
    expect(it.to(later, 'dropCopy')).toEqual([]);
    it.say(driver, { kind: 'want', object: key(1) });
    expect(it.to(driver, 'object').at(-1)).toMatchObject({ object: key(1), status: 1 });
    expect(it.to(later, 'lease')).toEqual([]);
    it.say(driver, { kind: 'release', object: key(1), holder: 0 });
    expect(it.to(later, 'dropCopy')).toMatchObject([{ object: key(1) }]);
  });

  it.each([
    ['another digest', { digest: new Uint8Array(16) }],
    ['another size', { sizeBytes: 999 }],
    ['an object nobody knows', { object: 12_345 }],
  ])('M4 O1 %s is dropped', (_, wrong) => {
    const { it, tab, later, key, object } = reopened();
    it.say(later, { kind: 'found', object: key(1), sizeBytes: SIZE, digest: DIGEST, ...wrong });
    expect(it.to(later, 'dropCopy')).toMatchObject([{ object: 'object' in wrong ? wrong.object : key(1) }]);
    expect([...(object?.locations ?? [])]).toEqual([tab.id]);
  });

  it('M4 a copy whose digest was never told is dropped', () => {
    const { it, later, key } = reopened(new Uint8Array(0));
    it.say(later, { kind: 'found', object: key(1), sizeBytes: SIZE, digest: new Uint8Array(0) });
    expect(it.to(later, 'dropCopy').length).toBe(1);
  });

  it('O1 the first word on a digest stays, it takes a copy to have a word, and a new version has none', () => {
    const { it, tab, later, driver, key, object } = reopened();
    const other = new Uint8Array(16).fill(9);
    it.say(tab, { kind: 'digest', object: key(1), sizeBytes: SIZE, digest: other });
    expect(object?.versionDigest).toEqual(DIGEST);
    it.say(later, { kind: 'succeeded' });
    it.say(driver, { kind: 'want', object: key(1) });
    expect(it.to(later, 'lease')).toMatchObject([{ task: key(1), attempt: 2 }]);
    it.say(later, finishStored(key(1), { attempt: 2 }));
    expect(object?.versionDigest).toBeUndefined();
    it.say(driver, { kind: 'digest', object: key(1), sizeBytes: SIZE, digest: other });
    expect(object?.versionDigest).toBeUndefined();
    it.say(later, { kind: 'digest', object: key(1), sizeBytes: SIZE, digest: other });
    expect(object?.versionDigest).toEqual(other);
  });

  it('M4 a restarted server knows digests: what is found then is not computed again', async () => {
    const { it, driver, later, key } = reopened();
    it.say(driver, put(driver.id, 9, { value: VALUE }));
    await it.commit();
    await it.restart();
    const boss = it.back(driver.id, { wants: [key(1)] });
    const back = it.back(later.id, { lastRecord: 2 });
    it.say(back, { kind: 'found', object: key(1), sizeBytes: SIZE, digest: DIGEST }, { kind: 'succeeded' });
    it.pass(1);
    expect(it.gcs.inGrace).toBe(false);
    expect(it.to(boss, 'object').at(-1)).toMatchObject({ object: key(1), status: 1 });
    expect(it.to(back, 'lease')).toEqual([]);
  });
});

describe('jobs', () => {
  it('J1 who runs a job and what for is kept and survives a restart', async () => {
    const { it, tab, driver } = world();
    it.say(driver, { kind: 'jobInfo', submitter: 'Ada', purpose: 'weather' });
    it.say(tab, { kind: 'jobInfo', submitter: 'nobody', purpose: '' });
    expect(it.gcs.state.jobs.get(1)).toMatchObject({ submitter: 'Ada', purpose: 'weather' });
    await it.commit();
    await it.restart();
    expect(it.gcs.state.jobs.get(1)).toMatchObject({ submitter: 'Ada', purpose: 'weather' });
  });
});
