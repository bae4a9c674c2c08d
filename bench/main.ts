// The benchmarks' command line: `npm run bench -- micro --json FILE`. A table goes to standard error, the rows as a JSON
// array to the file. Ends with exit code 1 if any row failed or gave a wrong result.
import { Command, Option } from 'commander';
import { FULL_TIMING, QUICK_TIMING } from './harness/measure.ts';
import type { BenchRow } from './harness/bench-row.ts';
import { Report } from './harness/report.ts';
import { type ListedRow, ROW_LIST } from './micro/row-list.ts';
import { runRows } from './micro/run-rows.ts';
import { PANDO } from './peers/pando.ts';
import { rayFigures } from './peers/ray.ts';
import { apiRows } from './control-plane/api.ts';
import { memoryRows } from './control-plane/gcs-memory.ts';
import { restartRows } from './control-plane/restart.ts';
import { runScale, type ScaleOptions } from './scale/run-scale.ts';

interface MicroOptions {
  readonly json?: string;
  readonly only?: readonly string[];
  readonly quick?: boolean;
  readonly peer?: 'ray';
}

const program = new Command('bench').description('Measures the engine.');

/** The rows that `--only` names: exactly, or all that contain the text. */
function chosenRows(only: readonly string[] | undefined): readonly ListedRow[] {
  if (only === undefined) return ROW_LIST;
  return only.flatMap((text) => {
    const exact = ROW_LIST.filter(({ name }) => name === text);
    const found = exact.length > 0 ? exact : ROW_LIST.filter(({ name }) => name.includes(text));
    if (found.length === 0)
      program.error(`no row's name contains "${text}"; there are:\n  ${ROW_LIST.map(({ name }) => name).join('\n  ')}`);
    return found;
  });
}

async function micro({ json, only, quick = false, peer }: MicroOptions): Promise<void> {
  const timing = quick ? QUICK_TIMING : FULL_TIMING;
  const chosen = chosenRows(only);
  const figures = await rayFigures(
    peer === 'ray',
    timing,
    chosen.map(({ name }) => name),
  );
  const report = new Report();
  await runRows(chosen, timing, [figures, PANDO], (result) => report.add(result));
  await report.finish(json);
}

interface TasksOptions {
  readonly json?: string;
  readonly tasks: string;
}

/** A benchmark whose size is a number of tasks. */
const overTasks =
  (name: string, measure: (tasks: number) => Promise<BenchRow[]>) =>
  async ({ json, tasks }: TasksOptions): Promise<void> => {
    const count = Number(tasks);
    if (!Number.isSafeInteger(count) || count < 1) program.error(`"${tasks}" is not a number of tasks`);
    const report = new Report();
    await report.part(name, () => measure(count));
    await report.finish(json);
  };

async function scale(options: ScaleOptions): Promise<void> {
  const report = new Report();
  await runScale(options, report);
  await report.finish(options.json);
}

program
  .command('micro')
  .description("single operations, in the shapes of Ray's microbenchmark")
  .option('--json <file>', 'write the rows to this file')
  .option('--only <name...>', 'only these rows; a part of a name is enough')
  .option('--quick', 'one short round: shows that the rows work, not how fast')
  .addOption(
    new Option('--peer <system>', 'measure this system in the same run, where it is installed').choices(['ray']),
  )
  .action(micro);
program
  .command('gcs-memory')
  .description('what tasks that are over leave in memory and on disk')
  .option('--json <file>', 'write the rows to this file')
  .option('--tasks <number>', 'so many', '5000000')
  .action(overTasks('gcs-memory', memoryRows));
program
  .command('restart')
  .description('a server with many tasks that wait is killed and started again')
  .option('--json <file>', 'write the rows to this file')
  .option('--tasks <number>', 'so many', '1000000')
  .action(overTasks('restart', restartRows));
program
  .command('api')
  .description('how fast the HTTP API answers with a long history')
  .option('--json <file>', 'write the rows to this file')
  .option('--tasks <number>', 'so many in the history', '1000000')
  .action(overTasks('api', (tasks) => apiRows(tasks)));
program
  .command('scale')
  .description('the control plane with many nodes')
  .option('--json <file>', 'write the rows to this file')
  .option('--svg <file>', 'draw the throughput into this file')
  .option('--only <part...>', 'only these parts: decision, throughput, sharing, tail')
  .option('--quick', 'small and short: shows that the parts work, not how fast')
  .action(scale);
await program.parseAsync();
