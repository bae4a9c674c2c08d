/**
 * The drawing of a chart by uPlot, as wide as its place, in the colours of the page.
 */
import { useComputedColorScheme } from '@mantine/core';
import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { ChartData, LineSpec } from './chart-data.ts';
import styles from './chart.module.css';

/** See above. */
export interface PlotProps {
  readonly data: ChartData;
  readonly specs: readonly LineSpec[];
  readonly height: number;
  readonly formatAxis: (value: number) => string;
  /** Marks at powers of two: memory. */
  readonly isBinary: boolean;
  /** Which point the pointer is at. */
  readonly onPoint: (index: number | undefined) => void;
}

/** Of a character on the axis, and what stands beside the text. */
const CHARACTER_PX = 6.5;
const AXIS_GAP_PX = 14;
const POWERS_OF_TWO = Array.from({ length: 50 }, (_, power) => 2 ** power);
const AXIS_HEIGHT_PX = 26;
const TIME_SPACE_PX = 64;
const VALUE_SPACE_PX = 34;

function aligned({ seconds, lines }: ChartData): UPlot.AlignedData {
  return [seconds, ...lines];
}

/** See above. */
export function Plot({ data, specs, height, formatAxis, isBinary, onPoint }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const newest = useRef(data);
  const scheme = useComputedColorScheme();
  useEffect(() => {
    newest.current = data;
    plot.current?.setData(aligned(data));
  }, [data]);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const made = new UPlot(
      optionsOf(element.clientWidth, { specs, height, formatAxis, isBinary, onPoint }),
      aligned(newest.current),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
    // The colours are read when the plot is made, so another scheme needs another plot.
  }, [specs, height, formatAxis, isBinary, onPoint, scheme]);
  return <div ref={place} className={styles['plot']} />;
}

function colorOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function optionsOf(width: number, parts: Omit<PlotProps, 'data'>): UPlot.Options {
  const { specs, height, formatAxis, isBinary, onPoint } = parts;
  const axis: UPlot.Axis = {
    stroke: colorOf('--soft'),
    font: `11px ${colorOf('--font')}`,
    grid: { stroke: colorOf('--line'), width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    padding: [8, 24, 0, 0],
    scales: { x: { time: true }, y: { range: (_, __, max) => [0, max > 0 ? max * 1.12 : 1] } },
    axes: [
      { ...axis, size: AXIS_HEIGHT_PX, space: TIME_SPACE_PX, grid: { show: false }, values: TIMES },
      {
        ...axis,
        size: (_, values) => Math.max(0, ...(values ?? []).map(({ length }) => length)) * CHARACTER_PX + AXIS_GAP_PX,
        ...(isBinary ? { incrs: POWERS_OF_TWO } : {}),
        space: VALUE_SPACE_PX,
        values: (_, splits) => splits.map((value) => formatAxis(value)),
      },
    ],
    series: [
      {},
      ...specs.map(({ label, hue, isArea }) => {
        const stroke = colorOf(`--hue-${hue}`);
        return { label, stroke, width: 1.75, points: { show: false }, ...(isArea ? { fill: `${stroke}26` } : {}) };
      }),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
  };
}

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const MINUTE_S = 60;

/** Steps of the axis of time, and how each is written: 24 hours a day, whatever the language. */
const TIMES: UPlot.Axis.DynamicValues = (_, splits, __, ___, stepS) =>
  splits.map((second) => {
    const options: Intl.DateTimeFormatOptions =
      stepS >= DAY_S
        ? { day: 'numeric', month: 'short' }
        : stepS >= MINUTE_S
          ? { hour: '2-digit', minute: '2-digit' }
          : { hour: '2-digit', minute: '2-digit', second: '2-digit' };
    return new Intl.DateTimeFormat('en-GB', options).format(second * 1000);
  });
