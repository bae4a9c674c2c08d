/**
 * What a browser remembers between visits: settings, the node's lasting id, a snooze. Where storage is blocked (some private
 * windows) it is remembered for this visit only.
 */
import { defaultCores, maxCores } from '../donor.ts';
import type { TabSettings } from '../tab-status.ts';

const PREFIX = 'daylight.';
const NODE_ID_BYTES = 16;
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

  /** 32 hex digits, made at the first visit. */
  nodeId(): string {
    const kept = this.#read('node');
    if (kept !== null && /^[0-9a-f]{32}$/.test(kept)) return kept;
    const bytes = crypto.getRandomValues(new Uint8Array(NODE_ID_BYTES));
    const made = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    this.#write('node', made);
    return made;
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
    return this.#storage?.getItem(PREFIX + name) ?? this.#fallback.get(name) ?? null;
  }

  #write(name: string, value: string): void {
    this.#fallback.set(name, value);
    try {
      this.#storage?.setItem(PREFIX + name, value);
    } catch {
      // Full or blocked: the fallback has it for this visit.
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
