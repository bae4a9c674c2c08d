/**
 * Lengths of time as people say them: at most two units, and never more exact than the eye needs.
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** `0.4 ms`, `35 ms`, `1.2 s`, `42 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms === 0) return '0 s';
  if (ms < 1) return `${Number(ms.toFixed(1)) || '< 0.1'} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 9950) return `${Number((ms / SECOND_MS).toFixed(1))} s`;
  if (ms < MINUTE_MS - 500) return `${Math.round(ms / SECOND_MS)} s`;
  const inSeconds = Math.round(ms / SECOND_MS) * SECOND_MS;
  if (inSeconds < HOUR_MS) return pair(inSeconds, MINUTE_MS, 'min', SECOND_MS, 's');
  if (inSeconds < DAY_MS) return pair(inSeconds, HOUR_MS, 'h', MINUTE_MS, 'min');
  return pair(inSeconds, DAY_MS, 'd', HOUR_MS, 'h');
}

/** Run times come in whole milliseconds: what is rounded away was not nothing. */
export function formatRun(runMs: number): string {
  return runMs < 1 ? '< 1 ms' : formatDuration(runMs);
}

/** The scheduler counts in microseconds: `340 µs`, `1.5 ms`. */
export function formatMicros(micros: number): string {
  const us = Math.max(0, micros);
  if (us < 999.5) return `${Math.round(us)} µs`;
  return us < 10_000 ? `${Number((us / 1000).toFixed(1))} ms` : formatDuration(us / 1000);
}

function pair(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const whole = Math.floor(ms / largeMs);
  const rest = Math.floor((ms % largeMs) / smallMs);
  return rest === 0 ? `${whole} ${large}` : `${whole} ${large} ${rest} ${small}`;
}
