import { describe, expect, it } from 'vitest';
import {
  type Matrix,
  maxDifference,
  multiplyOnCpu,
  randomMatrix,
  sliceRows,
  splitRows,
  toleranceFor,
} from './matrix.ts';

function matrix(...rows: number[][]): Matrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, values: Float32Array.from(rows.flat()) };
}

describe('the matrix product', () => {
  it('of known matrices is right, also if they are not square', () => {
    const a = matrix([1, 2, 3], [4, 5, 6]);
    const b = matrix([1, 0], [0, 1], [1, -1]);
    expect(multiplyOnCpu(a, b)).toEqual(matrix([4, -1], [10, -1]));
    expect(multiplyOnCpu(matrix([2]), matrix([3]))).toEqual(matrix([6]));
  });

  it('put together from runs of rows is the product of the whole', () => {
    const a = randomMatrix(7, 5, 1, 1);
    const b = randomMatrix(5, 4, 1, 2);
    const starts = splitRows(7, 3);
    expect(starts).toEqual([0, 2, 4, 7]);
    const parts = [0, 1, 2].map((part) => multiplyOnCpu(sliceRows(a, starts[part]!, starts[part + 1]!), b));
    expect(parts.flatMap(({ values }) => [...values])).toEqual([...multiplyOnCpu(a, b).values]);
    expect(parts.map(({ rows }) => rows)).toEqual([2, 2, 3]);
  });

  it('random matrices are the same for the same seed and name, and from -1 to 1', () => {
    const first = randomMatrix(10, 10, 1, 1);
    expect(randomMatrix(10, 10, 1, 1)).toEqual(first);
    for (const [seed, name] of [[2, 1] as const, [1, 2] as const])
      expect(randomMatrix(10, 10, seed, name)).not.toEqual(first);
    expect(Math.min(...first.values)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...first.values)).toBeLessThanOrEqual(1);
    expect(first.values.some((value) => value < 0) && first.values.some((value) => value > 0)).toBe(true);
  });

  it('the difference of two is that of the worst place, and a hole is no agreement', () => {
    const a = matrix([1, 2], [3, 4]);
    expect(maxDifference(a, a)).toBe(0);
    expect(maxDifference(a, matrix([1, 2.5], [2, 4]))).toBe(1);
    expect(maxDifference(a, matrix([1, Number.NaN], [3, 4]))).toBe(Infinity);
    expect(maxDifference(matrix([1, Number.NaN], [3, 9]), a)).toBe(Infinity);
    expect(maxDifference(a, matrix([1, 2]))).toBe(Infinity);
  });

  it('single precision stays within the tolerance, and a product with one wrong factor does not', () => {
    const size = 64;
    const a = randomMatrix(size, size, 3, 1);
    const b = randomMatrix(size, size, 3, 2);
    const exact = multiplyOnCpu(a, b);
    const single = new Float32Array(size * size);
    for (let row = 0; row < size; row += 1)
      for (let column = 0; column < size; column += 1) {
        let sum = 0;
        for (let k = 0; k < size; k += 1)
          sum = Math.fround(sum + Math.fround(a.values[row * size + k]! * b.values[k * size + column]!));
        single[row * size + column] = sum;
      }
    const error = maxDifference({ ...exact, values: single }, exact);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThanOrEqual(toleranceFor(size));
    a.values[5] = -a.values[5]!;
    expect(maxDifference(multiplyOnCpu(a, b), exact)).toBeGreaterThan(toleranceFor(size));
  });
});
