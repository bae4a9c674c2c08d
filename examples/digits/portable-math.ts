// An exponential that gives the same bits everywhere. The language leaves the last digits of `Math.exp`, `Math.log`,
// `Math.tanh` and others to the engine, and Node and Chromium do differ. One different bit in one gradient grows over
// thousands of updates until the same trial has another accuracy, and the search another winner, on another machine.
// `+ - * /` and `Math.floor` are exact by the standard, so everything here is built from these.

/** ln 2 in two parts: the first has so few digits that small whole multiples of it are exact. */
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;
/** Below this, e^x is less than 2^-1022, the smallest number of full precision. */
const SMALLEST = -708;

/** 2^-k for k = 0 … 1022. */
const HALVINGS = new Float64Array(1023);
HALVINGS.forEach((_, k) => {
  HALVINGS[k] = k === 0 ? 1 : (HALVINGS[k - 1] ?? 0) / 2;
});

/** e^x for x ≤ 0, within a few units of the last place; 0 below -708 (softmax never needs anything else). */
export function expNonPositive(x: number): number {
  if (x < SMALLEST) {
    return 0;
  }
  // x = r - k ln 2 with |r| ≤ ln 2 / 2; then e^x = e^r / 2^k, and thirteen terms of the series are enough for e^r.
  const k = Math.floor(0.5 - x / Math.LN2);
  const r = x + k * LN2_HIGH + k * LN2_LOW;
  let sum = 1;
  for (let term = 13; term >= 1; term -= 1) {
    sum = 1 + (r / term) * sum;
  }
  return sum * (HALVINGS[k] ?? 0);
}
