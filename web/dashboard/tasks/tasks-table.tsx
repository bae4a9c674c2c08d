/**
 * Tasks as a table: those that are not over, then the history.
 */
import { type ReactNode, useMemo } from 'react';
import { useNodeNames } from '../nodes/node-names.ts';
import { DataTable } from '../parts/table/data-table.tsx';
import type { TableState } from '../parts/table/table-state.ts';
import { taskColumns } from './task-columns.tsx';

/** See above. */
export interface TasksTableProps {
  readonly state: TableState;
  /** Filters that are not for the reader to change; their columns are left out. */
  readonly fixed?: Readonly<Record<string, string>>;
  readonly empty: ReactNode;
}

/** See above. */
export function TasksTable({ state, fixed = {}, empty }: TasksTableProps) {
  const nameOf = useNodeNames();
  const given = Object.keys(fixed).join(' ');
  const columns = useMemo(
    () => taskColumns(nameOf).filter(({ id }) => !given.split(' ').includes(id)),
    [nameOf, given],
  );
  return (
    <DataTable
      list="listTasks"
      columns={columns}
      state={state}
      fixed={fixed}
      noun="task"
      rowKey={({ id }) => id}
      empty={empty}
    />
  );
}
