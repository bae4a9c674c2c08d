// The names of all rows, in the order in which they are measured and shown, with where each one's CPUs are. Apart from
// the definitions because these load the engine, which the process that starts clusters does not need.

/** All rows. `placement`: the CPUs that run the tasks are the driver's own, or those of a host behind the server. */
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
] as const;

/** One entry of the list. */
export type ListedRow = (typeof ROW_LIST)[number];

/** The name of a row. */
export type RowName = ListedRow['name'];
