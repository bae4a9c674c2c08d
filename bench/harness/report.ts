// What a run of benchmarks says: each row as it comes, all of them as a table at the end and as JSON in a file.
import { writeFile } from 'node:fs/promises';
import type { BenchRow, RowFailure } from './bench-row.ts';
import { formatTable, shortNumber } from './table.ts';

/** For people: standard output is left to programs. */
export const say = (text: string): void => void process.stderr.write(text);

/** Gathers the rows of a run. */
export class Report {
  readonly #rows: BenchRow[] = [];
  readonly #failures: RowFailure[] = [];

  add(result: BenchRow | RowFailure): void {
    if ('error' in result) {
      this.#failures.push(result);
      say(`FAILED ${result.name}: ${result.error}\n`);
    } else {
      this.#rows.push(result);
      say(`${result.name}: ${shortNumber(result.value)} ${result.unit} (${result.note ?? ''})\n`);
    }
  }

  /** Adds the rows of a part; if it fails, that under its name. */
  async part(name: string, measure: () => readonly BenchRow[] | Promise<readonly BenchRow[]>): Promise<void> {
    try {
      for (const row of await measure()) this.add(row);
    } catch (error) {
      this.add({ name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }

  /** Writes the file, if one is wanted; the process ends with exit code 1 if anything failed. */
  async finish(json: string | undefined): Promise<void> {
    say(`\n${formatTable(this.#rows)}`);
    if (json !== undefined) await writeFile(json, `${JSON.stringify(this.#rows, undefined, 2)}\n`);
    if (this.#failures.length === 0) return;
    const failed = this.#failures.map(({ name }) => name).join(', ');
    say(`\n${this.#failures.length} of ${this.#failures.length + this.#rows.length} rows failed: ${failed}\n`);
    process.exitCode = 1;
  }
}
