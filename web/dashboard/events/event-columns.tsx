/**
 * Columns of the list of events: what happened, how bad that is, where and when.
 */
import type { Event } from '#shared/api/schemas.ts';
import { EntityLink } from '../parts/id.tsx';
import type { Column } from '../parts/table/column.ts';
import { When } from '../parts/when.tsx';
import { SEVERITIES, Severity } from './severity.tsx';

/** See above. */
export const EVENT_COLUMNS: readonly Column<Event>[] = [
  { id: 'message', header: 'What', isTitle: true, cell: ({ message }) => message },
  {
    id: 'severity',
    header: 'Severity',
    filter: SEVERITIES,
    cell: ({ severity }) => <Severity severity={severity} />,
  },
  { id: 'kind', header: 'Kind', filter: 'exact', cell: ({ kind }) => <span className="mono">{kind}</span> },
  {
    id: 'job',
    header: 'Job',
    filter: 'exact',
    cell: ({ job }) =>
      job === 0 ? <span className="soft">–</span> : <EntityLink kind="job" id={String(job)} name={`job ${job}`} />,
  },
  {
    id: 'session',
    header: 'Node',
    cell: ({ session }) =>
      session === 0 ? (
        <span className="soft">–</span>
      ) : (
        <EntityLink kind="node" id={String(session)} name={`node ${session}`} />
      ),
  },
  { id: 'at', header: 'When', cell: ({ at }) => <When at={at} /> },
];
