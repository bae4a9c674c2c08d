import { describe, expect, it } from 'vitest';
import type { Column } from './column.ts';
import { toCsv, toJson } from './export-rows.ts';
import { sortLoaded } from './loaded-order.ts';
import { activeFilters, listQuery, nextSort, readOrder } from './list-query.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly tasks: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { id: 'id', header: 'Id', cell: ({ id }) => id, filter: 'exact', isSortable: true },
  { id: 'name', header: 'Name', cell: ({ name }) => name, filter: 'part', isSortable: true },
  { id: 'status', header: 'Status', cell: ({ status }) => status, filter: [{ value: 'running', label: 'Running' }] },
  { id: 'tasks', header: 'Tasks', cell: ({ tasks }) => tasks, text: ({ tasks }) => tasks * 2 },
];
const columns = COLUMNS as unknown as Parameters<typeof listQuery>[0];

describe('the query of a list', () => {
  it('finds part of a text anywhere, and everything else exactly', () => {
    const search = { id: '7', name: ' digits ', status: 'running', tasks: '3', other: 'x' };
    expect(listQuery(columns, search)).toEqual({ id: '7', name: '*digits*', status: 'running' });
  });

  it('leaves patterns as somebody wrote them, and empty fields out', () => {
    expect(listQuery(columns, { name: 'dig*', status: '', id: '  ' })).toEqual({ name: 'dig*' });
  });

  it('sorts by what can be sorted by', () => {
    expect(listQuery(columns, { sort: '-name' })).toEqual({ sort: '-name' });
    expect(listQuery(columns, { sort: 'tasks' })).toEqual({});
    expect(readOrder(columns, { sort: '-id' })).toEqual({ column: 'id', isDescending: true });
    expect(readOrder(columns, {})).toBeUndefined();
  });

  it('goes up, down and back to the order of the server with each press', () => {
    expect(nextSort(undefined, 'id')).toBe('id');
    expect(nextSort({ column: 'id', isDescending: false }, 'id')).toBe('-id');
    expect(nextSort({ column: 'id', isDescending: true }, 'id')).toBeUndefined();
    expect(nextSort({ column: 'name', isDescending: true }, 'id')).toBe('id');
  });

  it('names the filters that are set in words', () => {
    expect(activeFilters(columns, { status: 'running', name: 'x' })).toEqual([
      { id: 'name', header: 'Name', words: 'x' },
      { id: 'status', header: 'Status', words: 'Running' },
    ]);
  });
});

describe('rows that are sorted where they are shown', () => {
  interface Loaded {
    readonly id: string;
    readonly runMs: number | null;
  }
  const shown: readonly Column<Loaded>[] = [
    { id: 'id', header: 'Id', cell: ({ id }) => id },
    { id: 'runMs', header: 'Ran', cell: ({ runMs }) => runMs },
  ];
  const rows: readonly Loaded[] = [
    { id: '2.10', runMs: null },
    { id: '2.9', runMs: 10 },
    { id: '1.1', runMs: 9 },
    { id: '1.2', runMs: 10 },
  ];
  const idsBy = (sort: string): string[] => {
    const sortable = shown.map((column) => ({ ...column, isSortable: true }));
    const order = readOrder(sortable as unknown as Parameters<typeof readOrder>[0], { sort });
    return sortLoaded(shown, rows, order).map(({ id }) => id);
  };

  it('stand by number, or as people read ids; equal ones stay in order, and what has no value comes last', () => {
    expect(idsBy('runMs')).toEqual(['1.1', '2.9', '1.2', '2.10']);
    expect(idsBy('-runMs')).toEqual(['2.9', '1.2', '1.1', '2.10']);
    expect(idsBy('id')).toEqual(['1.1', '1.2', '2.9', '2.10']);
    expect(idsBy('nothing')).toEqual(rows.map(({ id }) => id));
  });
});

describe('an exported table', () => {
  const row = { id: '1', name: 'a "quoted", name', status: 'running', tasks: 4 };

  it('is CSV with a header, quoted where needed', () => {
    expect(toCsv(COLUMNS, [row])).toBe('Id,Name,Status,Tasks\r\n1,"a ""quoted"", name",running,8\r\n');
  });

  it('holds no formula of a stranger', () => {
    const lines = toCsv(COLUMNS, [{ ...row, name: '=HYPERLINK("x")' }]).split('\r\n');
    expect(lines[1]).toBe(`1,"'=HYPERLINK(""x"")",running,8`);
    expect(toCsv(COLUMNS, [{ ...row, name: '-1', tasks: -2 }])).toContain("1,'-1,running,-4");
  });

  it('is whole rows as JSON', () => {
    expect(JSON.parse(toJson([row]))).toEqual([row]);
  });
});
