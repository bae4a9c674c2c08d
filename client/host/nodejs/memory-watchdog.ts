/**
 * Ends a worker before the process eats the machine. The engine's heap limits do not count buffers, and the system's
 * answer to too much memory is to kill everything; so resident memory is looked at, and the worker that holds most goes.
 */
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { WorkerThreads } from './worker-threads.ts';

const SAMPLE_MS = 250;
/** How long a worker may take to say what it holds. */
const ANSWER_LIMIT_MS = 150;
/** Memory of an ended worker comes back with a delay; the next one is not ended for it. */
const SETTLE_MS = 1_500;

/** Watches resident memory of this process until the function it returns is called. */
export function watchMemory(threads: WorkerThreads, limitBytes: number): () => void {
  let busyUntilMs = 0;
  const timer = setInterval(() => {
    if (performance.now() < busyUntilMs) return;
    const rssBytes = process.memoryUsage.rss();
    if (rssBytes < limitBytes) return;
    if (threads.unstoppable > 0) {
      // Nothing inside the process ends such a thread. Its task was reported as failed; the node dies before the machine does.
      process.stderr.write(
        `daylight: a worker that was ended goes on allocating (${megabytes(rssBytes)}): this process ends itself\n`,
      );
      process.kill(process.pid, 'SIGKILL');
    }
    if (threads.count === 0) return;
    busyUntilMs = performance.now() + SETTLE_MS;
    void endLargest(threads, rssBytes, limitBytes);
  }, SAMPLE_MS);
  timer.unref();
  return () => clearInterval(timer);
}

async function endLargest(threads: WorkerThreads, rssBytes: number, limitBytes: number): Promise<void> {
  const sizes = await threads.externalBytes(ANSWER_LIMIT_MS);
  // A worker that does not answer is deep in native code or collecting garbage: the newest of those is the best guess.
  const silent = threads.ids().filter((id) => !sizes.has(id));
  const [largest] = [...sizes].toSorted(([, a], [, b]) => b - a)[0] ?? [];
  const victim = silent.at(-1) ?? largest;
  if (victim === undefined) return;
  const message = `the node's memory limit was reached (${megabytes(rssBytes)} of ${megabytes(limitBytes)}), and this worker held most`;
  threads.stop(victim, END_REASON.outOfMemory, message);
}

function megabytes(sizeBytes: number): string {
  return `${Math.round(sizeBytes / 2 ** 20)} MB`;
}
