// How many journal records the server applied, read from its /metrics: a rate means something else when nothing reached
// the server.

/** Where the server is and how to ask it. */
export interface ServerAddress {
  readonly url: string;
  /** The operator's. */
  readonly operatorToken: string;
}

/** Two equal readings this far apart: the server has caught up. */
const SETTLED_GAP_MS = 50;
const SETTLED_LIMIT_MS = 20_000;
const RECORDS = /^daylight_records_applied_total\s+(\S+)$/m;

/** Journal records applied since the server's start. */
async function recordsApplied({ url, operatorToken }: ServerAddress): Promise<number> {
  const response = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${operatorToken}` } });
  const text = await response.text();
  const found = RECORDS.exec(text);
  if (!response.ok || found === null) throw new Error(`${url}/metrics gave no count of records (${response.status})`);
  return Number(found[1]);
}

/**
 * Waits until the server has applied everything it was sent, and gives the count and how long that took: what is still
 * on its way when the clock stops belongs to the calls that were counted.
 */
export async function settledRecords(server: ServerAddress): Promise<{ records: number; behindMs: number }> {
  const startMs = performance.now();
  let records = await recordsApplied(server);
  let changedMs = startMs;
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- a poll
    await new Promise((resolve) => setTimeout(resolve, SETTLED_GAP_MS));
    // oxlint-disable-next-line no-await-in-loop -- a poll
    const now = await recordsApplied(server);
    if (now === records) return { records, behindMs: changedMs - startMs };
    records = now;
    changedMs = performance.now();
    if (changedMs - startMs > SETTLED_LIMIT_MS)
      throw new Error('the server still applies records 20 s after the last call');
  }
}
