/**
 * The timeline itself: drawn on a canvas, zoomed and moved by buttons, by dragging, or by the wheel with Ctrl.
 */
import { useComputedColorScheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { draw } from './draw.ts';
import { barAt, geometryOf } from './geometry.ts';
import type { Bar, Layout } from './layout.ts';
import { BarTip } from './bar-tip.tsx';
import styles from './timeline.module.css';
import { move, type View, zoom } from './view.ts';

/** See above. */
export interface TimelineProps {
  readonly layout: Layout;
  readonly view: View;
  readonly whole: View;
  readonly onView: (view: View) => void;
  readonly nameOf: (node: string) => string;
  readonly label: string;
}

interface Pointed {
  readonly bar: Bar;
  readonly x: number;
  readonly y: number;
}

const WHEEL_STEP = 0.0016;
/** Less is a click. */
const DRAG_PX = 4;

/** See above. */
export function Timeline({ layout, view, whole, onView, nameOf, label }: TimelineProps) {
  const { ref: place, width } = useElementSize();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<Pointed>();
  const drag = useRef<{ readonly x: number; readonly view: View; isMoved: boolean }>(undefined);
  const scheme = useComputedColorScheme();
  const navigate = useNavigate();
  const geometry = useMemo(() => geometryOf(layout, view, width), [layout, view, width]);
  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0) return undefined;
    // Drawn once a frame however often it changes in between.
    const frame = requestAnimationFrame(() =>
      draw(element, { layout, geometry, view, nameOf, pointed: pointed?.bar }, devicePixelRatio),
    );
    return () => cancelAnimationFrame(frame);
  }, [layout, geometry, view, nameOf, pointed, width, scheme]);
  useWheelZoom(canvas, view, whole, onView);

  const find = (event: PointerEvent): Pointed | undefined => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const bar = barAt(layout, geometry, x, y);
    return bar && { bar, x, y };
  };
  const onMove = (event: PointerEvent<HTMLCanvasElement>): void => {
    const held = drag.current;
    if (!held) return setPointed(find(event));
    const byPx = event.clientX - held.x;
    if (Math.abs(byPx) < DRAG_PX && !held.isMoved) return undefined;
    held.isMoved = true;
    setPointed(undefined);
    return onView(move(held.view, whole, -byPx / Math.max(1, width)));
  };
  const onUp = (event: PointerEvent<HTMLCanvasElement>): void => {
    const wasMoved = drag.current?.isMoved === true;
    drag.current = undefined;
    const found = find(event);
    if (!wasMoved && found) void navigate({ to: '/tasks/$id', params: { id: found.bar.span.task } });
  };
  return (
    <div ref={place} className={styles['place']}>
      <canvas
        ref={canvas}
        role="img"
        aria-label={label}
        className={styles['canvas']}
        style={{ height: geometry.height }}
        data-pointing={pointed !== undefined || undefined}
        onPointerDown={(event) => {
          drag.current = { x: event.clientX, view, isMoved: false };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerCancel={() => {
          drag.current = undefined;
        }}
        onPointerLeave={() => setPointed(undefined)}
      />
      {pointed && <BarTip bar={pointed.bar} x={pointed.x} y={pointed.y} width={width} nameOf={nameOf} />}
    </div>
  );
}

/** React listens to wheels passively, and then the page would scroll as well. */
function useWheelZoom(
  canvas: React.RefObject<HTMLCanvasElement | null>,
  view: View,
  whole: View,
  onView: (view: View) => void,
): void {
  useEffect(() => {
    const element = canvas.current;
    if (!element) return undefined;
    const onWheel = (event: WheelEvent): void => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const { left, width } = element.getBoundingClientRect();
      onView(zoom(view, whole, Math.exp(event.deltaY * WHEEL_STEP), (event.clientX - left) / width));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, [canvas, view, whole, onView]);
}
