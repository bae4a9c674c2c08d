/**
 * What happened in the cluster, newest first.
 */
import { Empty } from '../parts/empty.tsx';
import { EventIcon } from '../parts/icons.ts';
import { PageHeader } from '../parts/page-header.tsx';
import { DataTable } from '../parts/table/data-table.tsx';
import { useAddressState } from '../parts/table/table-state.ts';
import { EVENT_COLUMNS } from './event-columns.tsx';

/** See above. */
export function EventsPage() {
  const state = useAddressState();
  return (
    <>
      <PageHeader title="Events">Nodes that came and went, jobs, failures: the newest first.</PageHeader>
      <DataTable
        list="listEvents"
        columns={EVENT_COLUMNS}
        state={state}
        noun="event"
        rowKey={({ at, kind, message, job, session }) => `${at ?? ''} ${kind} ${job} ${session} ${message}`}
        empty={<Empty icon={EventIcon} title="Nothing has happened yet" />}
      />
    </>
  );
}
