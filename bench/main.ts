// The benchmarks' command line: `npm run bench -- micro --json FILE`. A table goes to standard error, the rows as a JSON
// array to the file. Ends with exit code 1 if any row failed or gave a wrong result.
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { BenchRow, RowFailure } from './harness/bench-row.ts';
import { FULL_TIMING, QUICK_TIMING } from './harness/measure.ts';
import { formatTable, shortNumber } from './harness/table.ts';
import { type ListedRow, ROW_LIST } from './micro/row-list.ts';
import { runRows } from './micro/run-rows.ts';
import { PANDO } from './peers/pando.ts';
import { rayFigures } from './peers/ray.ts';

interface MicroOptions {
  readonly json?: string;
  readonly only?: readonly string[];
  readonly quick?: boolean;
  readonly peer?: 'ray';
}

const program = new Command('bench').description('Measures the engine.');
const say = (text: string): void => void process.stderr.write(text);

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
  const rows: BenchRow[] = [];
  const failures: RowFailure[] = [];
  await runRows(chosen, timing, [figures, PANDO], (result) => {
    if ('error' in result) {
      failures.push(result);
      say(`FAILED ${result.name}: ${result.error}\n`);
    } else {
      rows.push(result);
      say(`${result.name}: ${shortNumber(result.value)} ${result.unit} (${result.note ?? ''})\n`);
    }
  });
  say(`\n${formatTable(rows)}`);
  if (json !== undefined) await writeFile(json, `${JSON.stringify(rows, undefined, 2)}\n`);
  if (failures.length > 0) {
    say(`\n${failures.length} of ${chosen.length} rows failed: ${failures.map(({ name }) => name).join(', ')}\n`);
    process.exitCode = 1;
  }
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
await program.parseAsync();
