/**
 * The card that says what the node uses of this machine.
 */
import { byId, show, write } from './elements.ts';
import type { MachineText, Share } from './machine-text.ts';

function drawShare(id: string, share: Share, text: string): void {
  const meter = byId(id, HTMLMeterElement);
  if (meter.max !== share.max) meter.max = share.max;
  if (meter.value !== share.value) meter.value = share.value;
  // Read aloud in place of a bare number.
  meter.title = text;
}

/** Shows the uses; the storage only where there is some. */
export function drawMachine(text: MachineText, hasDisk: boolean): void {
  write(byId('use-cpu', HTMLElement), text.cpu);
  drawShare('use-cpu-meter', text.cpuShare, text.cpu);
  write(byId('use-job-memory', HTMLElement), text.jobMemory);
  write(byId('use-store-memory', HTMLElement), text.storeMemory);
  show(byId('use-disk-row', HTMLElement), hasDisk);
  write(byId('use-disk', HTMLElement), text.disk);
  drawShare('use-disk-meter', text.diskShare, text.disk);
  write(byId('use-network', HTMLElement), text.network);
  show(byId('use-gpu-row', HTMLElement), text.gpu !== '');
  write(byId('use-gpu', HTMLElement), text.gpu);
  write(byId('use-time', HTMLElement), text.time);
  show(byId('use-node-row', HTMLElement), text.node !== '');
  write(byId('use-node', HTMLElement), text.node);
}
