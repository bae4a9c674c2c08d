/**
 * The cluster in a few large numbers, each leading to its list.
 */
import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Cluster } from '#shared/api/schemas.ts';
import { formatAmount, formatNoun, formatQuantity, formatRate } from '../format/numbers.ts';
import { ProgressBar } from '../parts/progress-bar.tsx';
import styles from './tiles.module.css';

interface TileProps {
  readonly label: string;
  readonly to: '/nodes' | '/jobs' | '/tasks';
  readonly value: string | undefined;
  readonly hint: ReactNode;
}

function Tile({ label, to, value, hint }: TileProps) {
  return (
    <li className={styles['tile']}>
      <Link to={to} search={to === '/nodes' ? { state: 'connected' } : {}}>
        {label}
      </Link>
      {value === undefined ? <Skeleton height={30} width={70} my={4} /> : <strong>{value}</strong>}
      <div className={styles['hint']}>{value === undefined ? '\u00a0' : hint}</div>
    </li>
  );
}

/** See above. */
export function Tiles({ cluster }: { readonly cluster: Cluster | undefined }) {
  const busyCpus = cluster ? Math.max(0, cluster.cpus - cluster.freeCpus) : 0;
  const of = (read: (known: Cluster) => string): string | undefined => cluster && read(cluster);
  return (
    <ul className={styles['tiles']} aria-label="The cluster in numbers">
      <Tile
        label="Nodes"
        to="/nodes"
        value={of(({ hosts, tabs }) => formatQuantity(hosts + tabs))}
        hint={of(({ hosts, tabs }) => `${formatNoun(hosts, 'host')}, ${formatNoun(tabs, 'browser tab')}`)}
      />
      <Tile
        label="CPUs"
        to="/nodes"
        value={of(({ cpus }) => formatAmount(cpus))}
        hint={
          cluster && (
            <>
              <span>{formatAmount(busyCpus)} in use</span>
              <ProgressBar share={cluster.cpus === 0 ? 0 : busyCpus / cluster.cpus} label="CPUs in use" />
            </>
          )
        }
      />
      <Tile
        label="GPUs"
        to="/nodes"
        value={of(({ gpus }) => formatAmount(gpus))}
        hint={of(({ gpus }) => (gpus === 0 ? 'nobody lends one' : 'on offer'))}
      />
      <Tile
        label="Tasks per second"
        to="/tasks"
        value={of(({ tasksPerSecond }) => formatRate(tasksPerSecond))}
        hint={of(({ endedTasks }) => `${formatNoun(endedTasks, 'task')} done since the start`)}
      />
      <Tile
        label="Tasks not over"
        to="/tasks"
        value={of(({ unfinishedTasks }) => formatQuantity(unfinishedTasks))}
        hint={of(({ queuedTasks }) => `${formatQuantity(queuedTasks)} wait for a node`)}
      />
      <Tile
        label="Jobs running"
        to="/jobs"
        value={of(({ runningJobs }) => formatQuantity(runningJobs))}
        hint={of(({ objects }) => `${formatNoun(objects, 'object')} held`)}
      />
    </ul>
  );
}
