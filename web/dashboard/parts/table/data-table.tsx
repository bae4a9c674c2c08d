/**
 * The table that every list is shown in: filtered and sorted by the server, page after page, exported to a file; cards in its
 * place on a phone.
 */
import { Button } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { CallInput } from '#shared/api/client.ts';
import { ROUTES } from '#shared/api/routes.ts';
import { askPages, type ListName, type RowOf } from '../../../api/queries.ts';
import { formatNoun } from '../../format/numbers.ts';
import { Failure } from '../failure.tsx';
import { Cards } from './cards.tsx';
import type { Column } from './column.ts';
import { Grid } from './grid.tsx';
import { activeFilters, listQuery, nextSort, readOrder } from './list-query.ts';
import { sortLoaded } from './loaded-order.ts';
import { Toolbar } from './toolbar.tsx';
import { type TableState, useShownColumns } from './table-state.ts';
import { TableSkeleton } from './table-skeleton.tsx';
import styles from './data-table.module.css';

const PAGE_ROWS = 100;
const PHONE = '(max-width: 47.99em)';

/** What a table shows. */
export interface DataTableProps<N extends ListName> {
  readonly list: N;
  readonly columns: readonly Column<RowOf<N>>[];
  readonly state: TableState;
  /** Such as `job`. */
  readonly noun: string;
  readonly rowKey: (row: RowOf<N>) => string;
  /** Filters that are not for the reader to change: the tasks of one job. */
  readonly fixed?: Readonly<Record<string, string>>;
  /** When there is nothing at all. */
  readonly empty: ReactNode;
}

/** See above. */
export function DataTable<N extends ListName>(props: DataTableProps<N>) {
  const { list, state, noun, rowKey, fixed = {}, empty } = props;
  const isSortedHere = !isSortedByServer(list);
  const columns = isSortedHere ? props.columns.map(sortable) : props.columns;
  const isPhone = useMediaQuery(PHONE, undefined, { getInitialValueInEffect: false });
  const { shown, show } = useShownColumns(list, columns);
  const query = { ...listQuery(props.columns, state.search), ...fixed };
  const result = useInfiniteQuery(askPages(list, { query: { ...query, limit: PAGE_ROWS } } as unknown as CallInput<N>));
  const filters = activeFilters(columns, state.search);
  const order = readOrder(columns, state.search);
  const loaded = result.data?.pages.flatMap(({ items }) => items) ?? [];
  const rows = isSortedHere ? sortLoaded(columns, loaded, order) : loaded;
  const sortedWords = isSortedHere && order && result.hasNextPage ? ', sorted among themselves' : '';
  const visible = columns.filter(({ id }) => shown[id] ?? true);
  const shape = { columns: visible, rows, rowKey, noun };
  return (
    <div className={styles['table']}>
      <Toolbar
        {...{ list, columns, shown, show, filters, state, query, noun }}
        count={result.data ? countWords(rows.length, result.hasNextPage, noun) + sortedWords : ''}
        isPhone={isPhone}
      />
      {result.isPending && <TableSkeleton columns={visible.length} isPhone={isPhone} />}
      {result.isError && rows.length === 0 && (
        <div className={styles['inset']}>
          <Failure error={result.error} what="list" onRetry={() => void result.refetch()} />
        </div>
      )}
      {result.isSuccess &&
        rows.length === 0 &&
        (filters.length > 0 ? <NothingFits state={state} filters={filters.map(({ id }) => id)} /> : empty)}
      {rows.length > 0 &&
        (isPhone ? (
          <Cards {...shape} />
        ) : (
          <Grid {...shape} order={order} onSort={(id) => state.change({ sort: nextSort(order, id) })} />
        ))}
      {result.hasNextPage && (
        <div className={styles['more']}>
          <Button variant="default" loading={result.isFetchingNextPage} onClick={() => void result.fetchNextPage()}>
            Load more
          </Button>
        </div>
      )}
    </div>
  );
}

function NothingFits({ state, filters }: { readonly state: TableState; readonly filters: readonly string[] }) {
  return (
    <div className={styles['nothing']}>
      <p>Nothing fits these filters.</p>
      <Button
        variant="default"
        size="xs"
        onClick={() => state.change(Object.fromEntries(filters.map((id) => [id, undefined])))}
      >
        Clear the filters
      </Button>
    </div>
  );
}

function countWords(count: number, hasMore: boolean, noun: string): string {
  return hasMore ? `first ${formatNoun(count, noun)}` : formatNoun(count, noun);
}

function sortable<T>(column: Column<T>): Column<T> {
  return { ...column, isSortable: true };
}

function isSortedByServer(list: ListName): boolean {
  const route = ROUTES[list];
  return 'query' in route && 'sort' in route.query.properties;
}
