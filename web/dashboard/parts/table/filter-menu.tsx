/**
 * One field for each column that can be filtered by. On a phone, where there are no headings to press, also the order.
 */
import { Button, NativeSelect, Popover, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useState } from 'react';
import { FilterIcon } from '../icons.ts';
import type { Column } from './column.ts';
import styles from './data-table.module.css';
import type { TableState } from './table-state.ts';

const TYPING_MS = 300;

/** See above. */
export interface FilterMenuProps<T> {
  readonly columns: readonly Column<T>[];
  readonly state: TableState;
  readonly withOrder: boolean;
}

/** See above. */
export function FilterMenu<T>({ columns, state, withOrder }: FilterMenuProps<T>) {
  const filterable = columns.filter(({ filter }) => filter !== undefined);
  if (filterable.length === 0 && !withOrder) return null;
  return (
    <Popover position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="xs" leftSection={<FilterIcon size={15} />}>
          Filter
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Filters">
        <div className={styles['form']}>
          {withOrder && <OrderField columns={columns} state={state} />}
          {filterable.map((column) => (
            <FilterField key={column.id} column={column} state={state} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function FilterField<T>({ column, state }: { readonly column: Column<T>; readonly state: TableState }) {
  const { id, header, filter } = column;
  const value = state.search[id] ?? '';
  if (typeof filter === 'object') {
    return (
      <NativeSelect
        label={header}
        size="xs"
        data={[{ value: '', label: 'Any' }, ...filter]}
        value={value}
        onChange={({ currentTarget }) => state.change({ [id]: currentTarget.value || undefined })}
      />
    );
  }
  const placeholder = filter === 'part' ? 'Part of it; * is anything' : 'Exactly this';
  return (
    <TypedField
      label={header}
      placeholder={placeholder}
      value={value}
      onChange={(text) => state.change({ [id]: text === '' ? undefined : text })}
    />
  );
}

interface TypedFieldProps {
  readonly label: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

/** The server is asked when somebody stops typing. */
function TypedField({ label, placeholder, value, onChange }: TypedFieldProps) {
  const [text, setText] = useState(value);
  // Somebody may close the menu before that.
  const tell = useDebouncedCallback(onChange, { delay: TYPING_MS, flushOnUnmount: true });
  return (
    <TextInput
      {...{ label, placeholder }}
      size="xs"
      value={text}
      maxLength={200}
      autoComplete="off"
      spellCheck={false}
      onChange={({ currentTarget }) => {
        setText(currentTarget.value);
        tell(currentTarget.value.trim());
      }}
    />
  );
}

function OrderField<T>({ columns, state }: { readonly columns: readonly Column<T>[]; readonly state: TableState }) {
  const options = columns
    .filter(({ isSortable }) => isSortable)
    .flatMap(({ id, header }) => [
      { value: id, label: `${header}, ascending` },
      { value: `-${id}`, label: `${header}, descending` },
    ]);
  return (
    <NativeSelect
      label="Order"
      size="xs"
      data={[{ value: '', label: 'Newest first' }, ...options]}
      value={state.search['sort'] ?? ''}
      onChange={({ currentTarget }) => state.change({ sort: currentTarget.value || undefined })}
    />
  );
}
