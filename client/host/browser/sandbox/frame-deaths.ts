/**
 * Who is to blame when frames die (rule L4). A process takes all its frames along when one job fills its memory, and nothing
 * tells which job that was. So deaths that come together are judged together: of the workers that were computing, the one
 * that was silent for longest is the most likely cause; the others are bystanders. A wrong guess costs one retry, and the
 * culprit will be back.
 */

/** What is known of a worker of a dead frame. */
export interface DeadWorker {
  readonly id: number;
  /** Runs it had and had not answered. */
  readonly openRuns: number;
  readonly lastWordMs: number;
}

/** The worker that counts as the cause; undefined if none of them was computing. */
export function likelyCulprit(workers: readonly DeadWorker[]): number | undefined {
  const computing = workers.filter(({ openRuns }) => openRuns > 0);
  return computing.toSorted((a, b) => a.lastWordMs - b.lastWordMs)[0]?.id;
}
