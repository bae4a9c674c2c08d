/**
 * Counts, rates and shares as text. A number never comes without what it counts: the unit is part of the text, or of the label
 * beside it.
 */

const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const TENTHS = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const HUNDREDTHS = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

/** `1,234`; from ten millions on in short: `12.3M`. */
export function formatQuantity(value: number): string {
  return Math.abs(value) < 10_000_000 ? WHOLE.format(value) : SHORT.format(value);
}

/** What fits the axis of a chart: `1.2K`. */
export function formatShort(value: number): string {
  return Math.abs(value) < 1000 ? HUNDREDTHS.format(value) : SHORT.format(value);
}

/** Something per second, as exact as it matters: `0.25`, `12.5`, `1,240`. */
export function formatRate(perSecond: number): string {
  const size = Math.abs(perSecond);
  if (size >= 100) return formatQuantity(perSecond);
  return (size >= 10 ? TENTHS : HUNDREDTHS).format(perSecond);
}

/** Processors and other resources, which come in thousandths: `2`, `0.5`. */
export function formatAmount(value: number): string {
  return HUNDREDTHS.format(value);
}

/** A share of one: `12 %`, `0.4 %`; never 100 % before it is all, never 0 % after the first bit. */
export function formatShare(share: number): string {
  if (share <= 0 || Number.isNaN(share)) return '0 %';
  if (share >= 1) return '100 %';
  const percent = share * 100;
  if (percent < 0.1) return '< 0.1 %';
  if (percent < 1) return `${TENTHS.format(percent)} %`;
  return `${Math.min(99, Math.round(percent))} %`;
}

/** `1 task`, `3 tasks`. */
export function formatNoun(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatQuantity(count)} ${count === 1 ? noun : plural}`;
}
