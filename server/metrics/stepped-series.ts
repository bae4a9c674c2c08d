/**
 * Measurements over the last while, one row of numbers for each step of time: a ring in flat memory, whose size is known when it is
 * made. Of several samples in one step the mean counts; a step without any is a gap. Steps are those of the wall clock, which may be
 * put back: then what was measured in a future that is none is forgotten.
 */

/** What a ring holds, oldest first; gaps are null. */
export interface SeriesValues<N extends string> {
  readonly stepMs: number;
  /** Start of the last step, wall time; 0 if there is none. */
  readonly endAtMs: number;
  readonly values: Readonly<Record<N, (number | null)[]>>;
}

/** How long a ring reaches back, and how fine. */
export interface SeriesShape {
  readonly stepMs: number;
  readonly steps: number;
  /** 7 digits instead of 16, in half the memory. */
  readonly isRough?: boolean;
}

/** One ring. */
export class SteppedSeries<N extends string> {
  readonly #names: readonly N[];
  readonly #stepMs: number;
  readonly #steps: number;
  /** Rows by step modulo the size; NaN is a gap. */
  readonly #rows: Float64Array | Float32Array;
  /** Sums of the present step. */
  readonly #sums: Float64Array;
  #samples = 0;
  #step = -1;
  #firstStep = 0;

  constructor(names: readonly N[], { stepMs, steps, isRough = false }: SeriesShape) {
    this.#names = names;
    this.#stepMs = stepMs;
    this.#steps = steps;
    this.#rows = new (isRough ? Float32Array : Float64Array)(steps * names.length);
    this.#sums = new Float64Array(names.length);
  }

  /** One sample of everything. When the clock was put back by a step or less, as it is to keep it right, it counts to the last one. */
  add(wallMs: number, sample: Readonly<Record<N, number>>): void {
    const given = Math.floor(wallMs / this.#stepMs);
    if (given < this.#step - 1) this.#goBackTo(given);
    const step = Math.max(this.#step, given);
    if (step !== this.#step) this.#open(step);
    this.#samples += 1;
    const row = this.#rowAt(step);
    this.#names.forEach((name, column) => {
      const sum = (this.#sums[column] ?? 0) + sample[name];
      this.#sums[column] = sum;
      this.#rows[row + column] = sum / this.#samples;
    });
  }

  /** What is there. */
  read(): SeriesValues<N> {
    const from = Math.max(this.#firstStep, this.#step - this.#steps + 1);
    const count = this.#step < 0 ? 0 : this.#step - from + 1;
    const columns = this.#names.map((name, column): [N, (number | null)[]] => [
      name,
      Array.from({ length: count }, (_, index) => {
        const value = this.#rows[this.#rowAt(from + index) + column] ?? Number.NaN;
        return Number.isNaN(value) ? null : value;
      }),
    ]);
    // One entry for each name.
    const values = Object.fromEntries(columns) as Record<N, (number | null)[]>;
    return { stepMs: this.#stepMs, endAtMs: Math.max(0, this.#step) * this.#stepMs, values };
  }

  /** Begins a step; those that were left out in between are gaps. */
  #open(step: number): void {
    if (this.#step < 0) this.#firstStep = step;
    const from = this.#step < 0 ? step : Math.max(this.#step + 1, step - this.#steps + 1);
    for (let each = from; each <= step; each++)
      this.#rows.fill(Number.NaN, this.#rowAt(each), this.#rowAt(each) + this.#names.length);
    this.#step = step;
    this.#samples = 0;
    this.#sums.fill(0);
  }

  /** Forgets this step and those behind it. Of the rows before, the oldest have given their place to those. */
  #goBackTo(step: number): void {
    this.#firstStep = Math.max(this.#firstStep, this.#step - this.#steps + 1);
    this.#step = step > this.#firstStep ? step - 1 : -1;
  }

  #rowAt(step: number): number {
    return (step % this.#steps) * this.#names.length;
  }
}
