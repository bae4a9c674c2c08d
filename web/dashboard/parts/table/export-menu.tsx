/**
 * Writes all rows that the filters let through into a file.
 */
import { Button, Menu } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ListName, RowOf } from '../../../api/queries.ts';
import { formatNoun } from '../../format/numbers.ts';
import { download } from '../download.ts';
import { DownloadIcon } from '../icons.ts';
import { tell, tellFailure } from '../notices.ts';
import type { Column } from './column.ts';
import { toCsv, toJson } from './export-rows.ts';
import { fetchRows } from './fetch-rows.ts';

/** See above. */
export interface ExportMenuProps<N extends ListName> {
  readonly list: N;
  readonly columns: readonly Column<RowOf<N>>[];
  readonly query: Readonly<Record<string, string>>;
  readonly noun: string;
}

/** See above. */
export function ExportMenu<N extends ListName>({ list, columns, query, noun }: ExportMenuProps<N>) {
  const { mutate, isPending } = useMutation({
    mutationFn: async (format: 'csv' | 'json') => {
      const { rows, isCut } = await fetchRows(list, query);
      const all = rows as readonly (RowOf<N> & object)[];
      const text = format === 'csv' ? toCsv(columns as readonly Column<RowOf<N> & object>[], all) : toJson(all);
      download(`${noun}s.${format}`, text, format === 'csv' ? 'text/csv' : 'application/json');
      return { count: rows.length, isCut };
    },
    onSuccess: ({ count, isCut }) => {
      const words = `Exported ${formatNoun(count, noun)}`;
      tell(isCut ? `${words}. There are more: narrow the filters to get the rest.` : `${words}.`);
    },
    onError: tellFailure,
  });
  return (
    <Menu position="bottom-start" shadow="md">
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<DownloadIcon size={15} />} loading={isPending}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => mutate('csv')}>CSV, for spreadsheets</Menu.Item>
        <Menu.Item onClick={() => mutate('json')}>JSON, for programs</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
