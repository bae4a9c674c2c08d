/**
 * Ready tasks of one job and one shape, in order. A `Set` would do, but for its holes: V8 skips every element deleted
 * from its front again each time it is walked, so giving out 100 000 tasks one by one would take quadratic time.
 */
import type { ResourceDemand } from '#shared/task/resources.ts';
import type { TaskEntry } from './entries.ts';

/** Places at the front that may be empty before the others move up. */
const MAX_EMPTY_PLACES = 1024;

/** A queue whose members can leave from anywhere: one that is no longer `ready` is passed over. */
export class ReadyQueue {
  readonly job: number;
  readonly schedulingClass: string;
  readonly demand: ResourceDemand;
  #tasks: TaskEntry[] = [];
  #head = 0;
  /** Tasks in it that are ready. */
  size = 0;

  constructor(job: number, schedulingClass: string, demand: ResourceDemand) {
    this.job = job;
    this.schedulingClass = schedulingClass;
    this.demand = demand;
  }

  push(task: TaskEntry): void {
    this.#tasks.push(task);
    this.size += 1;
  }

  /** Puts tasks back that were taken out, in front of all others, in their order. */
  putBack(tasks: readonly TaskEntry[]): void {
    this.#tasks = [...tasks, ...this.#tasks.slice(this.#head)];
    this.#head = 0;
    this.size += tasks.length;
  }

  /** The oldest task that is ready. */
  first(): TaskEntry | undefined {
    for (; this.#head < this.#tasks.length; this.#head += 1) {
      const task = this.#tasks[this.#head];
      if (task?.state === 'ready') return task;
    }
    return undefined;
  }

  /** Takes out what {@link first} gave. */
  removeFirst(): void {
    this.#head += 1;
    this.size -= 1;
    if (this.#head > MAX_EMPTY_PLACES && this.#head * 2 > this.#tasks.length) {
      this.#tasks = this.#tasks.slice(this.#head);
      this.#head = 0;
    }
  }
}
