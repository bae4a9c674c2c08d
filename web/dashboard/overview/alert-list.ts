/**
 * What somebody should know about the cluster now, the worst first.
 */
import type { Cluster, Event } from '#shared/api/schemas.ts';
import { formatNoun } from '../format/numbers.ts';
import { sentence } from '../parts/failure-words.ts';

/** One thing to know, and what to do about it. */
export interface Alert {
  readonly key: string;
  readonly tone: 'bad' | 'sun';
  readonly title: string;
  readonly advice: string;
  /** Where more is said. */
  readonly to?: '/nodes' | '/tasks' | '/events';
}

/** More retries in a minute than chance and closing tabs make. */
const MANY_RETRIES = 10;
/** Lost nodes are news for that long. */
const NEWS_MS = 10 * 60_000;

/** See above. */
export function alertsOf(cluster: Cluster, events: readonly Event[], nowMs: number): Alert[] {
  return [
    ...storageAlerts(cluster),
    ...infeasibleAlerts(cluster),
    ...retryAlerts(cluster),
    ...lostNodes(events, nowMs),
  ];
}

function storageAlerts({ storage, inGrace }: Cluster): Alert[] {
  const alerts: Alert[] = [];
  if (storage === 'failing') {
    alerts.push({
      key: 'storage',
      tone: 'bad',
      title: 'The server cannot write to its disk',
      advice: 'Submitting waits until it can. Make room on the disk of its data folder, or look into its log.',
    });
  }
  if (inGrace) {
    alerts.push({
      key: 'grace',
      tone: 'sun',
      title: 'The server has just started',
      advice: 'It waits at most 45 seconds for the nodes it knew to come back, before it gives their work to others.',
    });
  }
  return alerts;
}

function infeasibleAlerts({ infeasible }: Cluster): Alert[] {
  return infeasible.map(({ demand, tasks, reason }) => ({
    key: `infeasible ${demand} ${reason}`,
    tone: 'bad',
    title: `${formatNoun(tasks, 'task')} no node can run: ${demand}`,
    advice: `${sentence(reason)} ${tasks === 1 ? 'It runs' : 'They run'} as soon as a node that fits joins.`,
    to: '/tasks',
  }));
}

function retryAlerts({ retriesPerMinute }: Cluster): Alert[] {
  if (retriesPerMinute < MANY_RETRIES) return [];
  return [
    {
      key: 'retries',
      tone: 'sun',
      title: `${formatNoun(retriesPerMinute, 'attempt')} failed in the last minute`,
      advice: 'They are tried again. Events say where; if it is one node, it may be out of memory.',
      to: '/events',
    },
  ];
}

function lostNodes(events: readonly Event[], nowMs: number): Alert[] {
  const lost = events.filter(({ kind, at }) => kind === 'node-left' && at !== null && nowMs - Date.parse(at) < NEWS_MS);
  if (lost.length === 0) return [];
  return [
    {
      key: 'lost',
      tone: 'sun',
      title: `${formatNoun(lost.length, 'node')} left in the last ten minutes`,
      advice: 'What they had not finished runs again on other nodes.',
      to: '/nodes',
    },
  ];
}
