/**
 * How full bounded queues are (rule B1): every queue can say it, for whoever looks after a machine and for the simulator,
 * which looks after every step.
 */

/** One queue, or the fullest of several of one kind. */
export interface QueueLevel {
  readonly queue: string;
  /** In its own unit: bytes, records, frames. */
  readonly level: number;
  /** It is never above this. */
  readonly bound: number;
}

/** The fullest of each kind. */
export function fullest(levels: Iterable<QueueLevel>): Map<string, QueueLevel> {
  const highest = new Map<string, QueueLevel>();
  for (const each of levels) {
    const known = highest.get(each.queue);
    if (!known || each.level / each.bound > known.level / known.bound) highest.set(each.queue, each);
  }
  return highest;
}
