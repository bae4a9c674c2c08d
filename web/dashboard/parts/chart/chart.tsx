/**
 * A chart over time with what its lines stand at: now, or where the pointer is. The drawing is loaded apart from the page.
 */
import { Skeleton } from '@mantine/core';
import { lazy, Suspense, useCallback, useMemo, useState } from 'react';
import type { Series } from '#shared/api/schemas.ts';
import { formatClock } from '../../format/times.ts';
import { chartData, describeChart, latest, type LineSpec } from './chart-data.ts';
import styles from './chart.module.css';

const Plot = lazy(() => import('./plot.tsx').then(({ Plot }) => ({ default: Plot })));

/** See above. */
export interface ChartProps {
  readonly title: string;
  readonly series: Series | undefined;
  readonly specs: readonly LineSpec[];
  readonly format: (value: number) => string;
  /** For the axis, where there is little room; default: as above. */
  readonly formatAxis?: (value: number) => string;
  readonly height?: number;
  /** Marks at powers of two: memory. */
  readonly isBinary?: boolean;
}

/** See above. `specs` and the formats must be the same from one drawing to the next. */
export function Chart(props: ChartProps) {
  const { title, series, specs, format, formatAxis = format, height = 150, isBinary = false } = props;
  const [pointed, setPointed] = useState<number>();
  const data = useMemo(() => series && chartData(series, specs), [series, specs]);
  const onPoint = useCallback((index: number | undefined) => setPointed(index), []);
  const second = pointed === undefined ? undefined : data?.seconds[pointed];
  return (
    <figure className={styles['chart']}>
      <figcaption className={styles['caption']}>
        <span className={styles['title']}>{title}</span>
        <span className={styles['values']}>
          {specs.map(({ label, hue }, index) => {
            const line = data?.lines[index] ?? [];
            const value = second === undefined ? latest(line) : (line[pointed ?? 0] ?? undefined);
            return (
              <span key={label} className={styles['value']}>
                <i style={{ background: `var(--hue-${hue})` }} aria-hidden />
                {specs.length > 1 && <span className="soft">{label}</span>}
                <strong>{value === undefined ? '–' : format(value)}</strong>
              </span>
            );
          })}
          {second !== undefined && <span className="soft small">{formatClock(second * 1000)}</span>}
        </span>
      </figcaption>
      {data === undefined ? (
        <Skeleton height={height} />
      ) : (
        <div role="img" aria-label={describeChart(title, data, specs, format)} style={{ height }}>
          <Suspense fallback={<Skeleton height={height} />}>
            <Plot {...{ data, specs, height, formatAxis, isBinary, onPoint }} />
          </Suspense>
        </div>
      )}
    </figure>
  );
}
