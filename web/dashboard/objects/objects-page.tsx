/**
 * The objects that somebody holds, as a table to filter.
 */
import { useMemo } from 'react';
import { useNodeNames } from '../nodes/node-names.ts';
import { Empty } from '../parts/empty.tsx';
import { ObjectIcon } from '../parts/icons.ts';
import { PageHeader } from '../parts/page-header.tsx';
import { DataTable } from '../parts/table/data-table.tsx';
import { useAddressState } from '../parts/table/table-state.ts';
import { objectColumns } from './object-columns.tsx';

/** See above. */
export function ObjectsPage() {
  const state = useAddressState();
  const nameOf = useNodeNames();
  const columns = useMemo(() => objectColumns(nameOf), [nameOf]);
  return (
    <>
      <PageHeader title="Objects">
        Values that tasks made or a program put, kept for as long as somebody may still need them.
      </PageHeader>
      <DataTable
        list="listObjects"
        columns={columns}
        state={state}
        noun="object"
        rowKey={({ id }) => id}
        empty={
          <Empty icon={ObjectIcon} title="Nobody holds an object now">
            <p>
              Each task makes one: its result. They go when their last holder has gone, at the latest with their job.
            </p>
          </Empty>
        }
      />
    </>
  );
}
