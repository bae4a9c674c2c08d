/**
 * The last ten minutes of one node, as charts of whatever was measured there.
 */
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Series } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatAmount, formatRate, formatShort } from '../format/numbers.ts';
import { formatMemory, formatSize } from '../format/sizes.ts';
import { Chart } from '../parts/chart/chart.tsx';
import { difference, type LineSpec, ring } from '../parts/chart/chart-data.ts';
import { Panel } from '../parts/panel.tsx';
import styles from '../overview/cluster-charts.module.css';

interface NodeChart {
  readonly title: string;
  /** A measurement without which there is nothing to draw. */
  readonly needs: string;
  readonly specs: readonly LineSpec[];
  readonly format: (value: number) => string;
  readonly formatAxis?: (value: number) => string;
  readonly isBinary?: boolean;
}

const CHARTS: readonly NodeChart[] = [
  {
    title: 'Tasks per second',
    needs: 'tasksPerSecond',
    specs: [{ label: 'Tasks', hue: 1, read: ring('tasksPerSecond'), isArea: true }],
    format: formatRate,
    formatAxis: formatShort,
  },
  {
    title: 'CPUs',
    needs: 'freeCpus',
    specs: [
      { label: 'In use', hue: 1, read: difference('cpus', 'freeCpus'), isArea: true },
      { label: 'Offered', hue: 2, read: ring('cpus') },
    ],
    format: formatAmount,
  },
  {
    title: 'Running tasks',
    needs: 'runningTasks',
    specs: [{ label: 'Running', hue: 1, read: ring('runningTasks'), isArea: true }],
    format: formatAmount,
    formatAxis: formatShort,
  },
  {
    title: 'Objects held',
    needs: 'storeBytes',
    specs: [{ label: 'Objects', hue: 3, read: ring('storeBytes'), isArea: true }],
    format: formatSize,
  },
  {
    title: 'Memory',
    needs: 'memoryBytes',
    specs: [{ label: 'Memory', hue: 5, read: ring('memoryBytes'), isArea: true }],
    format: formatMemory,
    isBinary: true,
  },
];

function has(series: Series, name: string): boolean {
  return series.values[name]?.some((value) => value !== null) ?? false;
}

/** See above; nothing if nothing was measured. */
export function NodeCharts({ id }: { readonly id: string }) {
  const { data, isPending } = useQuery(ask('getNodeSeries', { params: { id } }));
  if (isPending) return <Skeleton height={200} radius="lg" />;
  const charts = data ? CHARTS.filter(({ needs }) => has(data, needs)) : [];
  if (charts.length === 0) return null;
  return (
    <Panel title="The last ten minutes">
      <div className={styles['charts']}>
        {charts.map(({ needs, ...chart }) => (
          <Chart key={needs} series={data} {...chart} />
        ))}
      </div>
    </Panel>
  );
}
