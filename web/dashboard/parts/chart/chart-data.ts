/**
 * Rings of measurements as lines of a chart, and the same in one sentence for those who cannot see it.
 */
import type { Series } from '#shared/api/schemas.ts';
import { formatDuration } from '../../format/durations.ts';

type Values = readonly (number | null)[];

/** One line. */
export interface LineSpec {
  readonly label: string;
  /** Number of a `--hue-…` colour. */
  readonly hue: number;
  /** Its values, from those of the series by name. */
  readonly read: (values: Series['values']) => Values;
  /** Filled down to zero. */
  readonly isArea?: boolean;
}

/** Points for the chart: seconds, then each line. */
export interface ChartData {
  readonly seconds: number[];
  readonly lines: (number | null)[][];
}

/** The ring of one name; nothing if it is not measured. */
export const ring =
  (name: string) =>
  (values: Series['values']): Values =>
    values[name] ?? [];

/** What one ring has more than another at the same time: CPUs offered without those that are free. */
export const difference =
  (whole: string, part: string) =>
  (values: Series['values']): Values => {
    const parts = values[part] ?? [];
    return (values[whole] ?? []).map((value, index) => {
      const less = parts[index] ?? null;
      return value === null || less === null ? null : Math.max(0, value - less);
    });
  };

/** See above. The last value of each ring was taken at the end of the series. */
export function chartData(series: Series, specs: readonly LineSpec[]): ChartData {
  const lines = specs.map(({ read }) => read(series.values));
  const length = Math.max(0, ...lines.map((line) => line.length));
  const endMs = series.endAt === null ? 0 : Date.parse(series.endAt);
  return {
    seconds: Array.from({ length }, (_, index) => (endMs - (length - 1 - index) * series.stepMs) / 1000),
    // A ring that began later than another is shorter: its values are the last ones.
    lines: lines.map((line) => [...Array.from({ length: length - line.length }, () => null), ...line]),
  };
}

/** The last value that was measured. */
export function latest(values: Values): number | undefined {
  return values.findLast((value) => value !== null) ?? undefined;
}

/** `Tasks per second over 10 min: now 12, at most 40.` */
export function describeChart(
  title: string,
  { seconds, lines }: ChartData,
  specs: readonly LineSpec[],
  format: (value: number) => string,
): string {
  const known = lines.map((line) => line.filter((value) => value !== null));
  if (known.every((line) => line.length === 0)) return `${title}: nothing measured yet.`;
  const spanMs = ((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)) * 1000;
  const parts = known.flatMap((line, index) => {
    const last = line.at(-1);
    if (last === undefined) return [];
    const label = specs.length > 1 ? `${specs[index]?.label ?? ''} ` : '';
    return [`${label}now ${format(last)}, at most ${format(Math.max(...line))}`];
  });
  return `${title} over ${formatDuration(spanMs)}: ${parts.join('; ')}.`;
}
