/**
 * What a page that lends this browser needs, whatever it looks like: one object to start, pause and stop the node of this
 * browser profile, the same in the tab that runs it and in every other tab (rule M4).
 */
import type { TabSettings, TabStatus } from './tab-status.ts';

/** Where to join and with what. */
export interface DonorOptions {
  /** Of the server: `https://host`. */
  readonly url: string;
  /** The join key; empty in a public cluster. */
  readonly key: string;
}

/** The node of this browser profile, as one of its tabs sees it. */
export interface Donor {
  readonly status: TabStatus;
  readonly settings: TabSettings;
  /** True if the node runs in this very tab. */
  readonly runsHere: boolean;
  /** True if some tab of this browser profile runs the node. */
  readonly runsSomewhere: boolean;
  /** Called after any of the above changed, at most a few times per second; returns how to stop listening. */
  subscribe(listener: () => void): () => void;
  /** Starts the node in this tab, or takes note that another tab runs it. Must be called from a click. */
  start(options: DonorOptions): void;
  /** Takes no more work; what runs gets a moment to finish. Also from a tab that does not run the node. */
  pause(): void;
  /** Ends a pause, a snooze too. */
  resume(): void;
  /** A pause that ends by itself. */
  snooze(hours: number): void;
  /** Changes settings; they are remembered in this browser. */
  change(settings: Partial<TabSettings>): void;
  /** Leaves the cluster; nothing of it computes any more within a second. */
  stop(): Promise<void>;
  /** Stops and removes everything Daylight keeps in this browser: values, settings, the key, the node's name. */
  leaveAndErase(): Promise<void>;
}

/** What this browser can do, found out before anything is started. */
export interface BrowserAbilities {
  /** False on plain http from another machine: neither Web Locks nor WebGPU exist there. */
  readonly isSecureContext: boolean;
  readonly hasWorkers: boolean;
  readonly hasWebLocks: boolean;
  /** False in some private windows: values are then kept in memory only. */
  readonly hasIndexedDb: boolean;
  readonly hasBattery: boolean;
  readonly hasWebGpu: boolean;
  /** Logical cores as the browser tells. */
  readonly cores: number;
  readonly engine: 'chromium' | 'firefox' | 'safari' | 'other';
}

/** Half of the cores, at least one. */
export function defaultCores(cores: number): number {
  return Math.max(1, Math.floor(cores / 2));
}

/** One core is always left to the person at the machine, where there is more than one. */
export function maxCores(cores: number): number {
  return Math.max(1, cores - 1);
}
