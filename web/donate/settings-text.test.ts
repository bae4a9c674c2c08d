import { describe, expect, it } from 'vitest';
import type { BrowserAbilities } from '#client/host/browser/donor.ts';
import type { TabSettings } from '#client/host/browser/tab-status.ts';
import { describeSettings } from './settings-text.ts';

const abilities: BrowserAbilities = {
  isSecureContext: true,
  hasWorkers: true,
  hasWebLocks: true,
  hasIndexedDb: true,
  hasBattery: false,
  hasWebGpu: false,
  cores: 8,
  engine: 'chromium',
};
const settings: TabSettings = {
  cores: 4,
  onlyWhileCharging: false,
  shareGpu: true,
  allowSoftwareGpu: false,
  diskLimitBytes: 2e9,
};

describe('describeSettings', () => {
  it('T1 leaves a core to the person, where there is more than one', () => {
    expect(describeSettings({ ...settings, cores: 64 }, abilities)).toMatchObject({
      cores: 7,
      maxCores: 7,
      coresText: '7 of 8',
    });
    expect(describeSettings(settings, { ...abilities, cores: 1 })).toMatchObject({ cores: 1, maxCores: 1 });
  });

  it('T1 offers only what this browser can do', () => {
    expect(describeSettings(settings, abilities)).toMatchObject({ hasCharging: false, hasGpu: false, hasDisk: true });
    const other = { ...abilities, hasBattery: true, hasWebGpu: true, hasIndexedDb: false };
    expect(describeSettings(settings, other)).toMatchObject({ hasCharging: true, hasGpu: true, hasDisk: false });
  });

  it('T1 always offers the limit that is set, once and in order', () => {
    const labels = (diskLimitBytes: number): string[] =>
      describeSettings({ ...settings, diskLimitBytes }, abilities).diskChoices.map(({ label }) => label);
    expect(labels(2e9)).toEqual(['none', '250 MB', '1 GB', '2 GB', '5 GB', '10 GB', '20 GB']);
    expect(labels(3e9)).toEqual(['none', '250 MB', '1 GB', '2 GB', '3 GB', '5 GB', '10 GB', '20 GB']);
    expect(labels(2 ** 30)).toEqual(['none', '250 MB', '1.1 GB', '2 GB', '5 GB', '10 GB', '20 GB']);
    expect(labels(0)[0]).toBe('none');
    expect(labels(0)).toHaveLength(7);
  });
});
