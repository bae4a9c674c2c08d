/**
 * Ready tasks of one job and one shape: higher priority first, then age (rule S5).
 */
import type { Share } from '#shared/scheduling/fair-shares.ts';
import { type TaskOrder, TaskQueue } from '#shared/scheduling/task-queue.ts';
import type { ResourceDemand } from '#shared/task/resources.ts';
import type { TaskEntry } from './entries.ts';

export const TASK_ORDER: TaskOrder<TaskEntry> = {
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
