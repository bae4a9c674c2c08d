/**
 * The actors of running jobs, as a table to filter and sort.
 */
import { useMemo } from 'react';
import { useNodeNames } from '../nodes/node-names.ts';
import { Empty } from '../parts/empty.tsx';
import { ActorIcon } from '../parts/icons.ts';
import { PageHeader } from '../parts/page-header.tsx';
import { DataTable } from '../parts/table/data-table.tsx';
import { useAddressState } from '../parts/table/table-state.ts';
import { actorColumns } from './actor-columns.tsx';

/** See above. */
export function ActorsPage() {
  const state = useAddressState();
  const nameOf = useNodeNames();
  const columns = useMemo(() => actorColumns(nameOf), [nameOf]);
  return (
    <>
      <PageHeader title="Actors">
        An actor is an object that lives in one worker and keeps its state from one call to the next.
      </PageHeader>
      <DataTable
        list="listActors"
        columns={columns}
        state={state}
        noun="actor"
        rowKey={({ id }) => id}
        empty={
          <Empty icon={ActorIcon} title="No job has an actor now">
            <p>
              A job makes one by calling <code>.remote()</code> of a remote class. They are listed while their job runs.
            </p>
          </Empty>
        }
      />
    </>
  );
}
