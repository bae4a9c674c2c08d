import { describe, expect, it } from 'vitest';
import type { TabNodeOptions } from '../node/tab-node-api.ts';
import { STOPPED, type TabStatus } from '../tab-status.ts';
import { DonorMemory, type TextStorage } from './donor-memory.ts';
import { ElectedDonor, type RunningNodeEvents } from './elected-donor.ts';
import type { TabMessage } from './tab-channel.ts';

const OPTIONS = { url: 'http://cluster', key: 'key' };
const JOINED: TabStatus = { ...STOPPED, phase: 'joined', session: 7 };

/** A node that does nothing, and remembers what was asked of it. */
class FakeNode {
  readonly options: TabNodeOptions;
  readonly events: RunningNodeEvents;
  readonly asked: string[] = [];
  isRunning = true;

  constructor(options: TabNodeOptions, events: RunningNodeEvents) {
    this.options = options;
    this.events = events;
  }
  setPaused = (isPaused: boolean): void => void this.asked.push(isPaused ? 'pause' : 'resume');
  snoozeUntil = (wallMs: number): void => void this.asked.push(`snooze ${wallMs}`);
  setCharging = (isCharging: boolean | undefined): void => void this.asked.push(`charging ${String(isCharging)}`);
  change = (): void => void this.asked.push('change');
  stop = async (): Promise<void> => {
    this.isRunning = false;
    await Promise.resolve();
  };
}

function textStorage(): TextStorage {
  const map = new Map<string, string>();
  return {
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
    key: (index) => [...map.keys()][index] ?? null,
    get length() {
      return map.size;
    },
  };
}

/** A browser profile: tabs share a lock, a channel and a storage. */
class Profile {
  readonly storage = textStorage();
  readonly nodes: FakeNode[] = [];
  readonly tabs: ((message: TabMessage) => void)[] = [];
  readonly waits: (() => void)[] = [];
  erased = 0;
  serverIsThere = true;
  readonly #candidates: { signal: AbortSignal; hold: () => Promise<void>; over: () => void }[] = [];
  #holder: object | undefined;

  tab(): ElectedDonor {
    let hear: (message: TabMessage) => void = () => undefined;
    const donor = new ElectedDonor({
      memory: new DonorMemory(this.storage, 4),
      wallMs: () => 1_000,
      wait: () => new Promise((resolve) => this.waits.push(resolve)),
      lock: (signal, hold) =>
        new Promise((over) => {
          this.#candidates.push({ signal, hold, over });
          this.#elect();
        }),
      channel: (receive) => {
        hear = receive;
        this.tabs.push(receive);
        return (message) => {
          const others = this.tabs.filter((tab) => tab !== hear);
          // As a channel does: later, and a copy.
          queueMicrotask(() => others.forEach((tab) => tab(structuredClone(message))));
        };
      },
      sandboxUrl: async () => (this.serverIsThere ? 'http://cluster/sandbox' : undefined),
      nodeId: async () => 'a'.repeat(32),
      startNode: (options, events) => {
        const node = new FakeNode(options, events);
        this.nodes.push(node);
        return node;
      },
      eraseKept: async () => void (this.erased += 1),
    });
    return donor;
  }

  /** The holder's tab is closed: the lock goes to the next. */
  closeHolder(): void {
    this.#holder = undefined;
    this.#elect();
  }

  #elect(): void {
    if (this.#holder !== undefined) return;
    const next = this.#candidates.shift();
    if (!next) return;
    if (next.signal.aborted) return this.#elect();
    this.#holder = next;
    void next.hold().then(() => {
      next.over();
      if (this.#holder === next) this.closeHolder();
    });
  }

  get running(): FakeNode[] {
    return this.nodes.filter(({ isRunning }) => isRunning);
  }

  /** Lets everything that can happen without time happen. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
  }
}

async function started(): Promise<{ profile: Profile; donor: ElectedDonor; node: FakeNode }> {
  const profile = new Profile();
  const donor = profile.tab();
  donor.start(OPTIONS);
  await profile.settle();
  const [node] = profile.running;
  if (!node) throw new Error('nothing was started');
  node.events.onStatus(JOINED);
  await profile.settle();
  return { profile, donor, node };
}

describe('a donor', () => {
  it('M4 starts nothing by itself, and a node in the tab where Start was pressed', async () => {
    const { profile, donor, node } = await started();
    expect(profile.nodes).toHaveLength(1);
    expect(node.options).toMatchObject({ ...OPTIONS, sandboxUrl: 'http://cluster/sandbox', isPaused: false });
    expect(donor).toMatchObject({ runsHere: true, runsSomewhere: true, status: { phase: 'joined' } });
    const later = new Profile().tab();
    await profile.settle();
    expect(later.status.phase).toBe('stopped');
  });

  it('M4 another tab shows the same, speaks for the node, and goes on when the first is gone', async () => {
    const { profile, node } = await started();
    const other = profile.tab();
    await profile.settle();
    expect(other).toMatchObject({ runsHere: false, runsSomewhere: true, status: { phase: 'joined' } });
    other.pause();
    await profile.settle();
    expect(node.asked).toEqual(['pause']);
    // The first tab is closed: its lock is free, its node is gone with it.
    profile.tabs.shift();
    node.isRunning = false;
    profile.closeHolder();
    await profile.settle();
    const [successor] = profile.running;
    expect(successor?.options).toMatchObject({ ...OPTIONS, isPaused: true });
    expect(other.runsHere).toBe(true);
  });

  it('M4 a stop in any tab stops the node, and nobody succeeds', async () => {
    const { profile, donor } = await started();
    const other = profile.tab();
    await profile.settle();
    await other.stop();
    await profile.settle();
    expect(profile.running).toHaveLength(0);
    expect([donor.status.phase, other.status.phase]).toEqual(['stopped', 'stopped']);
    expect(donor.runsSomewhere || other.runsSomewhere).toBe(false);
  });

  it('M4 who waited for the place while Stop was pressed does not run although the lock is free', async () => {
    const { profile, donor } = await started();
    const other = profile.tab();
    await profile.settle();
    // The word of the stop is lost on its way.
    profile.tabs.length = 0;
    await donor.stop();
    await profile.settle();
    expect(profile.running).toHaveLength(0);
    expect(other.status.phase).toBe('stopped');
  });

  it('M4 can be started, stopped and started while the server is away, and runs once', async () => {
    const profile = new Profile();
    profile.serverIsThere = false;
    const donor = profile.tab();
    donor.start(OPTIONS);
    await profile.settle();
    await donor.stop();
    donor.start(OPTIONS);
    await profile.settle();
    profile.serverIsThere = true;
    for (let turn = 0; turn < 3; turn += 1) {
      profile.waits.splice(0).forEach((resolve) => resolve());
      await profile.settle();
    }
    expect(profile.running).toHaveLength(1);
    await donor.stop();
    await profile.settle();
    expect(profile.running).toHaveLength(0);
  });

  it('M4 after a failure the place is free, nobody tries the same by itself, and Start begins anew', async () => {
    const { profile, donor, node } = await started();
    const other = profile.tab();
    await profile.settle();
    node.events.onStatus({ ...JOINED, phase: 'failed', problem: { code: 'key', message: 'wrong key' } });
    await profile.settle();
    expect(profile.running).toHaveLength(0);
    expect([donor.status.phase, other.status.phase]).toEqual(['failed', 'failed']);
    expect(donor.runsSomewhere).toBe(false);
    donor.start({ ...OPTIONS, key: 'right' });
    await profile.settle();
    expect(profile.running.map(({ options }) => options.key)).toEqual(['right']);
    // What the former node still says is not for this one.
    node.events.onStatus({ ...JOINED, phase: 'failed', problem: undefined });
    expect(donor.status.phase).toBe('connecting');
  });

  it('T1 a program that fails is ended with everything that computes', async () => {
    const { profile, donor, node } = await started();
    node.events.onFailed('out of luck');
    await profile.settle();
    expect(profile.running).toHaveLength(0);
    expect(donor.status).toMatchObject({ phase: 'failed', problem: { message: 'out of luck' } });
  });

  it('T1 erases what is kept whether a node runs here, elsewhere or not at all', async () => {
    const { profile, donor } = await started();
    await donor.leaveAndErase();
    expect([profile.erased, profile.running.length, profile.storage.length]).toEqual([1, 0, 0]);
    await donor.leaveAndErase();
    expect(profile.erased).toBe(2);
    const again = await started();
    const other = again.profile.tab();
    await again.profile.settle();
    await other.leaveAndErase();
    expect(again.profile.erased).toBeGreaterThan(0);
    expect(again.profile.running).toHaveLength(0);
    expect(again.profile.storage.length).toBe(0);
  });

  it('T1 says so when the tab that runs the node does not answer', async () => {
    const { profile } = await started();
    const other = profile.tab();
    await profile.settle();
    profile.tabs.shift();
    const stopping = other.stop();
    await profile.settle();
    profile.waits.splice(0).forEach((resolve) => resolve());
    await expect(stopping).rejects.toThrow('does not answer');
  });

  it('T1 a snooze and the charge reach the node', async () => {
    const { donor, node } = await started();
    donor.snooze(3);
    donor.setCharging(false);
    donor.resume();
    expect(node.asked).toEqual(['snooze 10801000', 'charging false', 'resume', 'snooze 0']);
  });
});
