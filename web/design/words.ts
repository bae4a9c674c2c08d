/**
 * Numbers, times and strangers' words as text: what every part of the page says in the same way.
 */

const BYTE_UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const NUMBERS = new Intl.NumberFormat('en');
const AMOUNTS = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const TENTHS = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** Characters that turn the direction of text around, and control characters. They have no business in a name. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** `1,234`. */
export function formatNumber(value: number): string {
  return NUMBERS.format(value);
}

/** As `formatNumber`, but what has more than seven digits in short, to fit a small place: `123.5M`. */
export function formatAmount(value: number): string {
  return value < 10_000_000 ? NUMBERS.format(value) : AMOUNTS.format(value);
}

/** `3 tasks`, `1 task`. */
export function formatCount(count: number, noun: string): string {
  return `${NUMBERS.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1.6`: one digit after the point, none if it is zero. */
export function formatTenths(value: number): string {
  return TENTHS.format(value);
}

/** Decimal units, as disks and networks are sold: `34 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 999.5 would be shown as 1,000 of the smaller unit.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const number = value < 10 && unit > 1 ? TENTHS.format(value) : NUMBERS.format(Math.round(value));
  return `${number} ${BYTE_UNITS[unit] ?? ''}`;
}

/** A length of time in its two largest units: `35 s`, `12 min`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return `${Math.floor(ms / MINUTE_MS)} min`;
  const [large, small] = ms < DAY_MS ? [HOUR_MS, MINUTE_MS] : [DAY_MS, HOUR_MS];
  const [largeName, smallName] = ms < DAY_MS ? ['h', 'min'] : ['d', 'h'];
  const rest = Math.floor((ms % large) / small);
  return `${Math.floor(ms / large)} ${largeName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`;
}

/** A countdown: never 0 before it is over. */
export function formatCountdown(remainingMs: number): string {
  const seconds = Math.max(0, Math.ceil(remainingMs / SECOND_MS));
  return seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
}

/** How a person's own clock shows times; fixed in tests. */
export interface ClockStyle {
  readonly locale?: string;
  readonly timeZone?: string;
}

/** `14:30`, or `tomorrow, 02:10`, or `Fri, 02:10` when it is neither today nor tomorrow. */
export function formatClock(timeMs: number, nowMs: number, style: ClockStyle = {}): string {
  const { locale, ...zone } = style;
  const day = new Intl.DateTimeFormat('en-CA', { ...zone, dateStyle: 'short' });
  const time = new Intl.DateTimeFormat(locale, { ...zone, timeStyle: 'short' }).format(timeMs);
  if (day.format(timeMs) === day.format(nowMs)) return time;
  if (day.format(timeMs) === day.format(nowMs + DAY_MS)) return `tomorrow, ${time}`;
  return `${new Intl.DateTimeFormat('en', { ...zone, weekday: 'short' }).format(timeMs)}, ${time}`;
}

/** Words of a stranger as one line of at most `maxLength` characters, without anything that turns text around. */
export function clipText(text: string, maxLength: number): string {
  // Cut first: a megabyte of name must not cost a megabyte of work at every update.
  const line = text
    .slice(0, maxLength * 4)
    .replace(UNFIT, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const characters = Array.from(line);
  return characters.length <= maxLength
    ? line
    : `${characters
        .slice(0, maxLength - 1)
        .join('')
        .trimEnd()}…`;
}
