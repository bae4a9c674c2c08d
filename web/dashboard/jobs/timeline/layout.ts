/**
 * Where each run of a task is drawn: a row for each node, in it as many lanes as ran side by side. What waited on the node
 * before it ran is not part of a bar.
 */
import type { Span } from '#shared/api/schemas.ts';

/** A run. */
export interface Bar {
  readonly span: Span;
  /** Index of its row. */
  readonly row: number;
  readonly lane: number;
  readonly startMs: number;
  /** Until now, if it runs. */
  readonly endMs: number;
  /** Number of a `--hue-…` colour, one for each function. */
  readonly hue: number;
}

/** A node. */
export interface Row {
  readonly node: string;
  readonly lanes: number;
}

/** The whole drawing. */
export interface Layout {
  readonly rows: readonly Row[];
  readonly bars: readonly Bar[];
  /** Functions in the order of their colours. */
  readonly functions: readonly string[];
  readonly startMs: number;
  readonly endMs: number;
}

/** Beyond this the lanes are too thin to see; what is left over lies on the last one. */
const MAX_LANES = 12;
const HUES = 8;
/** So far the times of short runs may be off. */
const BLUR_MS = 100;

/** See above. */
export function layoutSpans(spans: readonly Span[], nowMs: number): Layout {
  const placed = spans.flatMap((span) => {
    const times = timesOf(span, nowMs);
    return times && span.node !== null ? [{ span, node: span.node, ...times }] : [];
  });
  placed.sort((one, other) => one.startMs - other.startMs);
  const functions = [...new Set(placed.map(({ span }) => span.fn))];
  const nodes = [...new Set(placed.map(({ node }) => node))].sort((one, other) => Number(one) - Number(other));
  const lanes = nodes.map((): number[] => []);
  const bars = placed.map(({ span, node, startMs, endMs }): Bar => {
    const row = nodes.indexOf(node);
    const place = takeLane(lanes[row] ?? [], startMs, endMs - startMs);
    return { span, row, hue: (functions.indexOf(span.fn) % HUES) + 1, ...place };
  });
  return {
    rows: nodes.map((node, index) => ({ node, lanes: Math.max(1, lanes[index]?.length ?? 1) })),
    bars,
    functions,
    startMs: placed[0]?.startMs ?? nowMs,
    endMs: bars.reduce((latest, { endMs }) => Math.max(latest, endMs), bars[0]?.endMs ?? nowMs),
  };
}

function timesOf({ startedAt, endedAt, runMs }: Span, nowMs: number): { startMs: number; endMs: number } | undefined {
  if (startedAt === null) return undefined;
  const givenMs = Date.parse(startedAt);
  if (endedAt === null) return { startMs: givenMs, endMs: Math.max(givenMs, nowMs) };
  const endMs = Date.parse(endedAt);
  return { startMs: runMs === null ? givenMs : Math.max(givenMs, endMs - runMs), endMs: Math.max(givenMs, endMs) };
}

/**
 * The first lane that is free by then; `lanes` holds when each becomes free. Nodes tell of several ends at once, so a short run
 * seems to begin a little before the one ahead of it ended: it is moved behind that rather than given a lane of its own.
 */
function takeLane(lanes: number[], startMs: number, runMs: number): Pick<Bar, 'lane' | 'startMs' | 'endMs'> {
  let lane = lanes.findIndex((busyUntilMs) => busyUntilMs <= startMs);
  if (lane === -1) {
    const soonest = lanes.indexOf(Math.min(...lanes));
    const isNear = soonest !== -1 && (lanes[soonest] ?? 0) - startMs <= BLUR_MS && runMs <= BLUR_MS;
    lane = isNear ? soonest : Math.min(lanes.length, MAX_LANES - 1);
    if (isNear) return fill(lanes, lane, lanes[lane] ?? startMs, runMs);
  }
  return fill(lanes, lane, startMs, runMs);
}

function fill(lanes: number[], lane: number, startMs: number, runMs: number): Pick<Bar, 'lane' | 'startMs' | 'endMs'> {
  lanes[lane] = Math.max(lanes[lane] ?? 0, startMs + runMs);
  return { lane, startMs, endMs: startMs + runMs };
}
