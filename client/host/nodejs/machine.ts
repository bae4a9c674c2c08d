/**
 * What this machine is and has: the defaults of a Node host.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism, hostname, totalmem } from 'node:os';
import { type Label, labelKeyProblem, labelValueProblem, MAX_LABELS, ROLE_LABEL } from '#shared/task/node-labels.ts';
import { GPU_RESOURCE } from '#shared/task/resources.ts';

/** Share of the machine's memory that a node may use unless told otherwise. */
const DEFAULT_MEMORY_SHARE = 0.8;
/** Share of a node's memory for large values. */
const STORE_SHARE = 0.3;
const MIN_WORKER_HEAP_BYTES = 256 * 2 ** 20;
const MAX_WORKER_HEAP_BYTES = 4 * 2 ** 30;
const CGROUP_LIMIT_FILE = '/sys/fs/cgroup/memory.max';

/** CPUs this process may use. */
export function availableCpus(): number {
  return availableParallelism();
}

/** 80 % of the memory of the machine, or of the container. */
export function defaultMemoryLimitBytes(): number {
  return Math.floor(Math.min(totalmem(), containerLimitBytes()) * DEFAULT_MEMORY_SHARE);
}

/** Room for large values within a node's memory. */
export function storeBytesFor(memoryLimitBytes: number): number {
  return Math.floor(memoryLimitBytes * STORE_SHARE);
}

/** JavaScript heap of one worker: a fair share of what the store leaves. */
export function workerHeapBytesFor(memoryLimitBytes: number, storeBytes: number, cpus: number): number {
  const share = (memoryLimitBytes - storeBytes) / Math.max(1, cpus);
  return Math.min(MAX_WORKER_HEAP_BYTES, Math.max(MIN_WORKER_HEAP_BYTES, share));
}

/** A node's name for people: the machine and the process. */
export function defaultNodeName(): string {
  return `${hostname()}-${process.pid}`;
}

/** A new node id: 32 hex digits. */
export function newNodeId(): string {
  return randomBytes(16).toString('hex');
}

/** What runs here, for lists. */
export function platformText(): string {
  return `nodejs ${process.versions.node} ${process.platform}-${process.arch}`;
}

/** Labels as they travel: those of the machine, and what its owner says beside or instead. @throws RangeError for what is no label */
export function labelList(labels: Readonly<Record<string, string>>): Label[] {
  for (const [key, value] of Object.entries(labels)) {
    const problem = labelKeyProblem(key) ?? labelValueProblem(value);
    if (problem !== undefined) throw new RangeError(`${key}=${value}: ${problem}`);
    if (key === ROLE_LABEL)
      throw new RangeError(`every node has the label ${ROLE_LABEL} by itself: choose another key`);
  }
  const all = { os: process.platform, arch: process.arch, ...labels };
  const list = Object.entries(all).map(([key, value]) => ({ key, value }));
  if (list.length > MAX_LABELS) throw new RangeError(`a node has at most ${MAX_LABELS} labels, not ${list.length}`);
  return list;
}

/** Custom resources by name, as they travel: in thousandths. @throws RangeError for amounts that are none, TypeError for a GPU. */
export function resourceList(resources: Readonly<Record<string, number>>): { name: string; milli: number }[] {
  return Object.entries(resources).map(([name, amount]) => {
    if (!Number.isFinite(amount) || amount < 0)
      throw new RangeError(`the resource ${name} needs an amount of 0 or more, got ${amount}`);
    // As a mere number it would be given to tasks, and none of them could open it.
    if (name.toUpperCase() === GPU_RESOURCE)
      throw new TypeError(`"${name}" is no custom resource: a host lends its GPU with --gpu`);
    return { name, milli: Math.round(amount * 1000) };
  });
}

function containerLimitBytes(): number {
  try {
    const text = readFileSync(CGROUP_LIMIT_FILE, 'utf8').trim();
    return text === 'max' ? Infinity : Number(text);
  } catch {
    return Infinity;
  }
}
