// `npm run bench -- gcs-memory`: what millions of tasks that are over leave in the server's memory (rule G3), and on its disk.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type BenchRow, singleRow } from '../harness/bench-row.ts';
import { shortNumber } from '../harness/table.ts';
import type { MemoryFigures } from './gcs-memory-child.ts';

const CHILD = fileURLToPath(new URL('./gcs-memory-child.ts', import.meta.url));
const GROWTH_LIMIT_MB = 200;
/** Per task that reaches the server, in frames of at least 32. */
const CPU_LIMIT_US = 20;
const MB = 1e6;

/** Runs so many tasks through a server and gives its rows. */
export async function memoryRows(tasks: number): Promise<BenchRow[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', CHILD, String(tasks)]);
  const figures: MemoryFigures = JSON.parse(stdout);
  const count = tasks % 1e6 === 0 ? `${tasks / 1e6}M` : String(tasks);
  const perTask = (value: number): number => value / tasks;
  const serverUs = perTask(figures.cpuUs - figures.nodesCpuUs);
  const heap = `${shortNumber(figures.heapBeforeBytes / MB)} → ${shortNumber(figures.heapAfterBytes / MB)} MB`;
  return [
    singleRow(
      `server heap growth over ${count} tasks`,
      (figures.heapAfterBytes - figures.heapBeforeBytes) / MB,
      'MB',
      `${heap}, each after two collections; ${shortNumber((tasks * 1000) / figures.elapsedMs)} tasks/s`,
      GROWTH_LIMIT_MB,
    ),
    singleRow(
      `server disk after ${count} tasks`,
      figures.diskBytes / MB,
      'MB',
      `${shortNumber(perTask(figures.diskBytes))} B per task; with its journal at most ${shortNumber(figures.walPeakBytes / MB)} MB`,
    ),
    singleRow(
      `server CPU per task over ${count} tasks`,
      serverUs,
      'µs',
      `its storage thread included; beside it the nodes in the same process took ${shortNumber(perTask(figures.nodesCpuUs))} µs`,
      CPU_LIMIT_US,
    ),
    singleRow(
      `first of ${count} tasks found`,
      figures.queryMs,
      'ms',
      `median of 21; the very first question, which starts the query thread, ${shortNumber(figures.firstQueryMs)} ms`,
    ),
  ];
}
