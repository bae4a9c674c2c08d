// The parts of the example that need no GPU: matrices that are the same wherever they are made, and the slow product that
// the fast one is checked against.
import { seededRandom } from '../random.ts';

/** A matrix, row by row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array<ArrayBuffer>;
}

/** A matrix of random numbers from -1 to 1, fully determined by the seed and the name (a whole number). */
export function randomMatrix(rows: number, columns: number, seed: number, name: number): Matrix {
  const random = seededRandom(seed, name);
  return { rows, columns, values: Float32Array.from({ length: rows * columns }, () => random.next() * 2 - 1) };
}

/** The rows from `from` up to but without `to`, as a matrix of their own. */
export function sliceRows({ columns, values }: Matrix, from: number, to: number): Matrix {
  return { rows: to - from, columns, values: values.slice(from * columns, to * columns) };
}

/** Where each of `parts` runs of rows begins, as even as can be, and the end: `parts + 1` numbers. */
export function splitRows(rows: number, parts: number): number[] {
  return Array.from({ length: parts + 1 }, (_, part) => Math.floor((part * rows) / parts));
}

/** The product by the definition, summed in double precision. */
export function multiplyOnCpu(a: Matrix, b: Matrix): Matrix {
  const values = new Float32Array(a.rows * b.columns);
  for (let row = 0; row < a.rows; row += 1) {
    for (let column = 0; column < b.columns; column += 1) {
      let sum = 0;
      for (let k = 0; k < a.columns; k += 1) {
        sum += (a.values[row * a.columns + k] ?? 0) * (b.values[k * b.columns + column] ?? 0);
      }
      values[row * b.columns + column] = sum;
    }
  }
  return { rows: a.rows, columns: b.columns, values };
}

/** The largest difference between two matrices of one shape, anywhere; `Infinity` if one of them holds no number there. */
export function maxDifference(a: Matrix, b: Matrix): number {
  let max = 0;
  for (const [index, value] of a.values.entries()) {
    const difference = Math.abs(value - (b.values[index] ?? Number.NaN));
    if (!(difference <= max)) max = Number.isNaN(difference) ? Infinity : difference;
  }
  return max;
}

/**
 * How far a product in single precision may be from the exact one: each of the `columns` products and sums, of at most 1 and
 * `columns`, is rounded to 24 bits, in whatever order.
 */
export function toleranceFor(columns: number): number {
  return columns * columns * 2 ** -24;
}
