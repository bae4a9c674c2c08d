import { describe, expect, it } from 'vitest';
import { STOPPED, type TabGpu, type TabSettings, type TabStatus } from '#client/host/browser/tab-status.ts';
import { describeMachine } from './machine-text.ts';

const settings: TabSettings = {
  cores: 4,
  onlyWhileCharging: false,
  shareGpu: true,
  allowSoftwareGpu: false,
  diskLimitBytes: 2e9,
};
const moment = {
  nowMs: Date.UTC(2026, 6, 15, 10),
  statusAgeMs: 60_000,
  clock: { locale: 'de', timeZone: 'Europe/Berlin' },
};
const describeStatus = (change: Partial<TabStatus>) =>
  describeMachine({ ...STOPPED, cores: 4, ...change }, settings, moment);

describe('describeMachine', () => {
  it('T1 tells how many of the lent cores are busy, never more than all', () => {
    expect(describeStatus({ busyCores: 2.83 })).toMatchObject({
      cpu: '2.8 of 4 cores',
      cpuShare: { value: 2.83, max: 4 },
    });
    expect(describeStatus({ busyCores: 9 }).cpu).toBe('4 of 4 cores');
    expect(describeStatus({ busyCores: 0, cores: 1 }).cpu).toBe('0 of 1 core');
  });

  it('T1 tells memory, storage with its limit, and network', () => {
    const text = describeStatus({
      jobMemoryBytes: 213e6,
      storeMemoryBytes: 34e6,
      storeDiskBytes: 412e6,
      sentBytes: 12e6,
      receivedBytes: 88e6,
    });
    expect(text).toMatchObject({
      jobMemory: '213 MB',
      storeMemory: '34 MB',
      disk: '412 MB of 2 GB',
      diskShare: { value: 412e6, max: 2e9 },
      network: '12 MB sent, 88 MB received',
    });
  });

  it('T1 tells since when, counting the age of the news', () => {
    expect(describeStatus({ upMs: 7_140_000 }).time).toBe('10:00, 2 h ago');
  });

  it('T1 tells whether a GPU is lent, and calls a software one by its name', () => {
    const gpu: TabGpu = { vendor: 'nvidia', architecture: 'ampere', isFallback: false, isOffered: true };
    expect(describeStatus({ gpu }).gpu).toBe('nvidia ampere, lent');
    expect(describeStatus({ gpu: { ...gpu, isFallback: true, isOffered: false } }).gpu).toBe('software, not lent');
    expect(describeStatus({ gpu: { ...gpu, vendor: '', architecture: '' } }).gpu).toBe('yes, lent');
    expect(describeStatus({}).gpu).toBe('');
  });

  it('T1 tells the name only once there is one', () => {
    expect(describeStatus({}).node).toBe('');
    expect(describeStatus({ nodeName: 'quiet-otter' }).node).toBe('quiet-otter');
    expect(describeStatus({ nodeName: 'quiet-otter', session: 17 }).node).toBe('quiet-otter (node 17)');
  });
});
