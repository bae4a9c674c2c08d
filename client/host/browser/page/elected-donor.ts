/**
 * The node of this browser profile as one of its tabs sees it (rule M4). Tabs elect the one that runs the node by a lock: the
 * holder runs it, the others show the same and wait for the lock, so that one of them goes on when the holder is closed.
 *
 * A node runs only after a person pressed Start in some tab, and no longer when a person pressed Stop in any. That wish is
 * kept where all tabs see it, and is written before the lock is given back: who gets the lock next looks at it first.
 */
import type { Donor, DonorOptions } from '../donor.ts';
import type { TabNodeOptions } from '../node/tab-node-api.ts';
import { STOPPED, type TabSettings, type TabStatus } from '../tab-status.ts';
import type { DonorMemory } from './donor-memory.ts';
import type { TabMessage, TabWish } from './tab-channel.ts';

const HOUR_MS = 3_600_000;
/** Between two questions for what the server offers, while it is away. */
const INFO_RETRY_MS = 2_000;
/** How long another tab may take to stop, or to erase, before that counts as failed. */
const ANSWER_LIMIT_MS = 5_000;

/** A node that runs in this tab. */
export interface RunningNode {
  setPaused(isPaused: boolean): void;
  snoozeUntil(wallMs: number): void;
  setCharging(isCharging: boolean | undefined): void;
  change(settings: TabSettings): void;
  /** Ends it: nothing of it computes any more soon after. Safe to repeat. */
  stop(): Promise<void>;
}

/** What the node tells. */
export interface RunningNodeEvents {
  onStatus(status: TabStatus): void;
  /** The program of the node itself failed. */
  onFailed(message: string): void;
}

/** What a donor needs of its page. */
export interface DonorPorts {
  readonly memory: DonorMemory;
  wallMs(): number;
  wait(ms: number): Promise<void>;
  /** Calls `hold` once this tab has the lock of the profile, and keeps the lock until that promise is over. Rejects when aborted before. */
  lock(signal: AbortSignal, hold: () => Promise<void>): Promise<void>;
  /** Joins the tabs of this profile; returns how to speak to them. */
  channel(receive: (message: TabMessage) => void): (message: TabMessage) => void;
  /** Address of the sandbox document as the server gives it; undefined while the server is away. */
  sandboxUrl(serverUrl: string): Promise<string | undefined>;
  /** This profile's lasting id, 32 hex digits. */
  nodeId(): Promise<string>;
  startNode(options: TabNodeOptions, events: RunningNodeEvents): RunningNode;
  /** Removes the values and the id kept in this browser. Rejects if something of it stays. */
  eraseKept(): Promise<void>;
}

/** One attempt of this tab to get the place and run the node, until it is given up. */
interface Candidacy {
  readonly options: DonorOptions;
  readonly controller: AbortController;
}

/** See above. */
export class ElectedDonor implements Donor {
  status: TabStatus = STOPPED;
  /** Some other tab runs the node. */
  #runsElsewhere = false;
  readonly #ports: DonorPorts;
  readonly #memory: DonorMemory;
  readonly #say: (message: TabMessage) => void;
  readonly #listeners = new Set<() => void>();
  readonly #answers = new Map<number, (isDone: boolean) => void>();
  #nextAnswer = 1;
  #candidacy: Candidacy | undefined;
  #node: RunningNode | undefined;
  #isCharging: boolean | undefined;

  constructor(ports: DonorPorts) {
    this.#ports = ports;
    this.#memory = ports.memory;
    this.#say = ports.channel((message) => this.#heard(message));
    this.#say({ type: 'hello' });
  }

  get settings(): TabSettings {
    return this.#memory.settings;
  }

  get runsHere(): boolean {
    return this.#node !== undefined;
  }

  get runsSomewhere(): boolean {
    return this.runsHere || this.#runsElsewhere;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The battery has changed; undefined where the browser does not tell. */
  setCharging(isCharging: boolean | undefined): void {
    this.#isCharging = isCharging;
    this.#node?.setCharging(isCharging);
  }

  start(options: DonorOptions): void {
    if (this.runsSomewhere) return;
    this.#giveUp();
    this.#memory.isWanted = true;
    this.#memory.isPaused = false;
    this.#memory.snoozedUntilMs = 0;
    this.#show({ ...STOPPED, phase: 'connecting' });
    this.#stand(options);
  }

  pause(): void {
    this.#wish({ wish: 'pause' });
  }

  resume(): void {
    this.#wish({ wish: 'resume' });
  }

  snooze(hours: number): void {
    this.#wish({ wish: 'snooze', untilMs: this.#ports.wallMs() + hours * HOUR_MS });
  }

  change(settings: Partial<TabSettings>): void {
    this.#wish({ wish: 'change', settings: { ...this.settings, ...settings } });
  }

  async stop(): Promise<void> {
    await this.#end(false);
  }

  async leaveAndErase(): Promise<void> {
    await this.#end(true);
  }

  // --- election ------------------------------------------------------------------------------------------------------

  /** Asks for the node's place, and runs the node once it is this tab's. */
  #stand(options: DonorOptions): void {
    if (this.#candidacy) return;
    const candidacy = { options, controller: new AbortController() };
    this.#candidacy = candidacy;
    const { signal } = candidacy.controller;
    this.#ports.lock(signal, () => this.#hold(candidacy)).catch(() => undefined);
  }

  /** This tab has the place, until it gives it up. */
  async #hold(candidacy: Candidacy): Promise<void> {
    const { signal } = candidacy.controller;
    const givenUp = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    const isVoid = (): boolean => signal.aborted || !this.#memory.isWanted;
    const [sandboxUrl, nodeId] = await Promise.all([this.#sandboxUrl(candidacy, isVoid), this.#ports.nodeId()]);
    if (isVoid() || sandboxUrl === undefined) {
      // Somebody pressed Stop before it was this tab's turn.
      if (this.#candidacy === candidacy) this.#stopped();
      return;
    }
    const { url, key } = candidacy.options;
    const node = this.#ports.startNode(
      {
        ...{ url, key, nodeId, sandboxUrl },
        settings: this.settings,
        isCharging: this.#isCharging,
        isPaused: this.#memory.isPaused,
        snoozedUntilMs: this.#memory.snoozedUntilMs,
      },
      {
        onStatus: (status) => this.#told(node, status),
        onFailed: (message) =>
          this.#told(node, { ...this.status, phase: 'failed', problem: { code: 'other', message } }),
      },
    );
    this.#node = node;
    this.#runsElsewhere = false;
    await givenUp;
    await node.stop();
  }

  /** Asked again and again while the server is away: a successor must not need a person. */
  async #sandboxUrl({ options }: Candidacy, isVoid: () => boolean): Promise<string | undefined> {
    while (!isVoid()) {
      const url = await this.#ports.sandboxUrl(options.url);
      if (url !== undefined) return url;
      if (this.status.phase === 'connecting') this.#show({ ...this.status, trouble: 'the server does not answer' });
      await this.#ports.wait(INFO_RETRY_MS);
    }
    return undefined;
  }

  /** Gives the place up, or the wait for it; a node that runs here is ended. */
  #giveUp(): void {
    const candidacy = this.#candidacy;
    this.#candidacy = undefined;
    this.#node = undefined;
    this.#runsElsewhere = false;
    candidacy?.controller.abort();
  }

  // --- the end -------------------------------------------------------------------------------------------------------

  async #end(erase: boolean): Promise<void> {
    this.#memory.isWanted = false;
    const node = this.#node;
    if (!node && this.#runsElsewhere) {
      const isDone = await this.#ask({ wish: 'stop', erase });
      this.#stopped();
      if (!isDone) throw new Error('the tab that runs the node does not answer: close it');
      if (erase) await this.#erase();
      return;
    }
    this.#say({ type: 'stopped', erased: erase });
    this.#stopped();
    await node?.stop();
    if (erase) await this.#erase();
  }

  async #erase(): Promise<void> {
    this.#memory.erase();
    await this.#ports.eraseKept();
  }

  /** Nothing runs any more, as far as this tab is concerned. */
  #stopped(): void {
    this.#giveUp();
    this.#show({ ...this.status, phase: 'stopped', runningTasks: 0, queuedTasks: 0, busyCores: 0, problem: undefined });
  }

  /** The node cannot go on: its place is free, and no other tab tries the same again by itself. */
  #failed(status: TabStatus): void {
    const node = this.#node;
    this.#memory.isWanted = false;
    this.#say({ type: 'failed', status });
    this.#giveUp();
    void node?.stop();
    this.#show(status);
  }

  // --- what is said --------------------------------------------------------------------------------------------------

  /** The node in this tab has news. */
  #told(node: RunningNode, status: TabStatus): void {
    if (this.#node !== node) return;
    if (status.phase === 'failed') {
      this.#failed(status);
      return;
    }
    this.#show(status);
    this.#tellOthers();
  }

  #tellOthers(): void {
    if (this.#node && this.#candidacy)
      this.#say({ type: 'status', status: this.status, options: this.#candidacy.options });
  }

  #heard(message: TabMessage): void {
    if (message.type === 'hello') this.#tellOthers();
    else if (message.type === 'answer') this.#answers.get(message.id)?.(message.isDone);
    else if (message.type === 'wish') {
      if (this.#node) this.#heardWish(message);
    } else if (!this.#node) this.#heardFromHolder(message);
  }

  #heardFromHolder(message: Extract<TabMessage, { type: 'status' | 'stopped' | 'failed' }>): void {
    if (message.type === 'status') {
      this.#runsElsewhere = true;
      this.#stand(message.options);
      this.#show(message.status);
    } else if (message.type === 'failed') {
      this.#giveUp();
      this.#show(message.status);
    } else {
      if (message.erased) this.#memory.erase();
      this.#stopped();
    }
  }

  #heardWish(wish: TabWish & { readonly id: number }): void {
    if (wish.wish !== 'stop') {
      this.#obey(wish);
      return;
    }
    this.#end(wish.erase).then(
      () => this.#say({ type: 'answer', id: wish.id, isDone: true }),
      () => this.#say({ type: 'answer', id: wish.id, isDone: false }),
    );
  }

  /** What the person wants goes to the tab that runs the node. */
  #wish(wish: TabWish): void {
    if (this.#node || !this.#runsElsewhere) this.#obey(wish);
    else this.#say({ type: 'wish', id: 0, ...wish });
  }

  /** A wish that is answered when it is done; false if it could not be, or nobody answers. */
  async #ask(wish: TabWish): Promise<boolean> {
    const id = this.#nextAnswer;
    this.#nextAnswer += 1;
    const answered = new Promise<boolean>((resolve) => this.#answers.set(id, resolve));
    this.#say({ type: 'wish', id, ...wish });
    const isDone = await Promise.race([answered, this.#ports.wait(ANSWER_LIMIT_MS).then(() => false)]);
    this.#answers.delete(id);
    return isDone;
  }

  #obey(wish: TabWish): void {
    switch (wish.wish) {
      case 'pause':
        this.#memory.isPaused = true;
        this.#node?.setPaused(true);
        break;
      case 'resume':
        this.#memory.isPaused = false;
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
