// The driver of one row, in a process of its own, so that no row inherits another's heap, references or warmed code.
// Takes a `RowOrder` as its only argument and answers over its IPC channel.
import { actorRows } from './actor-rows.ts';
import { objectRows } from './object-rows.ts';
import { pageRows } from './page-rows.ts';
import { measureRate } from './rate-row.ts';
import type { PageRow, RowDefinition } from './row-definition.ts';
import type { PageRowName, RateRowName, RowName } from './row-list.ts';
import type { RowAnswer, RowMeasurement, RowOrder } from './row-messages.ts';
import { tabRows } from './tab-rows.ts';
import { taskRows } from './task-rows.ts';

const RATE_ROWS: Readonly<Record<RateRowName, RowDefinition>> = {
  ...objectRows,
  ...taskRows,
  ...actorRows,
  ...tabRows,
};
const PAGE_ROWS: Readonly<Record<PageRowName, PageRow>> = pageRows;

function isPageRow(name: RowName): name is PageRowName {
  return Object.hasOwn(PAGE_ROWS, name);
}

async function measureRow(order: RowOrder): Promise<RowMeasurement> {
  const { name } = order;
  return isPageRow(name) ? PAGE_ROWS[name].measure(order) : measureRate(RATE_ROWS[name], order);
}

async function answer(order: RowOrder): Promise<RowAnswer> {
  try {
    return { measurement: await measureRow(order) };
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

const order: RowOrder = JSON.parse(process.argv[2] ?? '');
const result = await answer(order);
process.send?.(result, () => process.exit('error' in result ? 1 : 0));
