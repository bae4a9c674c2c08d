/**
 * The tasks of one job, as a table within its page.
 */
import { Empty } from '../parts/empty.tsx';
import { TaskIcon } from '../parts/icons.ts';
import { useOwnState } from '../parts/table/table-state.ts';
import { TasksTable } from '../tasks/tasks-table.tsx';

/** See above. */
export function JobTasks({ job }: { readonly job: string }) {
  const state = useOwnState();
  return (
    <TasksTable
      state={state}
      fixed={{ job }}
      empty={<Empty icon={TaskIcon} title="This job has not submitted a task yet" />}
    />
  );
}
