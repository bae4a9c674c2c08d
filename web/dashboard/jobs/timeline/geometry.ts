/**
 * The layout in pixels, and which run is at a point.
 */
import type { Bar, Layout } from './layout.ts';
import type { View } from './view.ts';

/** Where things are, in CSS pixels. */
export interface Geometry {
  readonly width: number;
  readonly height: number;
  readonly laneHeight: number;
  readonly rows: readonly { readonly top: number; readonly height: number }[];
  readonly toX: (timeMs: number) => number;
}

/** Height of the axis above the rows. */
export const AXIS_PX = 24;
/** Room for the name of a node above its lanes. */
export const NAME_PX = 20;
/** Narrower bars are drawn that wide, and found that wide. */
export const MIN_BAR_PX = 2;
const LANE_PX = 16;
const THIN_LANE_PX = 9;
/** Rows of many lanes have thinner ones. */
const MANY_LANES = 6;
const ROW_GAP_PX = 10;
const REACH_PX = 3;

/** See above. */
export function geometryOf(layout: Layout, view: View, width: number): Geometry {
  const laneHeight = layout.rows.some(({ lanes }) => lanes > MANY_LANES) ? THIN_LANE_PX : LANE_PX;
  let top = AXIS_PX;
  const rows = layout.rows.map(({ lanes }) => {
    const height = lanes * laneHeight;
    const row = { top: top + NAME_PX, height };
    top += NAME_PX + height + ROW_GAP_PX;
    return row;
  });
  const span = Math.max(1e-6, view.toMs - view.fromMs);
  return { width, height: top, laneHeight, rows, toX: (timeMs) => ((timeMs - view.fromMs) / span) * width };
}

/** The run that is drawn at a point, or close beside it; the last one drawn lies on top. */
export function barAt(layout: Layout, geometry: Geometry, x: number, y: number): Bar | undefined {
  const { rows, laneHeight, toX } = geometry;
  const row = rows.findIndex(({ top, height }) => y >= top && y < top + height);
  const found = rows[row];
  if (!found) return undefined;
  const lane = Math.floor((y - found.top) / laneHeight);
  return layout.bars.findLast((bar) => {
    if (bar.row !== row || bar.lane !== lane) return false;
    return x >= toX(bar.startMs) - REACH_PX && x <= Math.max(toX(bar.endMs), toX(bar.startMs) + MIN_BAR_PX) + REACH_PX;
  });
}
