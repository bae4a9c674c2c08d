// Every row checks what it got: a benchmark of wrong results measures nothing.

/** Throws unless `actual` is `expected`. `what` says of what. */
export function expectValue(what: string, actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) throw new Error(`${what} is ${String(actual)}, not ${String(expected)}`);
}

/** Throws unless there are `count` values and all are `expected`. */
export function expectAll(what: string, values: readonly unknown[], count: number, expected: unknown): void {
  expectValue(`the number of ${what}`, values.length, count);
  for (const value of values)
    if (value !== expected) throw new Error(`one of the ${what} is ${String(value)}, not ${String(expected)}`);
}

/** Throws unless the values count up by one from `first`: each call was run once, in its caller's order. */
export function expectSequence(what: string, values: readonly number[], count: number, first: number): void {
  expectValue(`the number of ${what}`, values.length, count);
  for (const [i, value] of values.entries()) {
    if (value !== first + i) throw new Error(`number ${i} of the ${what} is ${value}, not ${first + i}`);
  }
}
