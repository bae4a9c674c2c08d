/**
 * How long something will still take, from how its share of work done grew lately: the rate of the last minute, so that a slow
 * start does not weigh for ever, and nothing until there is something to go by.
 */

const WINDOW_MS = 60_000;
const MIN_SPAN_MS = 3_000;
const MIN_GROWTH = 0.005;

interface Sample {
  readonly atMs: number;
  readonly fraction: number;
}

/** Watches one fraction. */
export class Eta {
  #samples: Sample[] = [];

  /** What is left in milliseconds at `nowMs`, at which `fraction` (0 to 1) is done; undefined while that cannot be told. */
  update(fraction: number, nowMs: number): number | undefined {
    const last = this.#samples.at(-1);
    // It began again: what was before says nothing.
    if (last !== undefined && fraction < last.fraction) this.#samples = [];
    this.#samples.push({ atMs: nowMs, fraction });
    // The newest sample that is older than the window stays, as its beginning.
    const inWindow = this.#samples.findIndex(({ atMs }) => nowMs - atMs <= WINDOW_MS);
    if (inWindow > 1) this.#samples.splice(0, inWindow - 1);
    const first = this.#samples[0] ?? { atMs: nowMs, fraction };
    const spanMs = nowMs - first.atMs;
    const growth = fraction - first.fraction;
    if (spanMs < MIN_SPAN_MS || growth < MIN_GROWTH || fraction >= 1) return undefined;
    return ((1 - fraction) * spanMs) / growth;
  }
}
