/**
 * Spans laid into lanes: what ran on one node at the same time lies side by side, as it did on its workers. Which worker it was is
 * not recorded; the lowest free lane stands for it. A node gets tasks ahead of time: what is drawn is the run at the end of a
 * span, not the waiting before it.
 */
import type { Span } from '#shared/api/schemas.ts';

/** A span with its place; times in milliseconds since the first. */
export interface PlacedSpan {
  readonly span: Span;
  readonly node: string;
  readonly startMs: number;
  readonly endMs: number;
  /** With the node, before it ran or while it waited for others. */
  readonly waitedMs: number;
  /** From 0 within its node. */
  readonly lane: number;
}

/** All spans of a job. */
export interface Timeline {
  /** In the order of their starts. */
  readonly spans: readonly PlacedSpan[];
  /** Wall time of the start, in milliseconds. */
  readonly originMs: number;
  readonly durationMs: number;
  /** How many lanes each node has, by its id, in the order of ids. */
  readonly lanes: ReadonlyMap<string, number>;
}

/** Lays spans out; those without a start or a node did not run and are left out. `nowMs` ends those that run. */
export function layOut(spans: readonly Span[], nowMs: number): Timeline {
  const timed = spans.flatMap((span) => {
    const { node, startedAt, endedAt, runMs } = span;
    const givenMs = Date.parse(startedAt ?? '');
    if (node === null || Number.isNaN(givenMs)) return [];
    const endMs = Math.max(givenMs, endedAt === null ? nowMs : Date.parse(endedAt));
    const startMs = endedAt === null || runMs === null ? givenMs : Math.max(givenMs, endMs - runMs);
    return [{ span, node, startMs, endMs, waitedMs: startMs - givenMs }];
  });
  timed.sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs);
  const originMs = timed[0]?.startMs ?? nowMs;
  // By node, the end of what lies last in each lane.
  const ends = new Map<string, number[]>();
  const placed = timed.map(({ startMs, endMs, ...rest }): PlacedSpan => {
    const lanes = ends.get(rest.node) ?? [];
    ends.set(rest.node, lanes);
    const free = lanes.findIndex((end) => end <= startMs);
    const lane = free < 0 ? lanes.length : free;
    lanes[lane] = endMs;
    return { ...rest, lane, startMs: startMs - originMs, endMs: endMs - originMs };
  });
  const byId = [...ends].toSorted(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }));
  return {
    spans: placed,
    originMs,
    durationMs: placed.reduce((latest, { endMs }) => Math.max(latest, endMs), 0),
    lanes: new Map(byId.map(([node, lanes]) => [node, lanes.length])),
  };
}
