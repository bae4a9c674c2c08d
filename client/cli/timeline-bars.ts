/**
 * A timeline as text: a line for each node and one for each function, each character as high as much ran in its share of the time.
 */
import type { PlacedSpan, Timeline } from './span-lanes.ts';

const HEIGHTS = ' ▁▂▃▄▅▆▇█';

/** Some spans of a timeline, drawn. */
export interface Bars {
  readonly name: string;
  readonly tasks: number;
  readonly failed: number;
  /** Summed over what ran at once. */
  readonly busyMs: number;
  /** One character for each share of the time. */
  readonly bar: string;
}

/** Draws groups of spans, each by its own greatest height. */
export function drawBars(
  { spans, durationMs }: Timeline,
  groupOf: (span: PlacedSpan) => string,
  columns: number,
): Bars[] {
  const groups = new Map<string, PlacedSpan[]>();
  for (const span of spans) {
    const name = groupOf(span);
    const group = groups.get(name);
    if (group) group.push(span);
    else groups.set(name, [span]);
  }
  return [...groups].map(([name, group]) => ({
    name,
    tasks: group.length,
    failed: group.filter(({ span }) => span.state === 'failed').length,
    busyMs: group.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
    bar: barOf(group, durationMs, columns),
  }));
}

function barOf(spans: readonly PlacedSpan[], durationMs: number, columns: number): string {
  const stepMs = Math.max(durationMs, 1) / columns;
  const busyMs = new Float64Array(columns);
  for (const { startMs, endMs } of spans) {
    const first = Math.min(columns - 1, Math.floor(startMs / stepMs));
    const last = Math.min(columns - 1, Math.max(first, Math.ceil(endMs / stepMs) - 1));
    for (let column = first; column <= last; column++) {
      const overlapMs = Math.min(endMs, (column + 1) * stepMs) - Math.max(startMs, column * stepMs);
      // What took no time at all was still there.
      busyMs[column] = (busyMs[column] ?? 0) + Math.max(overlapMs, stepMs / 1000);
    }
  }
  const highest = Math.max(...busyMs);
  return [...busyMs]
    .map((value) => HEIGHTS[value === 0 ? 0 : Math.max(1, Math.ceil((value / highest) * (HEIGHTS.length - 1) - 1e-9))])
    .join('');
}
