// A cluster as the global scheduler sees it, without anything else: nodes that differ, tasks of twenty resource classes from
// five jobs, three in ten with an input that lies on other nodes. Leases and ends are only noted in the books.
import { GlobalScheduler } from '#server/scheduler/global-scheduler.ts';
import { type JobRecord, newTask, type SessionRecord, type TaskRecord } from '#server/gcs/entities.ts';
import { type FunctionEntry, type OptionsEntry, recordRun } from '#server/gcs/dictionaries.ts';
import { newJob } from '#server/gcs/job-manager.ts';
import { ObjectTable } from '#server/gcs/object-table.ts';
import { SessionManager } from '#server/gcs/session-manager.ts';
import { GcsState } from '#server/gcs/state.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { Random } from '#shared/ports/random.ts';
import { moveTask } from '#shared/task/task-state.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';

const CPUS = [4, 8, 16];
/** Each node has one of them, and one in five has none. */
const CUSTOM = ['', 'gpu', 'ssd', 'memory', 'licence'];
const CPU_DEMANDS_MILLI = [500, 1000, 2000, 4000];
const JOBS = 5;
/** How long the functions take. */
const FUNCTION_MS = [5, 20, 50, 100];
const SHARE_WITH_INPUT = 0.3;
const INPUTS = 500;
const COPIES = 3;
const INPUT_BYTES = 20e6;
const LARGE_MILLI = 1_000_000;
const NO_BYTES = new Uint8Array(0);

const ignore = (): void => undefined;

/** Nodes, jobs, inputs, and the scheduler over them. */
export class DecisionWorld {
  readonly state = new GcsState({
    command: ignore,
    taskEnded: ignore,
    event: ignore,
    superseded: ignore,
    sessionEnded: ignore,
  });
  readonly scheduler: GlobalScheduler;
  /** Leases so far. */
  leases = 0;
  /** What nodes have. */
  readonly running: TaskRecord[] = [];
  /** Slots of one CPU in all. */
  readonly cpus: number;
  readonly #random: Random;
  readonly #sessions: SessionManager;
  readonly #hosts: SessionRecord[] = [];
  readonly #inputs: number[] = [];
  readonly #jobs: JobRecord[];
  readonly #options: OptionsEntry[];
  readonly #functions: FunctionEntry[];
  #tasks = 0;

  constructor(nodes: number, random: Random) {
    this.#random = random;
    this.scheduler = new GlobalScheduler(
      this.state,
      (task, session) => this.#lease(task, session),
      random,
      () => false,
    );
    const times = { graceMs: 0, hostDeadMs: Infinity, tabDeadMs: Infinity, driverDeadMs: Infinity };
    this.#sessions = new SessionManager(this.state, times, {
      joined: (session) => this.scheduler.addNode(session),
      offerChanged: (session) => this.scheduler.offerChanged(session),
      changed: (session) => this.scheduler.nodeChanged(session),
      died: ignore,
      reported: ignore,
      graceEnds: ignore,
      graceEnded: ignore,
    });
    this.#functions = FUNCTION_MS.map((ms) => {
      const fn = this.state.dictionaries.functionOf('5'.repeat(64), `jobs/work.ts#take${ms}`, FUNCTION_KIND.task);
      recordRun(fn, ms * 1000);
      return fn;
    });
    this.#options = CPU_DEMANDS_MILLI.flatMap((cpuMilli) =>
      CUSTOM.map((name) => {
        const demand = { cpuMilli, custom: name === '' ? {} : { [name]: 1000 } };
        return this.state.dictionaries.optionsOf(optionsToJson({ ...DEFAULT_OPTIONS, demand }));
      }),
    );
    let cpus = 0;
    for (let n = 0; n < nodes; n++) {
      const lent = pick(CPUS, random);
      const custom = CUSTOM[n % CUSTOM.length] ?? '';
      cpus += lent;
      this.#hosts.push(this.#sessions.open(helloOf(n, lent, custom), true));
    }
    this.cpus = cpus;
    const driver = this.#sessions.open({ ...helloOf(nodes, 0, ''), role: 'driver' }, true);
    this.#jobs = Array.from({ length: JOBS }, (_, index) => newJob(index + 1, '', driver.id, 0));
    this.#placeInputs(driver);
  }

  /** Values that some nodes have and most have not. */
  #placeInputs(driver: SessionRecord): void {
    const objects = new ObjectTable(this.state, { inputReady: ignore, rebuild: ignore, forgetTask: ignore });
    for (let n = 1; n <= INPUTS; n++) {
      const object = objects.create(objectKey(driver.id, n), { maker: 0, k: 0, digest: NO_BYTES });
      objects.hold(object, driver.id);
      objects.setValue(object, pick(this.#hosts, this.#random), {
        sizeBytes: INPUT_BYTES,
        value: NO_BYTES,
        nested: [],
      });
      for (let copy = 1; copy < COPIES; copy++) objects.addCopy(object, pick(this.#hosts, this.#random), INPUT_BYTES);
      this.#inputs.push(object.key);
    }
    this.#tasks = INPUTS;
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.state.nowMs += ms;
    this.state.wallMs += ms;
  }

  /** A task that is ready to run. */
  newTask(): TaskRecord {
    const job = pick(this.#jobs, this.#random);
    this.#tasks += 1;
    const task = newTask({
      key: objectKey(job.session, this.#tasks),
      parent: 0,
      job,
      actor: 0,
      fn: pick(this.#functions, this.#random),
      options: pick(this.#options, this.#random),
      args: NO_BYTES,
      deps: this.#random.next() < SHARE_WITH_INPUT ? [pick(this.#inputs, this.#random)] : [],
      nested: [],
      k: 0,
      submittedMs: this.state.wallMs,
    });
    moveTask(task, 'queued');
    this.state.tasks.set(task.key, task);
    return task;
  }

  /** One of the tasks that nodes have is over. */
  endOne(): void {
    const place = Math.floor(this.#random.next() * this.running.length);
    const task = this.running[place];
    const last = this.running.pop();
    if (!task || !last) return;
    if (last !== task) this.running[place] = last;
    const session = this.state.sessions.get(task.assigned);
    if (!session) return;
    session.assigned.delete(task);
    this.scheduler.left(task, session);
    this.state.tasks.delete(task.key);
    this.#tellLoad(session);
  }

  #lease(task: TaskRecord, session: SessionRecord): void {
    moveTask(task, 'leased');
    task.assigned = session.id;
    session.assigned.add(task);
    this.scheduler.entered(task, session);
    this.running.push(task);
    this.leases += 1;
  }

  /** A node tells its load as its work changes. */
  #tellLoad(session: SessionRecord): void {
    const slots = session.resources.totalCpuMilli / 1000;
    const runningTasks = Math.min(session.assigned.size, slots);
    const queuedTasks = session.assigned.size - runningTasks;
    const freeCpuMilli = Math.max(0, slots - runningTasks) * 1000;
    const load = { ...session.load, runningTasks, queuedTasks, freeCpuMilli, queuedUs: queuedTasks * 20_000 };
    this.#sessions.setLoad(session, load);
  }
}

function pick<T>(from: readonly T[], random: Random): T {
  const item = from[Math.floor(random.next() * from.length)];
  if (item === undefined) throw new RangeError('there is nothing to choose from');
  return item;
}

function helloOf(number: number, cpus: number, custom: string) {
  return {
    type: 'hello' as const,
    version: 0,
    role: 'host' as const,
    nodeId: number.toString(16).padStart(32, '0'),
    nodeName: `host${number}`,
    token: '',
    session: 0,
    epoch: 0,
    serverEpoch: 0,
    receivedCommands: 0,
    cpuMilli: cpus * 1000,
    resources: custom === '' ? [] : [{ name: custom, milli: LARGE_MILLI }],
    jobName: '',
    platform: 'made up',
  };
}
