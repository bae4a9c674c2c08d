/**
 * Moments: how long ago they are for reading, and the exact time, with its zone, for whoever wants to compare with a log.
 */
import { formatDuration } from './durations.ts';

const JUST_NOW_MS = 5000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const MONTH_MS = 30 * DAY_MS;

/** A person's own clock; fixed in tests. */
export interface ClockStyle {
  readonly locale?: string;
  readonly timeZone?: string;
}

/** `just now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`, and beyond a month the date. */
export function formatAgo(atMs: number, nowMs: number, style: ClockStyle = {}): string {
  const ageMs = nowMs - atMs;
  // Two clocks differ by a little; what is really ahead says so.
  if (ageMs < -MINUTE_MS) return `in ${largest(-ageMs)}`;
  if (ageMs < JUST_NOW_MS) return 'just now';
  if (ageMs > MONTH_MS) {
    const { locale = 'en', ...zone } = style;
    return new Intl.DateTimeFormat(locale, { ...zone, dateStyle: 'medium' }).format(atMs);
  }
  return `${largest(ageMs)} ago`;
}

/** `27 Nov 2026, 14:03:21 UTC`. */
export function formatMoment(atMs: number, style: ClockStyle = {}): string {
  const { locale = 'en-GB', ...zone } = style;
  return new Intl.DateTimeFormat(locale, {
    ...zone,
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(atMs);
}

/** Only the time of the day, for lines of a log and axes: `14:03:21`. */
export function formatClock(atMs: number, style: ClockStyle = {}): string {
  const { locale = 'en-GB', ...zone } = style;
  return new Intl.DateTimeFormat(locale, {
    ...zone,
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).format(atMs);
}

function largest(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  if (ms < DAY_MS) return `${Math.floor(ms / HOUR_MS)} h`;
  return `${Math.floor(ms / DAY_MS)} d`;
}

/** How long something took, or takes until now. */
export function formatRunTime(startedAt: string | null, endedAt: string | null, nowMs: number): string {
  if (startedAt === null) return '–';
  const endMs = endedAt === null ? nowMs : Date.parse(endedAt);
  return formatDuration(Math.max(0, endMs - Date.parse(startedAt)));
}
