/**
 * All ready tasks of a node, and whose turn it is: across jobs the one that was served least goes next, within a job the
 * task of the highest priority, then the oldest, whatever it asks for (rule S5).
 */
import { cpuTimeUs, expectedRunUs, FairShares } from '#shared/scheduling/fair-shares.ts';
import { goesBefore, NOT_QUEUED } from '#shared/scheduling/task-queue.ts';
import { staysLocal } from '#shared/scheduling/waiting-time.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { TaskEntry } from './entries.ts';
import { ReadyQueue, TASK_ORDER } from './ready-queue.ts';

/** What a node keeps: for how many slots, and whether others could take what it does not. */
interface Keep {
  readonly slots: number;
  readonly hasPeers: boolean;
}

/** The queues of a node. */
export class ReadyTasks {
  /** Those that are not empty, but for what was taken in this step. */
  #queues: ReadyQueue[] = [];
  /** Behind a queue that is stuck: those that have their turn, so that they are not searched again for each. */
  #rest: ReadyQueue[] | undefined;
  readonly #shares = new FairShares();
  #count = 0;
  #totalUs = 0;
  /** Time of this step. */
  nowMs = 0;

  get count(): number {
    return this.#count;
  }

  /** What is known of how long they take, in microseconds. */
  get totalUs(): number {
    return this.#totalUs;
  }

  get queueCount(): number {
    return this.#queues.length;
  }

  /** A task is ready. */
  add(task: TaskEntry): void {
    task.share ??= this.#shares.of(task.job);
    this.#shares.entered(task.share);
    this.#enqueue(task);
  }

  /** A task that was taken is ready again: it has not begun. */
  addAgain(task: TaskEntry): void {
    this.#pay(task, -task.chargedUs);
    this.#enqueue(task);
  }

  /** It shall not run after all. */
  remove(task: TaskEntry): void {
    const queue = this.#queueOf(task);
    if (!queue || task.queuePlace === NOT_QUEUED) return;
    this.#dequeue(queue, task);
    this.ended(task);
    if (queue.size === 0) this.#queues = this.#queues.filter((other) => other !== queue);
  }

  /** Takes a task out of its queue, to run: its job pays for what is expected. */
  take(queue: ReadyQueue, task: TaskEntry): void {
    this.#dequeue(queue, task);
    task.chargedUs = expectedRunUs(task.fn);
    this.#pay(task, task.chargedUs);
  }

  /** How long it ran is known: its job pays the rest, or gets it back. */
  ran(task: TaskEntry, durationUs: number): void {
    this.#pay(task, durationUs - task.chargedUs);
  }

  /** A task that was ready once has ended, or waits for something else. */
  ended(task: TaskEntry): void {
    if (task.share) this.#shares.left(task.share);
    task.share = undefined;
  }

  /** The queue whose turn it is, of those that are not stuck. */
  next(): ReadyQueue | undefined {
    if (this.#rest) return this.#rest.shift();
    let best: ReadyQueue | undefined;
    for (const queue of this.#queues)
      if (!queue.isStuck && queue.size > 0 && (!best || isBefore(queue, best))) best = queue;
    return best;
  }

  /** Nothing more can be given out of the queue in this step: those after it have their turn, in the order that there is now. */
  stuck(queue: ReadyQueue): void {
    queue.isStuck = true;
    this.#rest ??= this.#queues
      .filter(({ isStuck, size }) => !isStuck && size > 0)
      .toSorted((a, b) => (isBefore(a, b) ? -1 : 1));
  }

  /** The queue gave something out, so the order may be another. */
  served(): void {
    this.#rest = undefined;
  }

  /** True if a task of this job is ready. */
  has(job: number): boolean {
    return this.#queues.some((queue) => queue.job === job && queue.size > 0);
  }

  /** The step is over. */
  settle(): void {
    let isAnyEmpty = false;
    this.#rest = undefined;
    for (const queue of this.#queues) {
      queue.isStuck = false;
      isAnyEmpty ||= queue.size === 0;
    }
    if (isAnyEmpty) this.#queues = this.#queues.filter(({ size }) => size > 0);
  }

  /** True if what a job has queued here is within its fair part of what the node keeps (rule S1). */
  staysWithin(job: number, { slots, hasPeers }: Keep): boolean {
    let queuedUs = 0;
    let queuedTasks = 0;
    for (const queue of this.#queues) {
      if (queue.job !== job) continue;
      queuedUs += queue.queuedUs;
      queuedTasks += queue.size;
    }
    const jobs = this.#shares.busyJobs + (this.#shares.of(job).tasks > 0 ? 0 : 1);
    return staysLocal({ queuedUs, queuedTasks, slots: slots / jobs, hasPeers });
  }

  /** The last in turn of a job that has more than its part; none that was leased or has a place for others' calls. */
  surplus(keep: Keep): TaskEntry | undefined {
    for (const queue of this.#queues) {
      const last = queue.last();
      if (!last || last.leased || last.fn.kind !== FUNCTION_KIND.task) continue;
      if (!this.staysWithin(queue.job, keep)) return last;
    }
    return undefined;
  }

  #enqueue(task: TaskEntry): void {
    let queue = this.#queueOf(task);
    if (!queue) {
      queue = new ReadyQueue(task, this.#shares.of(task.job));
      this.#queues.push(queue);
    }
    queue.add(task);
    // The estimate changes with every run; what leaves the sums is what entered them.
    task.chargedUs = task.fn.runs === 0 ? 0 : task.fn.meanUs;
    queue.queuedUs += task.chargedUs;
    this.#count += 1;
    this.#totalUs += task.chargedUs;
  }

  #dequeue(queue: ReadyQueue, task: TaskEntry): void {
    queue.remove(task);
    this.#count -= 1;
    queue.queuedUs = queue.size === 0 ? 0 : Math.max(0, queue.queuedUs - task.chargedUs);
    this.#totalUs = this.#count === 0 ? 0 : Math.max(0, this.#totalUs - task.chargedUs);
  }

  #pay(task: TaskEntry, durationUs: number): void {
    if (task.share) this.#shares.charge(task.share, cpuTimeUs(durationUs, task.options.options.demand), this.nowMs);
  }

  #queueOf(task: TaskEntry): ReadyQueue | undefined {
    const { schedulingClass } = task.options;
    for (const queue of this.#queues)
      if (queue.job === task.job && queue.schedulingClass === schedulingClass) return queue;
    return undefined;
  }
}

function isBefore(a: ReadyQueue, b: ReadyQueue): boolean {
  if (a.share.served !== b.share.served) return a.share.served < b.share.served;
  const [first, other] = [a.first(), b.first()];
  if (!first || !other) return first !== undefined;
  return a.share === b.share ? goesBefore(TASK_ORDER, first, other) : TASK_ORDER.isOlder(first, other);
}
