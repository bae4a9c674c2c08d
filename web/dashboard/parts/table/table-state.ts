/**
 * Where a table keeps what it is filtered and sorted by: a page's own table in the address, so that it can be sent to somebody;
 * one inside another page with itself. And which columns somebody shows, in the browser.
 */
import { useLocalStorage } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { Search } from '../search.ts';
import type { Column } from './column.ts';

/** What is set, and how to set more; undefined takes a setting away. */
export interface TableState {
  readonly search: Search;
  change(changes: Search): void;
}

/** In the address. */
export function useAddressState(): TableState {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const change = (changes: Search): void => {
    void navigate({ to: '.', search: (before: Search) => ({ ...before, ...changes }), replace: true });
  };
  return { search, change };
}

/** With the component. */
export function useOwnState(): TableState {
  const [search, setSearch] = useState<Search>({});
  return { search, change: (changes) => setSearch((before) => ({ ...before, ...changes })) };
}

/** Which columns are shown: by id, those somebody decided on. */
export function useShownColumns<T>(name: string, columns: readonly Column<T>[]) {
  const [chosen, setChosen] = useLocalStorage<Record<string, boolean>>({
    key: `daylight.columns.${name}`,
    defaultValue: {},
  });
  const shown = Object.fromEntries(columns.map(({ id, isExtra }) => [id, chosen[id] ?? isExtra !== true]));
  return { shown, show: (id: string, isShown: boolean) => setChosen({ ...chosen, [id]: isShown }) };
}
