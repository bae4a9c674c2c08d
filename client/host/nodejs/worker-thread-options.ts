/**
 * What a worker thread is started with (its `workerData`), and the one thing it says besides frames.
 */

/** Said by a thread that was asked to exit and needs a moment: from then on it must not be terminated. */
export const LEAVING = 'leaving';

/** See above. */
export interface WorkerThreadOptions {
  readonly nodeName: string;
  /** The node's room for large values: see `shared-store-budget.ts`. */
  readonly storeBudget: SharedArrayBuffer;
  /** The claim board: one 32-bit place per run that may be queued. */
  readonly claims: SharedArrayBuffer;
  readonly randomSeed: number;
  /** The node lends a GPU. */
  readonly gpu: boolean;
}
