/**
 * What a browser remembers between visits, the same for all of its tabs: settings, a pause, a snooze, and whether its person
 * wants a node at all. Where storage is blocked (some private windows) each tab remembers it for this visit only.
 */
import { defaultCores, maxCores } from '../donor.ts';
import type { TabSettings } from '../tab-status.ts';

const PREFIX = 'daylight.';
const DEFAULT_DISK_LIMIT_BYTES = 1e9;

/** A part of `Storage`. */
export interface TextStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
  key(index: number): string | null;
  readonly length: number;
}

/** The memory of one browser profile. */
export class DonorMemory {
  readonly #storage: TextStorage | undefined;
  readonly #cores: number;
  readonly #fallback = new Map<string, string>();
  /** The last write was refused. */
  #isBlocked = false;

  /** @param cores logical cores of the machine */
  constructor(storage: TextStorage | undefined, cores: number) {
    this.#storage = storage;
    this.#cores = cores;
  }

  get settings(): TabSettings {
    const kept = parse(this.#read('settings'));
    const cores = numberOf(kept['cores'], defaultCores(this.#cores));
    return {
      cores: Math.min(maxCores(this.#cores), Math.max(1, Math.round(cores))),
      onlyWhileCharging: kept['onlyWhileCharging'] === true,
      shareGpu: kept['shareGpu'] !== false,
      allowSoftwareGpu: kept['allowSoftwareGpu'] === true,
      diskLimitBytes: Math.max(0, numberOf(kept['diskLimitBytes'], DEFAULT_DISK_LIMIT_BYTES)),
    };
  }

  set settings(settings: TabSettings) {
    this.#write('settings', JSON.stringify(settings));
  }

  /** Milliseconds since 1970; 0 for no snooze. */
  get snoozedUntilMs(): number {
    return numberOf(Number(this.#read('snooze') ?? 0), 0);
  }

  set snoozedUntilMs(wallMs: number) {
    this.#write('snooze', String(wallMs));
  }

  /** A person pressed Start somewhere, and nobody pressed Stop since. It starts nothing by itself. */
  get isWanted(): boolean {
    return this.#read('wanted') === 'yes';
  }

  set isWanted(isWanted: boolean) {
    this.#write('wanted', isWanted ? 'yes' : 'no');
  }

  get isPaused(): boolean {
    return this.#read('paused') === 'yes';
  }

  set isPaused(isPaused: boolean) {
    this.#write('paused', isPaused ? 'yes' : 'no');
  }

  /** Forgets everything of Daylight, also what other parts of the page wrote under its prefix. */
  erase(): void {
    this.#fallback.clear();
    const storage = this.#storage;
    if (!storage) return;
    const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
    for (const key of keys) if (key?.startsWith(PREFIX) === true) storage.removeItem(key);
  }

  #read(name: string): string | null {
    return this.#storage === undefined || this.#isBlocked
      ? (this.#fallback.get(name) ?? null)
      : this.#storage.getItem(PREFIX + name);
  }

  #write(name: string, value: string): void {
    this.#fallback.set(name, value);
    try {
      this.#storage?.setItem(PREFIX + name, value);
      this.#isBlocked = false;
    } catch {
      // Full or blocked: the fallback has it for this visit.
      this.#isBlocked = true;
    }
  }
}

/** The page's storage, where the browser gives one. */
export function pageStorage(): TextStorage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

function parse(text: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function numberOf(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : otherwise;
}
