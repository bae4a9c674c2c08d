/**
 * Rows of a table below headings that sort them when pressed.
 */
import { type ColumnDef, flexRender, getCoreRowModel, type Header, useReactTable } from '@tanstack/react-table';
import { DownIcon, UpIcon } from '../icons.ts';
import type { Column } from './column.ts';
import styles from './data-table.module.css';
import type { Order } from './list-query.ts';
import { ScrollRegion } from '../scroll-region.tsx';

/** Rows and how they are shown. */
export interface Shape<T> {
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** Such as `job`. */
  readonly noun: string;
}

/** Rows and their order. */
export interface GridProps<T> extends Shape<T> {
  readonly order: Order | undefined;
  readonly onSort: (column: string) => void;
}

/** See above. */
export function Grid<T extends object>({ columns, rows, rowKey, noun, order, onSort }: GridProps<T>) {
  const table = useReactTable<T>({
    data: rows as T[],
    columns: columns.map((column): ColumnDef<T> => {
      const { id, header, cell } = column;
      return { id, header, cell: ({ row }) => cell(row.original), meta: column };
    }),
    getRowId: rowKey,
    getCoreRowModel: getCoreRowModel(),
    // Both are the server's work: it has all rows.
    manualSorting: true,
    manualFiltering: true,
    state: { sorting: order ? [{ id: order.column, desc: order.isDescending }] : [] },
  });
  return (
    <ScrollRegion className={styles['scroll']} label={`Table of ${noun}s`}>
      <table className={styles['grid']}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <Heading key={header.id} header={header} column={columnOf<T>(header)} onSort={onSort} />
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id}>
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} data-number={isNumber(cell.column.columnDef.meta) || undefined}>
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function isNumber(meta: unknown): boolean {
  return typeof meta === 'object' && meta !== null && Reflect.get(meta, 'isNumber') === true;
}

function columnOf<T extends object>(header: Header<T, unknown>): Column<T> {
  return header.column.columnDef.meta as Column<T>;
}

interface HeadingProps<T> {
  readonly header: Header<T, unknown>;
  readonly column: Column<T>;
  readonly onSort: (column: string) => void;
}

function Heading<T>({ header, column, onSort }: HeadingProps<T>) {
  const sorted = header.column.getIsSorted();
  const direction = sorted === false ? undefined : sorted === 'asc' ? 'ascending' : 'descending';
  return (
    <th scope="col" aria-sort={direction} data-number={column.isNumber ?? undefined}>
      {column.isSortable ? (
        <button
          type="button"
          className={styles['sort']}
          data-active={direction !== undefined || undefined}
          onClick={() => onSort(column.id)}
          title="Sort"
        >
          {column.header}
          {direction === 'ascending' && <UpIcon size={14} aria-hidden />}
          {direction === 'descending' && <DownIcon size={14} aria-hidden />}
        </button>
      ) : (
        column.header
      )}
    </th>
  );
}
