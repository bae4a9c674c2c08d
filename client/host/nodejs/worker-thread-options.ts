/**
 * What a worker thread is started with (its `workerData`).
 */
export interface WorkerThreadOptions {
  readonly nodeName: string;
  /** The node's room for large values: see `shared-store-budget.ts`. */
  readonly storeBudget: SharedArrayBuffer;
  /** The claim board: one 32-bit place per run that may be queued. */
  readonly claims: SharedArrayBuffer;
  readonly randomSeed: number;
}
