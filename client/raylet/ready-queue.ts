/**
 * Ready tasks of one job and one shape: higher priority first, then age (rule S5).
 */
import type { Share } from '#shared/scheduling/fair-shares.ts';
import { goesBefore, type TaskOrder, TaskQueue } from '#shared/scheduling/task-queue.ts';
import type { ResourceDemand } from '#shared/task/resources.ts';
import type { TaskEntry } from './entries.ts';

const TASK_ORDER: TaskOrder<TaskEntry> = {
  priorityOf: (task) => task.options.options.priority,
  isOlder: (a, b) => a.age < b.age,
};

/** The queue. */
export class ReadyQueue extends TaskQueue<TaskEntry> {
  readonly job: number;
  readonly schedulingClass: string;
  readonly demand: ResourceDemand;
  readonly share: Share;
  /** What is known of how long they take, in microseconds. */
  queuedUs = 0;
  /** Nothing more can be given out of it in this step. */
  isStuck = false;

  /** @param task the first that will be in it */
  constructor({ job, options }: TaskEntry, share: Share) {
    super(TASK_ORDER);
    this.job = job;
    this.schedulingClass = options.schedulingClass;
    this.demand = options.options.demand;
    this.share = share;
  }
}

/** The queue of the job that was served least, and within a job that of the task whose turn it is; not of those that are stuck. */
export function nextOf(queues: readonly ReadyQueue[]): ReadyQueue | undefined {
  let best: ReadyQueue | undefined;
  for (const queue of queues) if (!queue.isStuck && queue.size > 0 && (!best || isBefore(queue, best))) best = queue;
  return best;
}

function isBefore(a: ReadyQueue, b: ReadyQueue): boolean {
  if (a.share.served !== b.share.served) return a.share.served < b.share.served;
  const [first, other] = [a.first(), b.first()];
  if (!first || !other) return first !== undefined;
  return a.share === b.share ? goesBefore(TASK_ORDER, first, other) : TASK_ORDER.isOlder(first, other);
}
