/**
 * Which settings there are on this machine, within which limits, and how they read.
 */
import { maxCores, type BrowserAbilities } from '#client/host/browser/donor.ts';
import type { TabSettings } from '#client/host/browser/tab-status.ts';
import { formatBytes } from '../design/words.ts';

const GIGABYTE = 1_000_000_000;
const DISK_STEPS = [0, GIGABYTE / 4, GIGABYTE, 2 * GIGABYTE, 5 * GIGABYTE, 10 * GIGABYTE, 20 * GIGABYTE];

/** Limits closer than this share look alike. */
const NEARNESS = 0.1;

/** One choice of the storage limit. */
export interface DiskChoice {
  readonly bytes: number;
  readonly label: string;
}

/** See above. */
export interface SettingsText {
  readonly cores: number;
  readonly maxCores: number;
  readonly coresText: string;
  readonly hasCharging: boolean;
  readonly hasGpu: boolean;
  readonly hasDisk: boolean;
  readonly diskChoices: readonly DiskChoice[];
}

/** How many of how many: `2 of 4`. */
export function describeCores(lent: number, cores: number): string {
  const hasChoice = maxCores(cores) > 1;
  return hasChoice || cores === 1 ? `${lent} of ${cores}` : `${lent} of ${cores}; the other stays yours`;
}

/** What to offer. */
export function describeSettings(settings: TabSettings, abilities: BrowserAbilities): SettingsText {
  const most = maxCores(abilities.cores);
  const cores = Math.min(Math.max(1, settings.cores), most);
  // A limit that is none of the steps stays what it is, and takes the place of a step that nobody could tell from it.
  const limitBytes = settings.diskLimitBytes;
  const others = DISK_STEPS.filter((step) => Math.abs(step - limitBytes) > limitBytes * NEARNESS);
  const steps = [...others, limitBytes].sort((a, b) => a - b);
  return {
    cores,
    maxCores: most,
    coresText: describeCores(cores, abilities.cores),
    hasCharging: abilities.hasBattery,
    hasGpu: abilities.hasWebGpu,
    hasDisk: abilities.hasIndexedDb,
    diskChoices: steps.map((bytes) => ({ bytes, label: bytes === 0 ? 'none' : formatBytes(bytes) })),
  };
}
