/**
 * Above a table: filters, columns, export, and how many rows there are.
 */
import { ActionIcon } from '@mantine/core';
import type { ListName, RowOf } from '../../../api/queries.ts';
import { CloseIcon } from '../icons.ts';
import type { Column } from './column.ts';
import { ColumnMenu } from './column-menu.tsx';
import styles from './data-table.module.css';
import { ExportMenu } from './export-menu.tsx';
import { FilterMenu } from './filter-menu.tsx';
import type { ActiveFilter } from './list-query.ts';
import type { TableState } from './table-state.ts';

/** See above. */
export interface ToolbarProps<N extends ListName> {
  readonly list: N;
  readonly columns: readonly Column<RowOf<N>>[];
  readonly shown: Readonly<Record<string, boolean>>;
  readonly show: (id: string, isShown: boolean) => void;
  readonly filters: readonly ActiveFilter[];
  readonly state: TableState;
  readonly query: Readonly<Record<string, string>>;
  readonly noun: string;
  readonly count: string;
  readonly isPhone: boolean;
}

/** See above. */
export function Toolbar<N extends ListName>(props: ToolbarProps<N>) {
  const { list, columns, shown, show, filters, state, query, noun, count, isPhone } = props;
  const isSortable = columns.some((column) => column.isSortable);
  return (
    <div className={styles['toolbar']}>
      <FilterMenu columns={columns} state={state} withOrder={isPhone && isSortable} />
      <ColumnMenu columns={columns} shown={shown} show={show} />
      <ExportMenu {...{ list, query, noun }} columns={columns} />
      {filters.map(({ id, header, words }) => (
        <span key={id} className={styles['chip']}>
          {header}: {words}
          <ActionIcon
            variant="transparent"
            color="sun"
            size="sm"
            aria-label={`Remove the filter on ${header}`}
            onClick={() => state.change({ [id]: undefined })}
          >
            <CloseIcon size={13} />
          </ActionIcon>
        </span>
      ))}
      <span className={styles['count']} role="status">
        {count}
      </span>
    </div>
  );
}
