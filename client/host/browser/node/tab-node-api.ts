/**
 * What the page and its raylet worker call on each other through comlink: a few calls in a node's life.
 */
import type { FramePage } from '../sandbox/sandbox-messages.ts';
import type { TabSettings, TabStatus } from '../tab-status.ts';

/** Everything the raylet's worker is started with. */
export interface TabNodeOptions {
  /** Of the server: `https://host`. */
  readonly url: string;
  /** The join key; empty for a stranger of a public cluster. */
  readonly key: string;
  /** This browser profile's lasting id, 32 hex digits. */
  readonly nodeId: string;
  /** See `DonateInfo.sandboxUrl`. */
  readonly sandboxUrl: string;
  readonly settings: TabSettings;
  /** Whether the machine charges; undefined where the browser does not tell. */
  readonly isCharging: boolean | undefined;
  /** Its owner paused it, in this tab or in the one that ran it before. */
  readonly isPaused: boolean;
  readonly snoozedUntilMs: number;
}

/** The life of the node that the server knows: with it a closing page can say good-bye for its worker. */
export interface TabSession {
  readonly session: number;
  readonly epoch: number;
}

/** The page, as the raylet's worker sees it. */
export interface TabPage extends FramePage {
  onStatus(status: TabStatus): void;
  onSession(session: TabSession): void;
}

/** The raylet's worker, as the page sees it. What is said while it still starts is heard when it has. */
export interface TabNodeApi {
  /** Called once, first. */
  start(options: TabNodeOptions, page: TabPage): Promise<void>;
  setPaused(isPaused: boolean): Promise<void>;
  /** 0 ends a snooze. */
  snoozeUntil(wallMs: number): Promise<void>;
  setCharging(isCharging: boolean | undefined): Promise<void>;
  change(settings: TabSettings): Promise<void>;
  /** Ends everything that computes at once, tells the server, and resolves. */
  stop(reason: string): Promise<void>;
}
