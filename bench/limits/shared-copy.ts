// The physical limit of `put`: how fast one thread copies into shared memory whose pages exist already.

const REPEATS = 5;

/** Bytes per second, the best of a few copies of `sizeBytes` bytes. Needs twice that much memory. */
export function measureSharedCopy(sizeBytes: number): number {
  const source = new Uint8Array(sizeBytes).fill(1);
  // `fill` touches every page: the first write to a page costs far more than the copy.
  const target = new Uint8Array(new SharedArrayBuffer(sizeBytes)).fill(2);
  let bestMs = Infinity;
  for (let i = 0; i < REPEATS; i += 1) {
    const startMs = performance.now();
    target.set(source);
    bestMs = Math.min(bestMs, performance.now() - startMs);
  }
  return (sizeBytes * 1000) / bestMs;
}
