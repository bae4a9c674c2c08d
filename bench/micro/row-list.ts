// The names of all rows, in the order in which they are measured and shown, with where each one's CPUs are. Apart from
// the definitions because these load the engine, which the process that starts clusters does not need.

/**
 * All rows. `placement`: the CPUs that run the tasks are the driver's own, or those of a host or of a browser tab behind the
 * server; a row about the page itself opens it on its own.
 */
export const ROW_LIST = [
  { name: 'single client get calls', unit: 'calls/s', placement: 'driver' },
  { name: 'single client put calls', unit: 'calls/s', placement: 'driver' },
  { name: 'single client put gigabytes', unit: 'GB/s', placement: 'driver' },
  { name: 'single client tasks and get batch', unit: 'batches/s', placement: 'driver' },
  { name: 'single client get object containing 10k refs', unit: 'calls/s', placement: 'driver' },
  { name: 'single client wait 1k refs', unit: 'calls/s', placement: 'driver' },
  { name: 'single client tasks sync', unit: 'tasks/s', placement: 'driver' },
  { name: 'single client tasks async', unit: 'tasks/s', placement: 'driver' },
  { name: 'multi client tasks async', unit: 'tasks/s', placement: 'driver' },
  { name: '1:1 actor calls sync', unit: 'calls/s', placement: 'driver' },
  { name: '1:1 actor calls async', unit: 'calls/s', placement: 'driver' },
  { name: '1:n actor calls async', unit: 'calls/s', placement: 'driver' },
  { name: 'n:n actor calls async', unit: 'calls/s', placement: 'driver' },
  { name: 'remote driver tasks async', unit: 'tasks/s', placement: 'host' },
  { name: 'remote driver tasks sync', unit: 'tasks/s', placement: 'host' },
  { name: 'tab tasks async', unit: 'tasks/s', placement: 'tab' },
  { name: 'tab tasks async, hidden', unit: 'tasks/s', placement: 'hidden tab' },
  { name: 'tab tasks sync', unit: 'tasks/s', placement: 'tab' },
  { name: 'tab put calls', unit: 'calls/s', placement: 'tab' },
  { name: 'page start to first task', unit: 's', placement: 'page' },
  { name: 'donate page gzip', unit: 'KB', placement: 'page' },
] as const;

/** One entry of the list. */
export type ListedRow = (typeof ROW_LIST)[number];

/** The name of a row. */
export type RowName = ListedRow['name'];

/** A row about the donate page: not a rate, and less of it is better. */
export type PageRowName = Extract<ListedRow, { readonly placement: 'page' }>['name'];

/** A row that is a rate. */
export type RateRowName = Exclude<RowName, PageRowName>;
