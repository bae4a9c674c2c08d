/**
 * The local scheduler (rules S1, S3): which ready task gets a worker of this node now.
 *
 * Short tasks are queued behind the one that runs, so that a worker is never idle between two of them: a hand-over
 * through the raylet costs tens of microseconds, as much as the task. A run that has not begun can be taken back when
 * its predecessor turns out to be long.
 */
import { NodeResources, type ResourceDemand } from '#shared/task/resources.ts';
import { staysLocal } from '#shared/scheduling/waiting-time.ts';
import { moveTask } from './local-task-state.ts';
import type { TaskEntry } from './entries.ts';
import type { WorkerEntry, WorkerPool } from './worker-pool.ts';

/** A function is short if its runs take less than this on average … */
const SHORT_TASK_US = 500;
/** … and enough of them are known. */
const KNOWN_RUNS = 8;
/** Work queued behind a running task. */
const QUEUE_AHEAD_US = 2_000;
const QUEUE_AHEAD_TASKS = 128;
/** A predecessor that runs longer than this loses what is queued behind it. */
const LONG_RUN_MS = 20;
/** Places in a worker's claim board; more than can be queued at once. */
export const CLAIM_PLACES = 1024;

/** What the scheduler asks for. */
export interface LocalSchedulerHooks {
  /** Sends the run to the worker. */
  run(task: TaskEntry, worker: WorkerEntry, claim: number): void;
  /** Ends an idle worker of another job, to make room. */
  retire(worker: WorkerEntry): void;
  /** Takes back a run that has not begun; false if it has. */
  revoke(worker: WorkerEntry, claim: number): boolean;
  /** An actor's creation has its resources: give it a worker. */
  createActor(task: TaskEntry): void;
  /** A blocked task has its CPU again. */
  resume(task: TaskEntry): void;
  /** True while the journal cannot take more (rule B1). */
  isHeldBack(): boolean;
  /** False where runs cannot be taken back. */
  readonly canQueueAhead: boolean;
}

/** Ready tasks of one job and shape, in order. */
interface ReadyQueue {
  readonly demand: ResourceDemand;
  readonly job: number;
  readonly tasks: Set<TaskEntry>;
}

/** The scheduler of one node. */
export class LocalScheduler {
  readonly resources: NodeResources;
  readonly #pool: WorkerPool;
  readonly #hooks: LocalSchedulerHooks;
  readonly #ready = new Map<string, ReadyQueue>();
  /** Blocked tasks whose wait is over and that need a CPU. */
  readonly #resuming = new Set<TaskEntry>();
  #readyTasks = 0;
  #readyUs = 0;
  runningTasks = 0;
  /** Nodes elsewhere that could take work. */
  peers = 0;

  constructor(resources: NodeResources, pool: WorkerPool, hooks: LocalSchedulerHooks) {
    this.resources = resources;
    this.#pool = pool;
    this.#hooks = hooks;
  }

  get queuedTasks(): number {
    return this.#readyTasks;
  }

  get queuedUs(): number {
    return this.#readyUs;
  }

  /** Rule S1: does a task born here stay here? */
  keeps(task: TaskEntry): boolean {
    const { demand } = task.options.options;
    return staysLocal({
      couldFit: this.resources.totalCpuMilli > 0 && this.resources.couldEverFit(demand),
      queuedUs: this.#readyUs,
      queuedTasks: this.#readyTasks,
      slots: Math.max(1, this.resources.totalCpuMilli / 1000),
      hasPeers: this.peers > 0,
    });
  }

  /** A task has all it needs. */
  add(task: TaskEntry): void {
    moveTask(task, 'ready');
    const name = `${task.job} ${task.options.schedulingClass}`;
    let queue = this.#ready.get(name);
    if (!queue) {
      queue = { demand: task.options.options.demand, job: task.job, tasks: new Set() };
      this.#ready.set(name, queue);
    }
    queue.tasks.add(task);
    this.#readyTasks += 1;
    this.#readyUs += expectedUs(task);
  }

  /** A ready task that shall not run after all. */
  remove(task: TaskEntry): void {
    const queue = this.#ready.get(`${task.job} ${task.options.schedulingClass}`);
    if (queue?.tasks.delete(task)) this.#left(task);
    this.#resuming.delete(task);
  }

  /** The task blocks: its CPU is free for others. */
  blocked(task: TaskEntry): void {
    if (task.state !== 'running') return;
    moveTask(task, 'blocked');
    this.runningTasks -= 1;
    if (task.holdsResources) this.resources.giveCpu(task.options.options.demand.cpuMilli);
    const { worker } = task;
    if (!worker) return;
    worker.blocked.add(task);
    if (worker.current === task) this.#startNextQueued(worker);
  }

  /** The wait is over: the task goes on as soon as there is a CPU. */
  wantsToResume(task: TaskEntry): void {
    this.#resuming.add(task);
  }

  /** An attempt is over: its resources are free, its worker takes the next. */
  ended(task: TaskEntry): void {
    const { worker } = task;
    if (task.state === 'running') this.runningTasks -= 1;
    this.#resuming.delete(task);
    this.#release(task);
    if (!worker) return;
    worker.blocked.delete(task);
    const place = worker.queued.findIndex((run) => run.task === task);
    if (place >= 0) worker.queued.splice(place, 1);
    if (worker.current === task) this.#startNextQueued(worker);
  }

  /** Gives out what can be given. Called at the end of every step. */
  dispatch(): void {
    for (const task of this.#resuming) {
      const { cpuMilli } = task.options.options.demand;
      if (task.holdsResources && cpuMilli > this.resources.freeCpuMilli) continue;
      this.#resuming.delete(task);
      if (task.holdsResources) this.resources.takeCpu(cpuMilli);
      moveTask(task, 'running');
      this.runningTasks += 1;
      task.worker?.blocked.delete(task);
      if (task.worker && !task.worker.current) task.worker.current = task;
      this.#hooks.resume(task);
    }
    if (this.#readyTasks === 0 || this.#hooks.isHeldBack()) return;
    for (const [name, queue] of this.#ready) {
      this.#dispatchQueue(queue);
      if (queue.tasks.size === 0) this.#ready.delete(name);
    }
  }

  /** Takes back what is queued behind tasks that run long. */
  rebalance(nowMs: number): void {
    for (const worker of this.#pool.all()) {
      const { current } = worker;
      if (worker.kind !== 'task' || !current || worker.queued.length === 0 || nowMs - current.runningSinceMs < LONG_RUN_MS) continue;
      for (const run of worker.queued.splice(0)) {
        if (this.#hooks.revoke(worker, run.claim)) {
          run.task.worker = undefined;
          this.runningTasks -= 1;
          this.add(run.task);
        } else {
          worker.queued.push(run);
        }
      }
    }
  }

  #dispatchQueue(queue: ReadyQueue): void {
    let wanted = 0;
    for (const task of queue.tasks) {
      if (!this.resources.fits(queue.demand)) {
        if (!this.#queueAhead(queue, task)) break;
        continue;
      }
      if (task.fn.kind === 1) {
        this.#take(queue, task);
        this.#hooks.createActor(task);
        continue;
      }
      const worker = this.#pool.freeWorker(task.job);
      if (!worker) {
        wanted = Math.min(queue.tasks.size, Math.max(1, Math.floor(this.resources.freeCpuMilli / Math.max(1, queue.demand.cpuMilli))));
        break;
      }
      this.#take(queue, task);
      worker.job = task.job;
      worker.current = task;
      this.#start(task, worker);
    }
    if (wanted === 0) return;
    const idle = this.#pool.grow(wanted);
    if (idle) this.#hooks.retire(idle);
  }

  /** Queues a short task behind a short one. Returns false if there is no such place. */
  #queueAhead(queue: ReadyQueue, task: TaskEntry): boolean {
    if (!this.#hooks.canQueueAhead || task.fn.kind !== 0 || !isShort(task)) return false;
    let best: WorkerEntry | undefined;
    for (const worker of this.#pool.all()) {
      const { current } = worker;
      if (worker.kind !== 'task' || worker.job !== task.job || !current || !isShort(current)) continue;
      if (current.options.schedulingClass !== task.options.schedulingClass) continue;
      const room = Math.min(QUEUE_AHEAD_TASKS, QUEUE_AHEAD_US / Math.max(1, task.fn.meanUs));
      if (worker.queued.length < room && (!best || worker.queued.length < best.queued.length)) best = worker;
    }
    if (!best) return false;
    this.#pluck(queue, task);
    const claim = (best.nextClaim % CLAIM_PLACES) + 1;
    best.nextClaim += 1;
    best.queued.push({ task, claim });
    task.worker = best;
    moveTask(task, 'running');
    this.runningTasks += 1;
    this.#hooks.run(task, best, claim);
    return true;
  }

  /** The worker's thread is free: the run behind takes over the place, and the resources. */
  #startNextQueued(worker: WorkerEntry): void {
    const next = worker.queued.shift();
    worker.current = next?.task;
    if (!next) return;
    // It was sent already and the worker begins it by itself; only the books are kept here.
    this.resources.take(next.task.options.options.demand);
    next.task.holdsResources = true;
  }

  #start(task: TaskEntry, worker: WorkerEntry): void {
    task.worker = worker;
    moveTask(task, 'running');
    this.runningTasks += 1;
    this.#hooks.run(task, worker, 0);
  }

  #take(queue: ReadyQueue, task: TaskEntry): void {
    this.#pluck(queue, task);
    this.resources.take(queue.demand);
    task.holdsResources = true;
  }

  #pluck(queue: ReadyQueue, task: TaskEntry): void {
    queue.tasks.delete(task);
    this.#left(task);
  }

  #left(task: TaskEntry): void {
    this.#readyTasks -= 1;
    this.#readyUs = this.#readyTasks === 0 ? 0 : Math.max(0, this.#readyUs - expectedUs(task));
  }

  #release(task: TaskEntry): void {
    if (!task.holdsResources) return;
    task.holdsResources = false;
    const { demand } = task.options.options;
    this.resources.give(task.state === 'blocked' ? { ...demand, cpuMilli: 0 } : demand);
  }
}

function isShort(task: TaskEntry): boolean {
  return task.fn.runs >= KNOWN_RUNS && task.fn.meanUs < SHORT_TASK_US;
}

function expectedUs(task: TaskEntry): number {
  return task.fn.runs === 0 ? 0 : task.fn.meanUs;
}
