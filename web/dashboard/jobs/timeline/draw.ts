/**
 * Draws a timeline on a canvas, in the colours of the page.
 */
import { shortFunction } from '../../format/function-name.ts';
import { AXIS_PX, type Geometry, MIN_BAR_PX, NAME_PX } from './geometry.ts';
import type { Bar, Layout } from './layout.ts';
import { ticksOf, type View } from './view.ts';

/** What is drawn. */
export interface Scene {
  readonly layout: Layout;
  readonly geometry: Geometry;
  readonly view: View;
  readonly nameOf: (node: string) => string;
  /** The run under the pointer. */
  readonly pointed: Bar | undefined;
}

const TICK_ROOM_PX = 90;
const LABEL_MIN_PX = 44;
const CORNER_PX = 3;

/** See above; `pixelRatio` device pixels make a CSS pixel. */
export function draw(canvas: HTMLCanvasElement, scene: Scene, pixelRatio: number): void {
  const { geometry } = scene;
  canvas.width = Math.round(geometry.width * pixelRatio);
  canvas.height = Math.round(geometry.height * pixelRatio);
  const context = canvas.getContext('2d');
  if (!context) return;
  const style = getComputedStyle(canvas);
  const color = (name: string): string => style.getPropertyValue(name).trim();
  context.scale(pixelRatio, pixelRatio);
  context.font = `11px ${color('--font')}`;
  context.textBaseline = 'middle';
  drawAxis(context, scene, color);
  drawRows(context, scene, color);
  for (const bar of scene.layout.bars) drawBar(context, scene, bar, color);
}

type ColorOf = (name: string) => string;

function drawAxis(context: CanvasRenderingContext2D, { layout, geometry, view }: Scene, color: ColorOf): void {
  const { width, height, toX } = geometry;
  for (const { atMs, label } of ticksOf(view, layout.startMs, Math.max(2, width / TICK_ROOM_PX))) {
    const x = Math.round(toX(atMs)) + 0.5;
    context.fillStyle = color('--line');
    context.fillRect(x, AXIS_PX - 4, 1, height - AXIS_PX);
    context.fillStyle = color('--soft');
    // The first and the last label would stand half outside.
    const labelWidth = context.measureText(label).width;
    context.fillText(label, Math.max(0, Math.min(x - labelWidth / 2, width - labelWidth)), AXIS_PX / 2 - 2);
  }
}

function drawRows(context: CanvasRenderingContext2D, { layout, geometry, nameOf }: Scene, color: ColorOf): void {
  geometry.rows.forEach(({ top, height }, index) => {
    const node = layout.rows[index]?.node ?? '';
    context.fillStyle = color('--sunken');
    context.fillRect(0, top, geometry.width, height);
    context.fillStyle = color('--ink');
    context.fillText(nameOf(node), 2, top - NAME_PX / 2);
  });
}

function drawBar(context: CanvasRenderingContext2D, scene: Scene, bar: Bar, color: ColorOf): void {
  const { geometry, pointed } = scene;
  const { laneHeight, toX, width } = geometry;
  const left = toX(bar.startMs);
  const right = Math.max(toX(bar.endMs), left + MIN_BAR_PX);
  if (right < 0 || left > width) return;
  const from = Math.max(left, -CORNER_PX);
  const length = Math.min(right, width + CORNER_PX) - from;
  const top = (geometry.rows[bar.row]?.top ?? 0) + bar.lane * laneHeight + 1;
  const height = laneHeight - 2;
  const isFailed = bar.span.state === 'failed';
  const isRunning = bar.span.endedAt === null;
  context.globalAlpha = isRunning ? 0.6 : 1;
  context.fillStyle = color(isFailed ? '--bad' : `--hue-${bar.hue}`);
  context.beginPath();
  context.roundRect(from, top, length, height, Math.min(CORNER_PX, length / 2));
  context.fill();
  context.globalAlpha = 1;
  if (bar === pointed || (pointed !== undefined && bar.span.task === pointed.span.task)) {
    context.strokeStyle = color('--ink');
    context.lineWidth = 1.5;
    context.stroke();
  }
  if (length < LABEL_MIN_PX || height < 12) return;
  context.save();
  context.beginPath();
  context.rect(from, top, length - 4, height);
  context.clip();
  context.fillStyle = color('--bar-words');
  context.fillText(shortFunction(bar.span.fn), Math.max(from, 0) + 5, top + height / 2 + 0.5);
  context.restore();
}
