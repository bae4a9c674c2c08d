/**
 * The node of this browser profile as one of its tabs sees it (rule M4). Tabs elect the one that runs the node by a Web Lock:
 * the holder runs it, the others show the same and wait for the lock, so that one of them goes on when the holder is closed.
 * A node runs only after a person pressed Start in some tab, and stops in all of them when a person pressed Stop.
 */
import type { DonateInfo } from '#shared/protocol/donate-info.ts';
import type { Donor, DonorOptions } from './donor.ts';
import { findBattery } from './page/abilities.ts';
import { DonorMemory, pageStorage } from './page/donor-memory.ts';
import { NodeThread } from './page/node-thread.ts';
import { TabChannel, type TabMessage, type TabWish } from './page/tab-channel.ts';
import { STOPPED, type TabSettings, type TabStatus } from './tab-status.ts';

export { findAbilities } from './page/abilities.ts';

const LOCK_NAME = 'daylight-node';
const CHANNEL_NAME = 'daylight-node';
const HOUR_MS = 3_600_000;
/** Between two questions for what the server offers. */
const INFO_RETRY_MS = 2_000;

/** Makes the donor of this tab; nothing is started. */
export function createDonor(): Donor {
  return new BrowserDonor();
}

class BrowserDonor implements Donor {
  status: TabStatus = STOPPED;
  runsSomewhere = false;
  readonly #memory = new DonorMemory(pageStorage(), navigator.hardwareConcurrency || 1);
  readonly #channel = new TabChannel(CHANNEL_NAME, (message) => this.#heard(message));
  readonly #listeners = new Set<() => void>();
  /** Ends the wait for the lock, or gives it back. */
  #giveUp: AbortController | undefined;
  #releaseLock = (): void => {};
  #node: NodeThread | undefined;
  #options: DonorOptions | undefined;
  #isCharging: boolean | undefined;
  #isPaused = false;

  constructor() {
    this.#channel.say({ type: 'hello' });
    void findBattery().then((battery) => {
      if (!battery) return;
      const changed = (): void => {
        this.#isCharging = battery.charging;
        this.#node?.setCharging(battery.charging);
      };
      battery.addEventListener('chargingchange', changed);
      changed();
    });
  }

  get settings(): TabSettings {
    return this.#memory.settings;
  }

  get runsHere(): boolean {
    return this.#node !== undefined;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  start(options: DonorOptions): void {
    this.#isPaused = false;
    this.#memory.snoozedUntilMs = 0;
    // Values that the browser may throw away at will are worth less to others; it decides, we only ask.
    void navigator.storage?.persist?.().catch(() => undefined);
    this.#stand(options);
    if (!this.runsSomewhere) this.#show({ ...STOPPED, phase: 'connecting' });
  }

  pause(): void {
    this.#wish({ wish: 'pause' });
  }

  resume(): void {
    this.#wish({ wish: 'resume' });
  }

  snooze(hours: number): void {
    this.#wish({ wish: 'snooze', untilMs: Date.now() + hours * HOUR_MS });
  }

  change(settings: Partial<TabSettings>): void {
    this.#wish({ wish: 'change', settings: { ...this.settings, ...settings } });
  }

  async stop(): Promise<void> {
    await this.#stop(false);
  }

  async leaveAndErase(): Promise<void> {
    await this.#stop(true);
  }

  // --- election ------------------------------------------------------------------------------------------------------

  /** Asks for the node's place, and runs the node once it is this tab's. */
  #stand(options: DonorOptions): void {
    this.#options = options;
    if (this.#giveUp) return;
    const giveUp = new AbortController();
    this.#giveUp = giveUp;
    navigator.locks
      .request(LOCK_NAME, { signal: giveUp.signal }, () => this.#hold(giveUp.signal))
      .catch(() => undefined);
  }

  /** This tab has the place, until the promise is over. */
  async #hold(signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.#options) return;
    const released = new Promise<void>((resolve) => (this.#releaseLock = resolve));
    await this.#run(this.#options);
    await released;
  }

  async #run(options: DonorOptions): Promise<void> {
    const sandboxUrl = await this.#sandboxUrl(options.url);
    if (this.#giveUp === undefined) return;
    this.#node = new NodeThread(
      {
        url: options.url,
        key: options.key,
        nodeId: this.#memory.nodeId(),
        sandboxUrl,
        settings: this.settings,
        isCharging: this.#isCharging,
        snoozedUntilMs: this.#memory.snoozedUntilMs,
      },
      {
        onStatus: (status) => this.#told(status),
        onFailed: (message) => this.#told({ ...this.status, phase: 'failed', problem: { code: 'other', message } }),
      },
    );
    if (this.#isPaused) this.#node.setPaused(true);
  }

  /** Asked again and again while the server is away: a successor must not need a person. */
  async #sandboxUrl(url: string): Promise<string> {
    for (;;) {
      try {
        const response = await fetch(`${url}/donate/info`);
        if (response.ok) return ((await response.json()) as DonateInfo).sandboxUrl;
      } catch {
        // The server is away: the node says so itself, once it can be started.
      }
      if (this.#giveUp === undefined) return '';
      await new Promise((resolve) => setTimeout(resolve, INFO_RETRY_MS));
    }
  }

  async #stop(erase: boolean): Promise<void> {
    if (this.#node || !this.runsSomewhere) await this.#stopHere(erase);
    else this.#channel.say({ type: 'wish', wish: 'stop', erase });
    this.#channel.say({ type: 'stopped' });
    this.#withdraw();
    if (erase) this.#memory.erase();
    this.#show({ ...this.status, phase: 'stopped', runningTasks: 0, queuedTasks: 0, busyCores: 0, problem: undefined });
  }

  async #stopHere(erase: boolean): Promise<void> {
    const node = this.#node;
    this.#node = undefined;
    await node?.stop(erase);
  }

  /** Gives the place up, or the wait for it. */
  #withdraw(): void {
    this.runsSomewhere = false;
    this.#giveUp?.abort();
    this.#giveUp = undefined;
    this.#releaseLock();
  }

  // --- what is said --------------------------------------------------------------------------------------------------

  /** The node in this tab has news. */
  #told(status: TabStatus): void {
    this.runsSomewhere = true;
    this.#show(status);
    this.#tellOthers();
  }

  #tellOthers(): void {
    if (!this.#node || !this.#options) return;
    this.#channel.say({ type: 'status', status: this.status, settings: this.settings, options: this.#options });
  }

  #heard(message: TabMessage): void {
    switch (message.type) {
      case 'hello':
        this.#tellOthers();
        return;
      case 'status':
        if (this.#node) return;
        this.runsSomewhere = true;
        this.#isPaused = message.status.pauseReasons.includes('user');
        this.#stand(message.options);
        this.#show(message.status);
        return;
      case 'stopped':
        if (this.#node) return;
        this.#withdraw();
        this.#show({ ...this.status, phase: 'stopped', runningTasks: 0, queuedTasks: 0, busyCores: 0 });
        return;
      case 'wish':
        if (!this.#node) return;
        if (message.wish === 'stop') void this.#stop(message.erase);
        else this.#obey(message);
    }
  }

  /** What the person wants goes to the tab that runs the node. */
  #wish(wish: TabWish): void {
    if (this.#node || !this.runsSomewhere) this.#obey(wish);
    else this.#channel.say({ type: 'wish', ...wish });
  }

  #obey(wish: TabWish): void {
    switch (wish.wish) {
      case 'pause':
        this.#isPaused = true;
        this.#node?.setPaused(true);
        break;
      case 'resume':
        this.#isPaused = false;
        this.#memory.snoozedUntilMs = 0;
        this.#node?.setPaused(false);
        this.#node?.snoozeUntil(0);
        break;
      case 'snooze':
        this.#memory.snoozedUntilMs = wish.untilMs;
        this.#node?.snoozeUntil(wish.untilMs);
        break;
      case 'change':
        this.#memory.settings = wish.settings;
        this.#node?.change(wish.settings);
        break;
      case 'stop':
        return;
    }
    this.#changed();
    this.#tellOthers();
  }

  #show(status: TabStatus): void {
    this.status = status;
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
