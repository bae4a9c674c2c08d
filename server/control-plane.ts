/**
 * The GCS with its surroundings: time, storage, history, counters. Everything that changes the GCS goes through
 * {@link ControlPlane.step}, which sets the time before and starts a group commit after.
 */
import type { Random } from '#shared/ports/random.ts';
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import type { Storage, StorageError } from '#shared/ports/storage.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import { plainWords } from '#shared/text/plain-words.ts';
import { CommitLoop } from './gcs/commit-loop.ts';
import type { SessionRecord } from './gcs/entities.ts';
import { Gcs } from './gcs/gcs.ts';
import { loadState } from './gcs/load-state.ts';
import type { GcsEvent, GcsPorts, TaskOutcome } from './gcs/state.ts';
import { LocalDrivers } from './jobs/local-driver.ts';
import { JobLogs } from './job-logs.ts';
import { type ServerClock, systemServerClock } from './server-clock.ts';
import { Sweeper } from './sweeper.ts';

/** How often time passes for sessions and back-offs. */
export const TICK_MS = 250;
const MAX_EVENT_CHARS = 1_000;
/** Events kept in memory for people who look now. */
const RECENT_EVENTS = 500;
/** Rates are averages over about this long. */
const RATE_WINDOW_MS = 2_000;
/** Tasks whose job is remembered for a late log line. */
const RECENT_TASKS = 8192;

/** Times of membership, all in milliseconds; see `GcsOptions` and rule M1. */
export interface ServerTimes {
  readonly graceMs: number;
  readonly hostDeadMs: number;
  /** A tab is frozen or reloaded and comes back more often than a host. */
  readonly tabDeadMs: number;
  readonly driverDeadMs: number;
  /** Silent this long with work, a node counts as disconnected … */
  readonly silentMs: number;
  /** … and this long without. */
  readonly idleSilentMs: number;
  /** A node proves life at least this often. */
  readonly heartbeatMs: number;
}

export const DEFAULT_SERVER_TIMES: ServerTimes = {
  graceMs: 45_000,
  hostDeadMs: 10_000,
  tabDeadMs: 60_000,
  driverDeadMs: 30_000,
  silentMs: 10_000,
  idleSilentMs: 60_000,
  heartbeatMs: 3_000,
};

/** What the server says about itself, one line each. */
export interface ServerLogger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Where commands and acknowledgements leave: the gateway. */
export interface Outbox {
  command(session: SessionRecord, command: ServerCommand): void;
  superseded(session: SessionRecord): void;
  sessionEnded(session: SessionRecord, reason: string): void;
  acknowledge(session: SessionRecord, received: number): void;
}

/** An event with its time. */
export interface TimedEvent extends GcsEvent {
  readonly wallMs: number;
  /** Grows with time. */
  readonly number: number;
}

/** A file that a job shows. */
export interface PublishedFile {
  readonly name: string;
  readonly mediaType: string;
  readonly data: Uint8Array;
}

/** What the control plane is made of. */
export interface ControlPlaneOptions {
  readonly storage: Storage;
  readonly random: Random;
  readonly times: ServerTimes;
  readonly logger: ServerLogger;
  /** Default: this machine's. */
  readonly clock?: ServerClock;
}

/** The control plane of one server. */
export class ControlPlane implements GcsPorts {
  readonly gcs: Gcs;
  readonly commits: CommitLoop;
  readonly logs = new JobLogs((job) => this.gcs.state.jobs.get(job)?.status !== 'running');
  /** Sessions of this server's own. */
  readonly localDrivers: LocalDrivers;
  readonly sweeper: Sweeper;
  readonly times: ServerTimes;
  readonly serverEpoch: number;
  readonly clock: ServerClock;
  readonly startedWallMs: number;
  readonly events: TimedEvent[] = [];
  readonly counters = { recordsApplied: 0, tasksEnded: 0, tasksFailed: 0, commits: 0, mutations: 0 };
  readonly storage: Storage;
  /** Keeps a file that a job shows; rejects if it does not take it. */
  publish: (job: number, file: PublishedFile) => Promise<void> = () =>
    Promise.reject(new Error('this server keeps no files of jobs'));
  /** Told the duration of each commit. */
  onCommit: ((durationMs: number) => void) | undefined;
  /** Told whenever time has passed. */
  onTick: (() => void) | undefined;
  /** Tasks that ended per second, lately. */
  tasksPerSecond = 0;
  #rateFrom: { atMs: number; ended: number };
  readonly #logger: ServerLogger;
  readonly #recentTasks = new Map<number, number>();
  #outbox: Outbox | undefined;
  #nextEvent: number;
  #fatal: ((error: StorageError) => void) | undefined;

  private constructor(options: ControlPlaneOptions, serverEpoch: number) {
    const clock = options.clock ?? systemServerClock;
    this.clock = clock;
    this.localDrivers = new LocalDrivers(clock);
    this.startedWallMs = clock.wallMs();
    this.#rateFrom = { atMs: clock.nowMs(), ended: 0 };
    this.storage = options.storage;
    this.times = options.times;
    this.serverEpoch = serverEpoch;
    this.#logger = options.logger;
    // Above the keys of every earlier life: history is read by key.
    this.#nextEvent = serverEpoch * 2 ** 32;
    this.gcs = new Gcs(this, { random: options.random, serverEpoch, ...options.times });
    this.commits = new CommitLoop({
      state: this.gcs.state,
      storage: options.storage,
      builder: new MutationBatchBuilder('server', serverEpoch),
      defer: (callback) => clock.defer(callback),
      after: (delayMs, callback) => void clock.after(delayMs, callback),
      nowMs: () => clock.nowMs(),
      acknowledged: (session, received) => this.#outbox?.acknowledge(session, received),
      trouble: (error) => this.#storageTrouble(error),
      fatal: (error) => {
        this.#logger.error(error.message);
        this.#fatal?.(error);
      },
      committed: (durationMs, mutations) => {
        this.counters.commits += 1;
        this.counters.mutations += mutations;
        this.onCommit?.(durationMs);
      },
    });
    this.sweeper = new Sweeper({
      gcs: this.gcs,
      storage: options.storage,
      clock,
      whenDurable: (callback) => this.commits.whenDurable(callback),
      step: (work) => this.step(work),
      warn: (message) => this.#logger.warn(message),
    });
  }

  /** Opens the storage and loads what an earlier life left. @throws StorageError */
  static async start(options: ControlPlaneOptions): Promise<ControlPlane> {
    const info = await options.storage.open();
    const plane = new ControlPlane(options, info.epoch + 1);
    plane.#setTime();
    await loadState(options.storage, plane.gcs, () => new Promise((resolve) => plane.clock.defer(resolve)));
    // A server that wrote nothing must still not be taken for the next one with the same epoch.
    await new Promise<void>((resolve, reject) => {
      plane.#fatal = reject;
      plane.commits.whenDurable(resolve);
    });
    plane.#fatal = undefined;
    return plane;
  }

  /** Connects the gateway; `fatal` is told when this server may not write any more. */
  connect(outbox: Outbox, fatal: (error: StorageError) => void): void {
    this.#outbox = outbox;
    this.#fatal = fatal;
    // A command stream starts anew with the server, and this comes first in that of a stranger's node.
    for (const session of this.gcs.state.sessions.values())
      if (!session.trusted && session.state !== 'dead') outbox.command(session, { kind: 'stranger' });
  }

  /** How full its queues are (rule B1). */
  *levels(): Iterable<QueueLevel> {
    yield* this.gcs.levels();
    yield* this.commits.levels();
    yield* this.logs.keeper?.levels() ?? [];
    yield { queue: 'recent events', level: this.events.length, bound: RECENT_EVENTS };
  }

  /** One step of the GCS. Exceptions pass through. */
  step<T>(work: (gcs: Gcs) => T): T {
    this.#setTime();
    try {
      return work(this.gcs);
    } finally {
      this.commits.kick();
    }
  }

  /** Lets time pass; called every {@link TICK_MS}. */
  tick(): void {
    this.step((gcs) => gcs.tick());
    this.sweeper.tick();
    this.onTick?.();
    const nowMs = this.clock.nowMs();
    const elapsedMs = nowMs - this.#rateFrom.atMs;
    if (elapsedMs < RATE_WINDOW_MS) return;
    this.tasksPerSecond = ((this.counters.tasksEnded - this.#rateFrom.ended) * 1000) / elapsedMs;
    this.#rateFrom = { atMs: nowMs, ended: this.counters.tasksEnded };
  }

  /** The job of a task that runs or ended lately; 0 if it is not known. */
  jobOfTask(key: number): number {
    return this.gcs.state.task(key)?.job.id ?? this.#recentTasks.get(key) ?? 0;
  }

  command(session: SessionRecord, command: ServerCommand): void {
    if (!this.localDrivers.command(session.id, command)) this.#outbox?.command(session, command);
  }

  taskEnded({ task, outcome, session, durationUs, message }: TaskOutcome): void {
    const { wallMs } = this.gcs.state;
    this.counters.tasksEnded += 1;
    if (outcome !== 'succeeded') this.counters.tasksFailed += 1;
    if (this.#recentTasks.size >= RECENT_TASKS) this.#recentTasks.clear();
    this.#recentTasks.set(task.key, task.job.id);
    this.commits.appendTask({
      key: task.key,
      job: task.job.id,
      fn: task.fn.name,
      state: outcome,
      node: session === 0 ? null : session,
      attempts: task.attempt,
      submittedAtMs: task.submittedMs,
      startedAtMs: task.startedMs === 0 ? null : task.startedMs,
      endedAtMs: wallMs,
      queuedMs: task.startedMs === 0 ? null : task.startedMs - task.submittedMs,
      runMs: session === 0 ? null : Math.round(durationUs / 1000),
      error: message === '' ? null : message,
      taskId: NO_BYTES,
    });
  }

  event(event: GcsEvent): void {
    const { wallMs } = this.gcs.state;
    // Reasons and complaints are told in a node's own words.
    const message = plainWords(event.message).slice(0, MAX_EVENT_CHARS);
    this.#nextEvent += 1;
    this.events.push({ ...event, message, wallMs, number: this.#nextEvent });
    if (this.events.length > RECENT_EVENTS) this.events.splice(0, RECENT_EVENTS / 2);
    if (event.severity !== 'info') this.#logger.warn(message);
    this.commits.appendEvent({
      key: this.#nextEvent,
      atMs: wallMs,
      kind: event.kind,
      job: event.job === 0 ? null : event.job,
      node: event.session === 0 ? null : event.session,
      message,
      detail: event.severity,
    });
  }

  superseded(session: SessionRecord): void {
    this.#outbox?.superseded(session);
  }

  sessionEnded(session: SessionRecord, reason: string): void {
    this.#outbox?.sessionEnded(session, reason);
  }

  #storageTrouble(error: StorageError | undefined): void {
    const event = error
      ? ({
          severity: 'error',
          kind: 'storage-trouble',
          message: `nothing can be written down: ${error.message}`,
        } as const)
      : ({ severity: 'info', kind: 'storage-works', message: 'storage works again' } as const);
    this.#setTime();
    this.event({ ...event, job: 0, session: 0 });
  }

  #setTime(): void {
    this.gcs.setTime(this.clock.nowMs(), this.clock.wallMs());
  }
}

const NO_BYTES = new Uint8Array(0);
