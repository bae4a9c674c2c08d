// CPU time of all processes that take part in a call. A rate alone hides that a system is fast because it keeps other
// cores busy; microseconds of CPU per call do not. A browser is a process group whose members come and go: its time is
// that of all who live in it and of those for whose end one of them has waited. Linux only.
import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { shortNumber } from './table.ts';

/** Linux counts process times in ticks of 1/100 s, whatever the kernel's own clock is. */
const US_PER_TICK = 10_000;
/** Places of fields after the command's closing parenthesis in /proc/PID/stat. */
const GROUP_PLACE = 2;
const UTIME_PLACE = 11;
const STIME_PLACE = 12;
const ENDED_UTIME_PLACE = 13;
const ENDED_STIME_PLACE = 14;

/** A process whose CPU time counts, or a browser that leads a process group. */
export type CpuSource =
  | { readonly name: string; readonly pid: number }
  | { readonly name: string; readonly browserGroup: number };

/** CPU time in microseconds by what used it. */
export type CpuTimes = ReadonlyMap<string, number>;

/** What /proc/PID/stat says of a process; undefined if it is gone. */
function statOf(pid: number): { group: number; cpuUs: number; endedUs: number } | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The command's name may hold spaces and parentheses: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = (place: number): number => Number(fields[place]) * US_PER_TICK;
  return {
    group: Number(fields[GROUP_PLACE]),
    cpuUs: ticks(UTIME_PLACE) + ticks(STIME_PLACE),
    endedUs: ticks(ENDED_UTIME_PLACE) + ticks(ENDED_STIME_PLACE),
  };
}

/** User and system time in microseconds since its start of another process, all its threads included. */
export function processCpuUs(pid: number): number {
  const stat = statOf(pid);
  if (stat === undefined) throw new Error(`process ${pid}, whose CPU time counts, has ended`);
  return stat.cpuUs;
}

/** What a process of Chromium is for, by its command line: `renderer`, `network`, … */
function browserPart(pid: number): string {
  let command = '';
  try {
    command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    // Gone, or a zombie: it counts all the same.
  }
  const service = / --utility-sub-type=(\w+)\./.exec(command)?.[1];
  return service ?? / --type=([a-z-]+)/.exec(command)?.[1] ?? 'main';
}

/** CPU time of a browser by what its processes are for; `ended`: of processes that ended. */
export function browserCpuUs(group: number): CpuTimes {
  const times = new Map<string, number>();
  const add = (part: string, us: number): void => void times.set(part, (times.get(part) ?? 0) + us);
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const pid = Number(name);
    const stat = statOf(pid);
    if (stat?.group !== group) continue;
    add(browserPart(pid), stat.cpuUs);
    add('ended', stat.endedUs);
  }
  if (times.size === 0) throw new Error('the browser, whose CPU time counts, has ended');
  return times;
}

/** CPU time so far of this process, as `driver`, and of `sources`; a browser's by what its processes are for. */
export function readCpuUs(sources: readonly CpuSource[]): CpuTimes {
  const { user, system } = process.cpuUsage();
  const times = new Map([['driver', user + system]]);
  for (const source of sources) {
    if ('pid' in source) {
      times.set(source.name, processCpuUs(source.pid));
      continue;
    }
    for (const [part, us] of browserCpuUs(source.browserGroup)) times.set(`${source.name} ${part}`, us);
  }
  return times;
}

/** What was used between two readings. A part may be negative: when a process ended, its time moved to `ended`. */
export function cpuBetween(before: CpuTimes, after: CpuTimes): CpuTimes {
  const names = new Set([...before.keys(), ...after.keys()]);
  return new Map([...names].map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)]));
}

/** All of it. */
export function totalUs(times: CpuTimes): number {
  return [...times.values()].reduce((sum, us) => sum + us, 0);
}

/** Parts that cost less than this share of all are not named. */
const NAMED_SHARE = 0.01;

/** What each process used per call, in words. */
export function describeCpu(used: CpuTimes, calls: number): string {
  const leastUs = totalUs(used) * NAMED_SHARE;
  return [...used]
    .filter(([, us]) => Math.abs(us) >= leastUs)
    .map(([name, us]) => `${name} ${shortNumber(us / calls)}`)
    .join(', ');
}

const US_PER_MS = 1_000;

/** CPU time in microseconds that this machine has spent since its start, on whatever, all CPUs together. */
export function machineCpuUs(): number {
  const busyMs = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  return busyMs.reduce((sum, ofCpu) => sum + ofCpu, 0) * US_PER_MS;
}
