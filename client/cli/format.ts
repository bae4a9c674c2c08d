/**
 * Figures as people read them in a terminal: numbers with their units, times relative to now. Programs get the API's own values
 * with `--json` and `--csv`.
 */

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
/** What has no value. */
export const NOTHING = '—';

/** `0.4 ms`, `350 ms`, `1.2 s`, `4 min 5 s`, `3 h 20 min`, `2 d 4 h`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 10) return `${tenths(durationMs)} ms`;
  if (durationMs < SECOND_MS) return `${Math.round(durationMs)} ms`;
  // What would be rounded up to the next unit is that unit.
  if (durationMs < 59.95 * SECOND_MS) return `${tenths(durationMs / SECOND_MS)} s`;
  if (durationMs < HOUR_MS - 500) return twoUnits(Math.round(durationMs / SECOND_MS), 60, 'min', 's');
  if (durationMs < DAY_MS - MINUTE_MS / 2) return twoUnits(Math.round(durationMs / MINUTE_MS), 60, 'h', 'min');
  return twoUnits(Math.round(durationMs / HOUR_MS), 24, 'd', 'h');
}

/** The same to the second: for what is left. */
export function formatRemaining(remainingMs: number): string {
  return formatDuration(Math.max(1, Math.round(remainingMs / SECOND_MS)) * SECOND_MS);
}

/** `512 B`, `1.5 KB`, `20 MB`: powers of 1024. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 9.95 ? Math.round(value) : tenths(value)} ${BYTE_UNITS[unit]}`;
}

/** `3 min ago`, `just now`; the date for what is long past. */
export function formatAgo(iso: string, nowMs: number): string {
  const timeMs = Date.parse(iso);
  const agoMs = nowMs - timeMs;
  if (Number.isNaN(timeMs)) return iso;
  if (agoMs < SECOND_MS) return 'just now';
  if (agoMs < MINUTE_MS) return `${Math.floor(agoMs / SECOND_MS)} s ago`;
  if (agoMs < HOUR_MS) return `${Math.floor(agoMs / MINUTE_MS)} min ago`;
  if (agoMs < DAY_MS) return `${Math.floor(agoMs / HOUR_MS)} h ago`;
  if (agoMs < 30 * DAY_MS) return `${Math.floor(agoMs / DAY_MS)} d ago`;
  return iso.slice(0, 10);
}

/** `42 %` of a fraction from 0 to 1; 100 % only for the whole. */
export function formatPercent(fraction: number): string {
  return `${fraction >= 1 ? 100 : Math.min(99, Math.round(fraction * 100))} %`;
}

/** A number without digits that nobody reads: `2`, `1.5`, `0.25`. */
export function formatNumber(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}

/** `1 task`, `3 tasks`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function tenths(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function twoUnits(count: number, size: number, large: string, small: string): string {
  const rest = count % size;
  const whole = `${Math.floor(count / size)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
