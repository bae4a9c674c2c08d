/**
 * How the cluster has done lately, from the measurements that the server keeps itself.
 */
import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ask } from '../../api/queries.ts';
import { formatAmount, formatQuantity, formatRate, formatShort } from '../format/numbers.ts';
import { Chart } from '../parts/chart/chart.tsx';
import { difference, type LineSpec, ring } from '../parts/chart/chart-data.ts';
import { Failure } from '../parts/failure.tsx';
import { Panel } from '../parts/panel.tsx';
import styles from './cluster-charts.module.css';

const TASKS: readonly LineSpec[] = [{ label: 'Tasks', hue: 1, read: ring('tasksPerSecond'), isArea: true }];
const CPUS: readonly LineSpec[] = [
  { label: 'In use', hue: 1, read: difference('cpus', 'freeCpus'), isArea: true },
  { label: 'Offered', hue: 2, read: ring('cpus') },
];
const QUEUE: readonly LineSpec[] = [
  { label: 'Waiting', hue: 2, read: ring('queuedTasks'), isArea: true },
  { label: 'Running', hue: 1, read: ring('runningTasks') },
];
const SPANS = [
  { value: '10m', label: '10 min' },
  { value: '2h', label: '2 h' },
  { value: '24h', label: '24 h' },
] as const;

/** See above. */
export function ClusterCharts() {
  const [span, setSpan] = useState<(typeof SPANS)[number]['value']>('10m');
  const { data, error, refetch } = useQuery({
    ...ask('getSeries', { query: { span } }),
    placeholderData: (before) => before,
  });
  return (
    <Panel
      title="Lately"
      aside={<SegmentedControl size="xs" aria-label="Time span" data={[...SPANS]} value={span} onChange={setSpan} />}
    >
      {error !== null && data === undefined ? (
        <Failure error={error} what="measurement" onRetry={() => void refetch()} />
      ) : (
        <div className={styles['charts']}>
          <Chart title="Tasks per second" series={data} specs={TASKS} format={formatRate} formatAxis={formatShort} />
          <Chart title="CPUs" series={data} specs={CPUS} format={formatAmount} formatAxis={formatShort} />
          <Chart title="Tasks" series={data} specs={QUEUE} format={formatQuantity} formatAxis={formatShort} />
        </div>
      )}
    </Panel>
  );
}
