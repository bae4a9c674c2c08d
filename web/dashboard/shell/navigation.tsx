/**
 * Where one can go, with how much is there now; and at the foot, the state of the connection and what a person sets.
 */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { Cluster } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatShort } from '../format/numbers.ts';
import {
  ActorIcon,
  EventIcon,
  JobIcon,
  TaskIcon,
  NodeIcon,
  ObjectIcon,
  OverviewIcon,
  PlayIcon,
} from '../parts/icons.ts';
import { useLiveState } from '../parts/live.ts';
import { Mark } from '../parts/mark.tsx';
import type { Search } from '../parts/search.ts';
import { useMe } from '../parts/me.ts';
import { Logout } from './logout.tsx';
import styles from './navigation.module.css';
import { SchemeSwitch } from './scheme-switch.tsx';

interface Place {
  readonly to: '/' | '/jobs' | '/nodes' | '/tasks' | '/actors' | '/objects' | '/events';
  readonly label: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: boolean }>;
  /** What to show first. */
  readonly search?: Search;
  /** How much is there; undefined to say nothing. */
  readonly count?: (cluster: Cluster) => number;
  /** What the number counts. */
  readonly counted?: string;
}

/** Nodes that have left are one press away: with the filter. */
const CONNECTED = { state: 'connected' };

const PLACES: readonly Place[] = [
  { to: '/', label: 'Overview', icon: OverviewIcon },
  { to: '/jobs', label: 'Jobs', icon: JobIcon, count: ({ runningJobs }) => runningJobs, counted: 'running' },
  {
    to: '/nodes',
    label: 'Nodes',
    icon: NodeIcon,
    search: CONNECTED,
    count: ({ hosts, tabs }) => hosts + tabs,
    counted: 'connected',
  },
  { to: '/tasks', label: 'Tasks', icon: TaskIcon, count: (cluster) => cluster.unfinishedTasks, counted: 'not over' },
  { to: '/actors', label: 'Actors', icon: ActorIcon },
  { to: '/objects', label: 'Objects', icon: ObjectIcon, count: ({ objects }) => objects, counted: 'held' },
  { to: '/events', label: 'Events', icon: EventIcon },
];

/** See above. */
export function Navigation() {
  const { data: cluster } = useQuery(ask('getCluster'));
  const { isOperator } = useMe();
  return (
    <div className={styles['column']}>
      <Link to="/" className={styles['brand']}>
        <Mark size={30} />
        Daylight
      </Link>
      {isOperator && (
        <Button
          renderRoot={(props) => <Link to="/submit" {...props} />}
          leftSection={<PlayIcon size={16} />}
          fullWidth
          variant="light"
        >
          Submit a job
        </Button>
      )}
      <nav aria-label="Pages">
        <ul className={styles['places']}>
          {PLACES.map((place) => (
            <li key={place.to}>
              <PlaceLink place={place} cluster={cluster} />
            </li>
          ))}
        </ul>
      </nav>
      <div className={styles['foot']}>
        <Connection cluster={cluster} />
        <div className={styles['tools']}>
          <SchemeSwitch />
          <Logout />
        </div>
      </div>
    </div>
  );
}

function PlaceLink({ place, cluster }: { readonly place: Place; readonly cluster: Cluster | undefined }) {
  const { to, label, icon: Icon, search = {}, count, counted } = place;
  const amount = cluster === undefined ? undefined : count?.(cluster);
  return (
    <Link
      to={to}
      search={search}
      className={styles['place']}
      activeOptions={{ exact: to === '/', includeSearch: false }}
      activeProps={{ 'aria-current': 'page' }}
    >
      <Icon size={19} stroke={1.7} aria-hidden />
      {label}
      {amount !== undefined && amount > 0 && (
        <span className={styles['count']}>
          {formatShort(amount)}
          <span className="unseen"> {counted}</span>
        </span>
      )}
    </Link>
  );
}

const CONNECTION_WORDS = { live: 'Live', asking: 'Connecting …', away: 'Not connected' };

function Connection({ cluster }: { readonly cluster: Cluster | undefined }) {
  const state = useLiveState();
  return (
    <p className={styles['connection']} data-state={state}>
      <span className={styles['dot']} aria-hidden />
      {CONNECTION_WORDS[state]}
      {cluster !== undefined && (
        <span
          className={styles['version']}
          title={cluster.isPublic ? 'Anybody may join' : 'Only who has the key may join'}
        >
          {cluster.isPublic ? 'public' : 'private'} · {cluster.version}
        </span>
      )}
    </p>
  );
}
