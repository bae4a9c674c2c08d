// CPU time of all processes that take part in a call. A rate alone hides that a system is fast because it keeps other
// cores busy; microseconds of CPU per call do not.
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts process times in ticks of 1/100 s, whatever the kernel's own clock is. */
const US_PER_TICK = 10_000;
/** Places of utime and stime after the command's closing parenthesis in /proc/PID/stat. */
const UTIME_PLACE = 11;
const STIME_PLACE = 12;

/** User and system time in microseconds since its start of another process, all its threads included. Linux only. */
export function processCpuUs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name may hold spaces and parentheses: count from the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[UTIME_PLACE]) + Number(fields[STIME_PLACE])) * US_PER_TICK;
}

/** The same for this process, first, and each of `pids`. */
export function readCpuUs(pids: readonly number[]): number[] {
  const { user, system } = process.cpuUsage();
  return [user + system, ...pids.map(processCpuUs)];
}

const US_PER_MS = 1_000;

/** CPU time in microseconds that this machine has spent since its start, on whatever, all CPUs together. */
export function machineCpuUs(): number {
  const busyMs = cpus().map(({ times: { user, nice, sys, irq } }) => user + nice + sys + irq);
  return busyMs.reduce((sum, ofCpu) => sum + ofCpu, 0) * US_PER_MS;
}
