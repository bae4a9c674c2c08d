// Counting round trips of one message: what a call that waits for its answer cannot beat.

const WARM_UP = 500;
const DURATION_MS = 1_000;
const PER_LOOK = 20;

/** Round trips per second of `roundTrip`, one after the other. */
export async function countRoundTrips(roundTrip: () => Promise<void>): Promise<number> {
  // oxlint-disable no-await-in-loop -- one at a time is what is measured
  for (let i = 0; i < WARM_UP; i += 1) await roundTrip();
  const startMs = performance.now();
  let trips = 0;
  let elapsedMs = 0;
  while (elapsedMs < DURATION_MS) {
    for (let i = 0; i < PER_LOOK; i += 1) await roundTrip();
    trips += PER_LOOK;
    elapsedMs = performance.now() - startMs;
  }
  // oxlint-enable no-await-in-loop
  return (trips * 1000) / elapsedMs;
}
