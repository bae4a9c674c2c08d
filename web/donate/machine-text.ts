/**
 * What the node uses of this machine: one line per kind, and a share of the limit where there is one.
 */
import type { TabGpu, TabSettings, TabStatus } from '#client/host/browser/tab-status.ts';
import { clipText, formatBytes, formatClock, formatDuration, formatTenths, type ClockStyle } from '../design/words.ts';

const NAME_LENGTH = 60;

/** A part of a whole, for a meter. */
export interface Share {
  readonly value: number;
  readonly max: number;
}

/** See above; an empty text is not shown. */
export interface MachineText {
  readonly cpu: string;
  readonly cpuShare: Share;
  readonly jobMemory: string;
  readonly storeMemory: string;
  readonly disk: string;
  readonly diskShare: Share;
  readonly network: string;
  readonly gpu: string;
  readonly time: string;
  readonly node: string;
}

function describeGpu(gpu: TabGpu | undefined): string {
  if (gpu === undefined) return '';
  const name = gpu.isFallback ? 'software' : clipText(`${gpu.vendor} ${gpu.architecture}`, NAME_LENGTH);
  return `${name === '' ? 'yes' : name}, ${gpu.isOffered ? 'lent' : 'not lent'}`;
}

/** What to show; the clock's time is the page's own. */
export function describeMachine(
  status: TabStatus,
  settings: TabSettings,
  moment: { readonly nowMs: number; readonly statusAgeMs: number; readonly clock?: ClockStyle },
): MachineText {
  const upMs = status.upMs + moment.statusAgeMs;
  const busy = Math.min(status.busyCores, status.cores);
  const name = clipText(status.nodeName, NAME_LENGTH);
  return {
    cpu: `${formatTenths(busy)} of ${status.cores} ${status.cores === 1 ? 'core' : 'cores'}`,
    cpuShare: { value: busy, max: Math.max(1, status.cores) },
    jobMemory: formatBytes(status.jobMemoryBytes),
    storeMemory: formatBytes(status.storeMemoryBytes),
    disk: `${formatBytes(status.storeDiskBytes)} of ${formatBytes(settings.diskLimitBytes)}`,
    diskShare: { value: status.storeDiskBytes, max: Math.max(1, settings.diskLimitBytes) },
    network: `${formatBytes(status.sentBytes)} sent, ${formatBytes(status.receivedBytes)} received`,
    gpu: describeGpu(status.gpu),
    time: `${formatClock(moment.nowMs - upMs, moment.nowMs, moment.clock)}, ${formatDuration(upMs)} ago`,
    node: name === '' || status.session === 0 ? name : `${name} (node ${status.session})`,
  };
}
