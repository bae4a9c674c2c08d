/**
 * All tasks, live and over, as a table to filter.
 */
import { Empty } from '../parts/empty.tsx';
import { TaskIcon } from '../parts/icons.ts';
import { PageHeader } from '../parts/page-header.tsx';
import { useAddressState } from '../parts/table/table-state.ts';
import { TasksTable } from './tasks-table.tsx';

/** See above. */
export function TasksPage() {
  const state = useAddressState();
  return (
    <>
      <PageHeader title="Tasks">
        A task is one call of a function, run by some node. Those that are not over come first.
      </PageHeader>
      <TasksTable
        state={state}
        empty={
          <Empty icon={TaskIcon} title="No tasks yet">
            <p>
              A job makes them by calling <code>.remote()</code> of a remote function.
            </p>
          </Empty>
        }
      />
    </>
  );
}
