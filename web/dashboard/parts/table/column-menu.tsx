/**
 * Lets somebody choose which columns of a table are shown.
 */
import { Button, Checkbox, Popover } from '@mantine/core';
import { ColumnsIcon } from '../icons.ts';
import type { Column } from './column.ts';
import styles from './data-table.module.css';

/** See above. */
export interface ColumnMenuProps<T> {
  readonly columns: readonly Column<T>[];
  readonly shown: Readonly<Record<string, boolean>>;
  readonly show: (id: string, isShown: boolean) => void;
}

/** See above. */
export function ColumnMenu<T>({ columns, shown, show }: ColumnMenuProps<T>) {
  return (
    <Popover position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" size="xs" leftSection={<ColumnsIcon size={15} />}>
          Columns
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Columns">
        <div className={styles['form']}>
          {columns.map(({ id, header, isTitle }) => (
            <Checkbox
              key={id}
              label={header}
              checked={shown[id] ?? true}
              disabled={isTitle ?? false}
              onChange={({ currentTarget }) => show(id, currentTarget.checked)}
            />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
