/**
 * The local scheduler (rules S1, S3, S5): which ready task gets a worker of this node now. The job that was served least
 * goes first, within a job priority, then age.
 *
 * Short tasks are queued behind the one that runs, so that a worker is never idle between two of them: a hand-over
 * through the raylet costs tens of microseconds, as much as the task. A run that has not begun can be taken back when
 * its predecessor turns out to be long: at once by the claim board, where there is shared memory, else by asking the
 * worker, which answers between two runs.
 */
import type { NodeResources } from '#shared/task/resources.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { moveTask } from './local-task-state.ts';
import type { TaskEntry } from './entries.ts';
import type { ReadyQueue } from './ready-queue.ts';
import { ReadyTasks } from './ready-tasks.ts';
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
/** A job with tasks keeps its last worker for so long, whoever's turn it is. */
const MIN_TURN_MS = 500;
/** A job may have so many times its fair part here before what waits is given to others. */
const SURPLUS_TIMES = 2;
/** Tasks that are given away at once. */
const MAX_GIVEN_AWAY = 256;
/** Places in a worker's claim board; more than can be queued at once. */
export const CLAIM_PLACES = 1024;

/** What the scheduler asks for. */
export interface LocalSchedulerHooks {
  nowMs(): number;
  /** Sends the run to the worker. */
  run(task: TaskEntry, worker: WorkerEntry): void;
  /** Ends an idle worker of another job, to make room. */
  retire(worker: WorkerEntry): void;
  /** Takes back a run that has not begun, by the claim board; false if it has. Absent where memory is not shared. */
  readonly revoke: ((worker: WorkerEntry, claim: number) => boolean) | undefined;
  /** Asks the worker for a run back; the answer, if it has not begun, is {@link LocalScheduler.recalled}. */
  recall(task: TaskEntry, worker: WorkerEntry): void;
  /** An actor's creation has its resources: give it a worker. */
  createActor(task: TaskEntry): void;
  /** A blocked task has its CPU again. */
  resume(task: TaskEntry): void;
  /** True while the journal cannot take more (rule B1). */
  isHeldBack(): boolean;
}

/** The scheduler of one node. */
export class LocalScheduler {
  readonly resources: NodeResources;
  readonly #pool: WorkerPool;
  readonly #hooks: LocalSchedulerHooks;
  readonly #ready = new ReadyTasks();
  /** Blocked tasks whose wait is over and that need a CPU. */
  readonly #resuming = new Set<TaskEntry>();
  /** When a worker was last ended for another job. */
  #retiredMs = -Infinity;
  runningTasks = 0;
  /** Nodes elsewhere that could take work. */
  peers = 0;
  /** Its owner offers nothing for the time being. */
  #isPaused = false;
  /** The cluster does not trust this node: it decides nothing itself (rule S1). */
  isStranger = false;

  constructor(resources: NodeResources, pool: WorkerPool, hooks: LocalSchedulerHooks) {
    this.resources = resources;
    this.#pool = pool;
    this.#hooks = hooks;
  }

  get queuedTasks(): number {
    return this.#ready.count;
  }

  get queuedUs(): number {
    return this.#ready.totalUs;
  }

  /** Rule S1: does a task born here stay here? Which node fits one that asks for a place is known to the server alone. */
  keeps(task: TaskEntry): boolean {
    if (this.isStranger || task.options.options.place) return false;
    const couldFit = this.resources.totalCpuMilli > 0 && this.resources.couldEverFit(task.options.options.demand);
    return couldFit && this.#ready.staysWithin(task.job, this.#load(1));
  }

  #load(times: number): { slots: number; hasPeers: boolean } {
    return { slots: Math.max(1, this.resources.totalCpuMilli / 1000) * times, hasPeers: this.peers > 0 };
  }

  /** Gives away what waits here though its job has far more than its part, and others might take it (rule S1). */
  giveSurplus(give: (task: TaskEntry) => void): void {
    for (let count = 0; count < MAX_GIVEN_AWAY && this.#ready.count > 0 && !this.#hooks.isHeldBack(); count++) {
      const task = this.#ready.surplus(this.#load(SURPLUS_TIMES));
      if (!task) return;
      give(task);
    }
  }

  /** A task has all it needs. */
  add(task: TaskEntry): void {
    moveTask(task, 'ready');
    this.#ready.add(task);
  }

  /** A ready task shall not run after all. */
  remove(task: TaskEntry): void {
    this.#ready.remove(task);
  }

  /** How long it ran is known: its job pays the rest, or gets it back. */
  ran(task: TaskEntry, durationUs: number): void {
    this.#ready.ran(task, durationUs);
  }

  /** The task blocks: its CPU is free for others. */
  blocked(task: TaskEntry): void {
    if (task.state !== 'running') return;
    moveTask(task, 'blocked');
    this.runningTasks -= 1;
    if (task.holdsResources) this.resources.giveCpu(task.options.options.demand.cpuMilli);
    const { worker } = task;
    if (!worker) return;
    this.#leaveThread(task, worker);
    task.claim = 0; // it has begun, and its place will be used again
    worker.blocked.add(task);
  }

  /** The wait is over: the task goes on as soon as there is a CPU. */
  wantsToResume(task: TaskEntry): void {
    this.#resuming.add(task);
  }

  /** It waits again before it got its CPU. */
  waitsAgain(task: TaskEntry): void {
    this.#resuming.delete(task);
  }

  /** An attempt is over: its resources are free, its worker takes the next. */
  ended(task: TaskEntry): void {
    const { worker } = task;
    if (task.state === 'running') this.runningTasks -= 1;
    else if (task.state === 'blocked') this.#resuming.delete(task);
    this.#release(task);
    this.#ready.ended(task);
    task.claim = 0;
    if (!worker) return;
    if (worker.blocked.size > 0) worker.blocked.delete(task);
    this.#leaveThread(task, worker);
  }

  /** Takes back a run that its worker has not begun; the caller ends the task. False if it has begun. */
  takeBack(task: TaskEntry): boolean {
    return (
      task.state === 'running' &&
      task.claim > 0 &&
      task.worker !== undefined &&
      this.#hooks.revoke !== undefined &&
      this.#hooks.revoke(task.worker, task.claim)
    );
  }

  /** The worker gave a run back that it had not begun: the task is ready again, unless the caller ends it. */
  recalled(task: TaskEntry): void {
    if (task.state !== 'running') return;
    const { worker } = task;
    this.#release(task);
    if (worker) this.#leaveThread(task, worker);
    this.#readyAgain([task]);
  }

  /** True if a node like this one, with nothing to do, could run the task. */
  couldRun(task: TaskEntry): boolean {
    return !this.resources.isEmpty && this.resources.couldEverFit(task.options.options.demand);
  }

  /** The node offers other resources than before. */
  resize(cpuMilli: number, custom: ReadonlyMap<string, number>): void {
    this.resources.resize(cpuMilli, custom);
    // Not so for a driver that never offered anything: actors of its own may still live with it.
    this.#isPaused = this.resources.isEmpty;
  }

  /** Gives out what can be given. Called at the end of every step. */
  dispatch(): void {
    if (this.#isPaused) return;
    if (this.#resuming.size > 0) this.#resumeTasks();
    if (this.#ready.count === 0 || this.#hooks.isHeldBack()) return;
    this.#ready.nowMs = this.#hooks.nowMs();
    // Sending a run ends no task, so no queue comes or goes meanwhile.
    for (let queue = this.#ready.next(); queue; queue = this.#ready.next()) {
      if (this.#giveOne(queue)) this.#ready.served();
      else this.#ready.stuck(queue);
    }
    this.#ready.settle();
  }

  /** Takes back what is queued behind tasks that run long. */
  rebalance(nowMs: number): void {
    for (const worker of this.#pool.all()) {
      const { current } = worker;
      if (worker.kind !== 'task' || !current || nowMs - current.runningSinceMs < LONG_RUN_MS) continue;
      worker.isLong = true;
      if (worker.queued.length > 0) this.#takeBackQueued(worker);
    }
  }

  #takeBackQueued(worker: WorkerEntry): void {
    const { revoke } = this.#hooks;
    if (!revoke) {
      for (const task of worker.queued) this.#recall(task, worker);
      return;
    }
    const revoked: TaskEntry[] = [];
    for (const task of worker.queued.splice(0)) {
      if (revoke(worker, task.claim)) revoked.push(task);
      else worker.queued.push(task);
    }
    this.#readyAgain(revoked);
  }

  #recall(task: TaskEntry, worker: WorkerEntry): void {
    if (task.isRecalled) return;
    task.isRecalled = true;
    this.#hooks.recall(task, worker);
  }

  /** Tasks that a worker was sent and has not begun are ready again, as old as they are. */
  #readyAgain(tasks: readonly TaskEntry[]): void {
    for (const task of tasks) {
      task.worker = undefined;
      task.claim = 0;
      task.isRecalled = false;
      task.runningSinceMs = 0;
      moveTask(task, 'ready');
      this.#ready.addAgain(task);
    }
    this.runningTasks -= tasks.length;
  }

  #resumeTasks(): void {
    for (const task of this.#resuming) {
      const { demand } = task.options.options;
      // A call of an actor needs no CPU; a run that its worker began by itself has not taken any resources yet.
      if (task.actor === 0) {
        if (task.holdsResources ? demand.cpuMilli > this.resources.freeCpuMilli : !this.resources.fits(demand))
          continue;
        if (task.holdsResources) this.resources.takeCpu(demand.cpuMilli);
        else this.resources.take(demand);
        task.holdsResources = true;
      }
      this.#resuming.delete(task);
      moveTask(task, 'running');
      this.runningTasks += 1;
      const { worker } = task;
      worker?.blocked.delete(task);
      // What is queued counts on the CPU of whoever had the thread before.
      if (worker?.queued.some((next) => !isAlike(next, task))) this.#takeBackQueued(worker);
      if (worker?.current) worker.resumed.push(task);
      else if (worker) worker.current = task;
      this.#hooks.resume(task);
    }
  }

  /** Gives out one task of a queue. Returns false if that cannot be now. */
  #giveOne(queue: ReadyQueue): boolean {
    const task = queue.first();
    if (!task) return false;
    if (!this.resources.fits(queue.demand)) return this.#queueAhead(queue, task);
    if (task.fn.kind === FUNCTION_KIND.actor) {
      this.#take(queue, task);
      this.#hooks.createActor(task);
      return true;
    }
    const worker = this.#pool.freeWorker(task.job, task.alone);
    if (!worker) {
      this.#wantWorkers(queue);
      return false;
    }
    this.#take(queue, task);
    worker.current = task;
    task.runningSinceMs = this.#ready.nowMs;
    this.#start(task, worker);
    return true;
  }

  #wantWorkers({ size, demand, job }: ReadyQueue): void {
    const most = Math.max(1, Math.floor(this.resources.freeCpuMilli / Math.max(1000, demand.cpuMilli)));
    const idle = this.#pool.grow(Math.min(size, most), job);
    if (!idle) return;
    // Starting a worker takes longer than many a task: jobs that both have some do not change places with every one.
    const { nowMs } = this.#ready;
    if (this.#ready.has(idle.job) && nowMs - this.#retiredMs < MIN_TURN_MS) return;
    this.#retiredMs = nowMs;
    this.#hooks.retire(idle);
  }

  /** Queues a short task behind a short one. Returns false if there is no such place. */
  #queueAhead(queue: ReadyQueue, task: TaskEntry): boolean {
    // A worker that is never idle gives its CPU to nobody else: not while others wait for one.
    if (this.#ready.queueCount > 1 || this.#resuming.size > 0 || !mayShareQueue(task)) return false;
    const room = Math.min(QUEUE_AHEAD_TASKS, QUEUE_AHEAD_US / Math.max(1, task.fn.meanUs));
    let best: WorkerEntry | undefined;
    for (const worker of this.#pool.all()) {
      const { current } = worker;
      if (
        worker.queued.length >= room ||
        worker.kind !== 'task' ||
        worker.job !== task.job ||
        worker.isLong ||
        worker.endReason !== undefined ||
        worker.resumed.some((resumed) => !isAlike(resumed, task))
      )
        continue;
      if (!current || !mayShareQueue(current) || !isAlike(current, task)) continue;
      if (!best || worker.queued.length < best.queued.length) best = worker;
    }
    if (!best) return false;
    this.#ready.take(queue, task);
    best.queued.push(task);
    this.#start(task, best);
    return true;
  }

  /** The task no longer has the worker's thread, or its place in the queue for it. */
  #leaveThread(task: TaskEntry, worker: WorkerEntry): void {
    if (worker.current !== task) {
      takeOut(worker.queued, task);
      takeOut(worker.resumed, task);
      return;
    }
    worker.isLong = false;
    worker.current = worker.resumed.shift();
    if (worker.current) return;
    const next = worker.queued.shift();
    if (!next) return;
    // It was sent already and the worker begins it by itself; only the books are kept here.
    worker.current = next;
    this.resources.take(next.options.options.demand);
    next.holdsResources = true;
    next.runningSinceMs = this.#hooks.nowMs();
  }

  #start(task: TaskEntry, worker: WorkerEntry): void {
    task.worker = worker;
    task.isRecalled = false;
    if (this.#hooks.revoke) {
      task.claim = (worker.nextClaim % CLAIM_PLACES) + 1;
      worker.nextClaim += 1;
    }
    moveTask(task, 'running');
    this.runningTasks += 1;
    this.#hooks.run(task, worker);
  }

  #take(queue: ReadyQueue, task: TaskEntry): void {
    this.#ready.take(queue, task);
    this.resources.take(queue.demand);
    task.holdsResources = true;
  }

  #release(task: TaskEntry): void {
    if (!task.holdsResources) return;
    task.holdsResources = false;
    const { demand } = task.options.options;
    this.resources.give(task.state === 'blocked' ? { ...demand, cpuMilli: 0 } : demand);
  }
}

/** True for short tasks, except suspects and those that hold more than a CPU: a blocked task keeps that, and no other could take it over. */
function mayShareQueue({ fn, options, alone }: TaskEntry): boolean {
  return (
    !alone &&
    fn.kind === FUNCTION_KIND.task &&
    fn.runs >= KNOWN_RUNS &&
    fn.meanUs < SHORT_TASK_US &&
    options.needsOnlyCpu
  );
}

/** True if one can take over what the other has. */
function isAlike(one: TaskEntry, other: TaskEntry): boolean {
  return one.options.schedulingClass === other.options.schedulingClass;
}

function takeOut(tasks: TaskEntry[], task: TaskEntry): void {
  const place = tasks.length === 0 ? -1 : tasks.indexOf(task);
  if (place >= 0) tasks.splice(place, 1);
}
