/**
 * What this browser can do, found out before anything is started.
 */
import type { BrowserAbilities } from '../donor.ts';

/** What `navigator` may have beyond the DOM's types. */
interface MoreNavigator {
  readonly getBattery?: () => Promise<BatteryLike>;
  readonly gpu?: { requestAdapter(): Promise<unknown> } | null;
}

/** The part of a BatteryManager that is used. */
export interface BatteryLike {
  readonly charging: boolean;
  addEventListener(type: 'chargingchange', listener: () => void): void;
}

/** A driver that does not answer for so long is no GPU to offer. */
const ADAPTER_LIMIT_MS = 2_000;
const DATABASE_PROBE = 'daylight-probe';
/** A database that is not open after so long is as good as blocked. */
const DATABASE_LIMIT_MS = 3_000;

/** See {@link BrowserAbilities}. */
export async function findAbilities(): Promise<BrowserAbilities> {
  const more = navigator as MoreNavigator;
  return {
    isSecureContext: window.isSecureContext,
    hasWorkers: typeof Worker === 'function',
    hasWebLocks: 'locks' in navigator,
    hasIndexedDb: await canStore(),
    hasBattery: typeof more.getBattery === 'function',
    hasWebGpu: await hasAdapter(more.gpu),
    cores: navigator.hardwareConcurrency || 1,
    engine: engineOf(navigator.userAgent),
  };
}

/** The interface is there on many machines that have nothing behind it. */
async function hasAdapter(gpu: MoreNavigator['gpu']): Promise<boolean> {
  if (!gpu) return false;
  const limit = new Promise<null>((resolve) => setTimeout(() => resolve(null), ADAPTER_LIMIT_MS));
  try {
    return (await Promise.race([gpu.requestAdapter(), limit])) !== null;
  } catch {
    return false;
  }
}

/** The battery, where the browser shows it. */
export async function findBattery(): Promise<BatteryLike | undefined> {
  try {
    return await (navigator as MoreNavigator).getBattery?.();
  } catch {
    return undefined;
  }
}

/** The engine behind a browser's name for itself. */
export function engineOf(userAgent: string): BrowserAbilities['engine'] {
  if (/\b(?:iPhone|iPad|iPod)\b/.test(userAgent)) return 'safari';
  if (/\bFirefox\//.test(userAgent)) return 'firefox';
  if (/Chrom(?:e|ium)\//.test(userAgent)) return 'chromium';
  return /\bSafari\//.test(userAgent) ? 'safari' : 'other';
}

/** Some private windows have the interface and refuse to open anything. */
function canStore(): Promise<boolean> {
  return new Promise((resolve) => {
    try {
      const opening = indexedDB.open(DATABASE_PROBE);
      opening.addEventListener('success', () => {
        opening.result.close();
        indexedDB.deleteDatabase(DATABASE_PROBE);
        resolve(true);
      });
      opening.addEventListener('error', () => resolve(false));
      setTimeout(() => resolve(false), DATABASE_LIMIT_MS);
    } catch {
      resolve(false);
    }
  });
}
