/**
 * All rows that a filter lets through, for a file: page after page, up to a bound that a browser can hold.
 */
import type { CallInput } from '#shared/api/client.ts';
import { api } from '../../../api/browser-client.ts';
import type { ListName, ListPage, RowOf } from '../../../api/queries.ts';

const PAGE_ROWS = 1000;
/** Rows of a file at most. */
export const MAX_EXPORTED_ROWS = 50_000;

/** What was fetched. */
export interface FetchedRows<T> {
  readonly rows: readonly T[];
  /** There are more than the bound. */
  readonly isCut: boolean;
}

/** See above. */
export async function fetchRows<N extends ListName>(
  list: N,
  query: Readonly<Record<string, string>>,
): Promise<FetchedRows<RowOf<N>>> {
  const rows: RowOf<N>[] = [];
  let after: string | null = null;
  do {
    const asked = { ...query, limit: PAGE_ROWS, ...(after === null ? {} : { after }) };
    const page = (await api.call(list, { query: asked } as unknown as CallInput<N>)) as ListPage<RowOf<N>>;
    rows.push(...page.items);
    after = page.next;
  } while (after !== null && rows.length < MAX_EXPORTED_ROWS);
  return { rows: rows.slice(0, MAX_EXPORTED_ROWS), isCut: after !== null };
}
