/**
 * What somebody should know about the cluster now, above everything else.
 */
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Cluster, Event } from '#shared/api/schemas.ts';
import { ALERTS_KEY } from '../../api/live-cache.ts';
import { nowMs } from '../parts/clock.ts';
import { Note } from '../parts/note.tsx';
import { alertsOf } from './alert-list.ts';

/** See above. */
export function Alerts({ cluster }: { readonly cluster: Cluster | undefined }) {
  const { data: events = [] } = useQuery<readonly Event[]>({ queryKey: ALERTS_KEY, enabled: false });
  if (!cluster) return null;
  return alertsOf(cluster, events, nowMs()).map(({ key, tone, title, advice, to }) => (
    <Note key={key} tone={tone} title={title} isNews>
      <p>
        {advice} {to !== undefined && <Link to={to}>Show them</Link>}
      </p>
    </Note>
  ));
}
