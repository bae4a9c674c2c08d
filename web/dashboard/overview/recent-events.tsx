/**
 * What happened last in the cluster, with a way to all of it.
 */
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ask } from '../../api/queries.ts';
import { EventLine } from '../events/event-line.tsx';
import { Empty } from '../parts/empty.tsx';
import { EventIcon } from '../parts/icons.ts';
import { Panel } from '../parts/panel.tsx';

const SHOWN = 8;

/** See above. */
export function RecentEvents() {
  const { data } = useQuery(ask('listEvents', { query: { limit: SHOWN } }));
  return (
    <Panel
      title="Events"
      aside={
        <Link to="/events" className="small">
          All events
        </Link>
      }
    >
      {data === undefined && <Skeleton height={120} />}
      {data?.items.length === 0 && <Empty icon={EventIcon} title="Nothing has happened yet" />}
      <ul>
        {data?.items.slice(0, SHOWN).map((event, index) => (
          <EventLine key={`${event.at ?? ''} ${index}`} event={event} />
        ))}
      </ul>
    </Panel>
  );
}
