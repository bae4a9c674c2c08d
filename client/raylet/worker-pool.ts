/**
 * The workers of a node: which there are, which is free, when to start or end one.
 *
 * A worker is started for one job and runs tasks of that one only, so that modules of different jobs never meet in one
 * realm, nor, in a tab, in one process. A worker whose tasks
 * are all blocked in `get` takes more of the same job (rule S3), up to a bound; beyond it another worker is started, so
 * nested tasks of any depth finish on one CPU in bounded memory. An actor has a worker of its own.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import { StateMachine } from '#shared/state-machine.ts';
import type { Block } from './block-table.ts';
import type { FunctionInfo, OptionsInfo, TaskEntry } from './entries.ts';
import type { KeyRange } from './key-ranges.ts';
import type { WorkerKind } from './ports.ts';

/** Tasks that may be blocked in one worker before another is started. */
const MAX_BLOCKED_PER_WORKER = 64;
/** Workers beyond one per CPU, for blocked tasks and small ones. */
const MAX_EXTRA_WORKERS = 64;

/** Where a worker stands. */
export type WorkerState = 'starting' | 'ready' | 'ended';

export const WORKER_LIFE = new StateMachine<WorkerState>('worker', {
  starting: ['ready', 'ended'],
  ready: ['ended'],
  ended: [],
});

export function moveWorker(worker: { state: WorkerState }, to: WorkerState): void {
  worker.state = WORKER_LIFE.step(worker.state, to);
}

/** A worker of this node, or the driver (which runs no tasks). */
export interface WorkerEntry {
  readonly id: number;
  readonly kind: WorkerKind | 'driver';
  readonly state: WorkerState;
  /** The job it works for; a driver has none before its first welcome. */
  job: number;
  /** The actor that lives in it. */
  actor: ObjectKey;
  /** The task that has the worker's thread, if any. */
  current: TaskEntry | undefined;
  /** `current` turned out to run long: nothing is queued behind it. */
  isLong: boolean;
  /** Tasks that were blocked and go on beside `current`; the first of them has the thread next. */
  readonly resumed: TaskEntry[];
  /** Runs sent to it that have not begun, in order. */
  readonly queued: TaskEntry[];
  readonly blocked: Set<TaskEntry>;
  /** Its `get` and `wait` calls that are not over, by their numbers. */
  readonly blocks: Map<number, Block>;
  /** Introduced by it (it is the caller). */
  readonly functions: FunctionInfo[];
  readonly options: OptionsInfo[];
  /** Introduced to it. */
  readonly knownFunctions: Set<number>;
  readonly knownModules: Set<string>;
  /** Keys it was given and has not used up. */
  readonly ranges: KeyRange[];
  highestKey: ObjectKey;
  /** Why it was ended, if it was: tells a limit from a crash. */
  endReason: number | undefined;
  endMessage: string;
  /** The task it was ended for, if it broke a limit. */
  endCulprit: TaskEntry | undefined;
  nextClaim: number;
  /** Objects it holds for itself: a driver's references. */
  readonly holdings: Set<ObjectKey>;
}

/** Starts and finds workers. */
export class WorkerPool {
  readonly #spawn: (kind: WorkerKind, id: number, job: number) => void;
  /** CPUs of the node: the task workers that may run at once. */
  slots: number;
  readonly #workers = new Map<number, WorkerEntry>();
  #nextId = 1;
  #taskWorkers = 0;

  constructor(slots: number, spawn: (kind: WorkerKind, id: number, job: number) => void) {
    this.slots = slots;
    this.#spawn = spawn;
  }

  get(id: number): WorkerEntry | undefined {
    return this.#workers.get(id);
  }

  all(): IterableIterator<WorkerEntry> {
    return this.#workers.values();
  }

  get count(): number {
    return this.#workers.size;
  }

  *levels(): Iterable<QueueLevel> {
    for (const { blocked, kind } of this.#workers.values())
      if (kind === 'task')
        yield { queue: 'tasks blocked in a worker', level: blocked.size, bound: MAX_BLOCKED_PER_WORKER };
  }

  /** Adds a driver, or a worker that something else starts. */
  add(kind: WorkerEntry['kind'], job = 0): WorkerEntry {
    const worker: WorkerEntry = {
      id: this.#nextId,
      kind,
      state: 'starting',
      job,
      actor: 0,
      current: undefined,
      isLong: false,
      resumed: [],
      queued: [],
      blocked: new Set(),
      blocks: new Map(),
      functions: [],
      options: [],
      knownFunctions: new Set(),
      knownModules: new Set(),
      ranges: [],
      highestKey: 0,
      endReason: undefined,
      endMessage: '',
      endCulprit: undefined,
      nextClaim: 0,
      holdings: new Set(),
    };
    this.#nextId += 1;
    this.#workers.set(worker.id, worker);
    if (kind === 'task') this.#taskWorkers += 1;
    return worker;
  }

  remove(worker: WorkerEntry): void {
    if (this.#workers.delete(worker.id) && worker.kind === 'task') this.#taskWorkers -= 1;
    moveWorker(worker, 'ended');
  }

  /** A fresh worker for one actor. */
  startActorWorker(job: number, actor: ObjectKey): WorkerEntry {
    const worker = this.add('actor', job);
    worker.actor = actor;
    this.#spawn('actor', worker.id, job);
    return worker;
  }

  /** A task worker of this job whose thread is free, if there is one. @param alone with nothing blocked in it either */
  freeWorker(job: number, alone: boolean): WorkerEntry | undefined {
    for (const worker of this.#workers.values()) {
      if (worker.kind !== 'task' || worker.state !== 'ready' || worker.current || worker.endReason !== undefined)
        continue;
      if (worker.job === job && worker.blocked.size < (alone ? 1 : MAX_BLOCKED_PER_WORKER) && !isAlone(worker))
        return worker;
    }
    return undefined;
  }

  /** Starts workers for a job if more could help; returns an idle one of another job that has to end first, if the pool is full. */
  grow(wanted: number, job: number): WorkerEntry | undefined {
    let starting = 0;
    let startingForOthers = 0;
    let occupied = 0;
    let ending = 0;
    let idle: WorkerEntry | undefined;
    for (const worker of this.#workers.values()) {
      if (worker.kind !== 'task') continue;
      if (worker.endReason !== undefined) ending += 1;
      else if (worker.state === 'starting' && worker.job === job) starting += 1;
      else if (worker.state === 'starting') startingForOthers += 1;
      else if (isIdle(worker)) idle ??= worker;
      else occupied += 1;
    }
    // Nobody asks for more unless resources are free: workers full of blocked tasks, or of tasks that want less than a
    // CPU, do not count against the slots.
    const slots = Math.max(1, this.slots);
    const limit = Math.min(slots + MAX_EXTRA_WORKERS, Math.max(slots, occupied + 1));
    for (let missing = wanted - starting; missing > 0 && this.#taskWorkers < limit; missing -= 1) {
      this.#spawn('task', this.add('task', job).id, job);
      starting += 1;
    }
    return starting + startingForOthers + ending === 0 ? idle : undefined;
  }

  /** An idle worker beyond one per CPU, left over from blocked tasks. */
  surplus(): WorkerEntry | undefined {
    if (this.#taskWorkers <= Math.max(1, this.slots)) return undefined;
    for (const worker of this.#workers.values())
      if (worker.kind === 'task' && worker.state === 'ready' && isIdle(worker)) return worker;
    return undefined;
  }
}

/** Its blocked task shall have nobody beside it. */
function isAlone({ blocked }: WorkerEntry): boolean {
  for (const task of blocked) return task.alone;
  return false;
}

function isIdle(worker: WorkerEntry): boolean {
  return !worker.current && worker.blocked.size === 0 && worker.endReason === undefined;
}
