/**
 * A column of a table: how it is shown, what is written of it into a file, and whether one may sort and filter by it. Its id is
 * the name of the field in the API.
 */
import type { ReactNode } from 'react';

/** Part of a text, or one of a few values, or exactly a value such as an id. */
export type ColumnFilter = 'part' | 'exact' | readonly { readonly value: string; readonly label: string }[];

/** See above. */
export interface Column<T> {
  readonly id: keyof T & string;
  readonly header: string;
  readonly cell: (row: T) => ReactNode;
  /** What is exported; default: the field as it is. */
  readonly text?: (row: T) => unknown;
  readonly filter?: ColumnFilter;
  readonly isSortable?: boolean;
  /** Numbers, so that their digits stand below each other. */
  readonly isNumber?: boolean;
  /** Heading of the card on a phone. */
  readonly isTitle?: boolean;
  /** Not shown until somebody asks for it. */
  readonly isExtra?: boolean;
}

/** What goes into a file. */
export function exportedValue<T extends object>(column: Column<T>, row: T): unknown {
  return column.text ? column.text(row) : (row[column.id] as unknown);
}
