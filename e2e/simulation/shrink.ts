/**
 * Makes a failing run smaller: fewer faults, fewer jobs, fewer tasks in each, fewer nodes, as long as it still fails. What is
 * left out changes nothing in what stays, so most of a story can go. Any failure counts: a smaller one is easier to understand,
 * also if it is another.
 */
import type { RunOptions, RunResult } from './simulation.ts';

const MAX_RUNS = 200;
const LIMIT_MS = 60_000;

/** The smallest failing run that was found. */
export interface Shrunk {
  readonly options: RunOptions;
  readonly result: RunResult;
  /** How many runs it took. */
  readonly runs: number;
}

/** Runs a part of a seed. */
export type RunPart = (options: RunOptions) => Promise<RunResult>;

/** Runs parts of a seed. @param options what failed @param result how it did */
export async function shrink(run: RunPart, options: RunOptions, result: RunResult): Promise<Shrunk> {
  const search = new Search(run, options, result);
  await search.run();
  return search;
}

class Search implements Shrunk {
  options: RunOptions;
  result: RunResult;
  runs = 0;
  readonly #run: RunPart;
  readonly #untilMs = performance.now() + LIMIT_MS;

  constructor(run: RunPart, options: RunOptions, result: RunResult) {
    this.#run = run;
    this.options = options;
    this.result = result;
  }

  async run(): Promise<void> {
    // What is smaller in one way may now fail with less of another.
    for (let before = -1; before !== this.#size;) {
      before = this.#size;
      await this.#faults();
      await this.#jobs();
      await this.#tasks();
      await this.#nodes();
    }
  }

  get #size(): number {
    const { faults, jobs } = this.#kept();
    return faults.size + jobs.size + (this.options.tasks ?? 0) + (this.options.nodes ?? 0);
  }

  #kept(): { faults: ReadonlySet<number>; jobs: ReadonlySet<number> } {
    const { planned } = this.result;
    return {
      faults: this.options.faults ?? upTo(planned.faults),
      jobs: this.options.jobs ?? upTo(planned.jobs),
    };
  }

  /** Halves first, then smaller groups, then each by itself. */
  async #faults(): Promise<void> {
    for (let group = this.#kept().faults.size; group >= 1; group = Math.floor(group / 2)) {
      const faults = [...this.#kept().faults];
      for (let at = 0; at < faults.length; at += group) {
        const dropped = new Set(faults.slice(at, at + group));
        await this.#try({ faults: new Set([...this.#kept().faults].filter((fault) => !dropped.has(fault))) });
      }
    }
  }

  async #jobs(): Promise<void> {
    for (const job of this.#kept().jobs) {
      const jobs = new Set([...this.#kept().jobs].filter((other) => other !== job));
      if (jobs.size > 0) await this.#try({ jobs });
    }
  }

  async #tasks(): Promise<void> {
    for (let tasks = 1; tasks < (this.options.tasks ?? 64); tasks *= 2) if (await this.#try({ tasks })) return;
    for (let tasks = this.options.tasks ?? 0; tasks > 1; tasks -= 1)
      if (!(await this.#try({ tasks: tasks - 1 }))) return;
  }

  async #nodes(): Promise<void> {
    for (let nodes = 1; nodes < (this.options.nodes ?? this.result.planned.nodes); nodes++)
      if (await this.#try({ nodes })) return;
  }

  /** True if it fails with this as well: then that is what is made smaller. */
  async #try(change: RunOptions): Promise<boolean> {
    if (this.runs >= MAX_RUNS || performance.now() > this.#untilMs) return false;
    this.runs += 1;
    const options = { ...this.options, ...change };
    const result = await this.#run(options);
    if (result.failure === undefined) return false;
    this.options = options;
    this.result = result;
    return true;
  }
}

function upTo(count: number): ReadonlySet<number> {
  return new Set(Array.from({ length: count }, (_, n) => n + 1));
}
