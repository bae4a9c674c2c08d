/**
 * The part of the time that is seen: zoomed around a point, moved, and the marks of its axis.
 */

/** From and to, in milliseconds. */
export interface View {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A mark of the axis. */
export interface Tick {
  readonly atMs: number;
  /** Since the beginning: `0 s`, `2 min`. */
  readonly label: string;
}

const MIN_SPAN_MS = 2;
const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 6, 12, 24, 48, 168].map((hours) => hours * 3_600_000),
];

/** Zooms by `factor` (below 1: closer) around the place `share` of the width; never beyond `whole`. */
export function zoom(view: View, whole: View, factor: number, share: number): View {
  const span = view.toMs - view.fromMs;
  const wanted = Math.max(MIN_SPAN_MS, Math.min(span * factor, whole.toMs - whole.fromMs));
  const fromMs = view.fromMs + (span - wanted) * share;
  return inside({ fromMs, toMs: fromMs + wanted }, whole);
}

/** Moves by a share of what is seen. */
export function move(view: View, whole: View, share: number): View {
  const byMs = (view.toMs - view.fromMs) * share;
  return inside({ fromMs: view.fromMs + byMs, toMs: view.toMs + byMs }, whole);
}

function inside(view: View, whole: View): View {
  const span = view.toMs - view.fromMs;
  if (span >= whole.toMs - whole.fromMs) return whole;
  const fromMs = Math.min(Math.max(view.fromMs, whole.fromMs), whole.toMs - span);
  return { fromMs, toMs: fromMs + span };
}

/** Marks at round times since `originMs`, as many as have room. */
export function ticksOf({ fromMs, toMs }: View, originMs: number, maxCount: number): Tick[] {
  const span = toMs - fromMs;
  if (span <= 0 || maxCount < 1) return [];
  const stepMs = STEPS_MS.find((step) => span / step <= maxCount) ?? STEPS_MS.at(-1) ?? span;
  const first = Math.ceil((fromMs - originMs) / stepMs);
  const last = Math.floor((toMs - originMs) / stepMs);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const sinceMs = (first + index) * stepMs;
    return { atMs: originMs + sinceMs, label: tickLabel(sinceMs, stepMs) };
  });
}

function tickLabel(sinceMs: number, stepMs: number): string {
  const sign = sinceMs < 0 ? '−' : '';
  const ms = Math.abs(sinceMs);
  if (stepMs < 1000) return ms < 1000 ? `${sign}${ms} ms` : `${sign}${Number((ms / 1000).toFixed(3))} s`;
  if (ms < 60_000) return `${sign}${ms / 1000} s`;
  const seconds = Math.round(ms / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (hours > 0) return `${sign}${hours} h${minutes > 0 ? ` ${minutes} min` : ''}`;
  return `${sign}${minutes} min${rest > 0 ? ` ${rest} s` : ''}`;
}
