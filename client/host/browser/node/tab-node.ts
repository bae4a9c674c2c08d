/**
 * The node of a browser tab, in the raylet's worker: the common shell with sandbox workers, a socket, IndexedDB behind the
 * object store, and the wishes of the person whose machine it is. Page timers are slowed down in hidden tabs, timers of a
 * dedicated worker are not, so everything that keeps time is here.
 */
import { RayletShell } from '#client/host/raylet-shell.ts';
import { connectSocketIo } from '#client/transport/socket-io-transport.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { browserClock, browserRandom } from '../browser-clock.ts';
import { findGpu } from '../gpu.ts';
import { SandboxWorkers } from '../sandbox/sandbox-workers.ts';
import type { ProblemCode, TabGpu, TabPhase, TabProblem, TabSettings, TabStatus } from '../tab-status.ts';
import { browserFamily, browserText } from './browser-text.ts';
import { digestOf } from './digest-of.ts';
import { askJobWords } from './job-words.ts';
import { excessOf } from './node-excess.ts';
import type { TabNodeOptions, TabPage } from './tab-node-api.ts';
import { openTabStore, type TabStore } from './tab-store.ts';
import { TaskMeter } from './task-meter.ts';
import { WorkPermit } from './work-permit.ts';

const MILLI = 1_000;
/** How long what runs may go on after a pause, so that short tasks are not done twice. */
const PAUSE_GRACE_MS = 3_000;
/** How often the page is told. */
const STATUS_MS = 500;
/** A snooze is looked at so often at least: a timer may sleep with the machine. */
const MAX_PERMIT_LOOK_MS = 30_000;
/** How long a node that stops tries to get its last words out. */
const GOODBYE_LIMIT_MS = 700;
/** Buffers a task may hold here. */
const BUFFER_LIMIT_BYTES = 512 * 2 ** 20;
const GPU_RESOURCE = 'GPU';
/** A driver that does not answer for so long is no GPU to work with. */
const GPU_LIMIT_MS = 5_000;

/** One node's life in this tab, from start to stop. */
export class TabNode {
  readonly #options: TabNodeOptions;
  readonly #page: TabPage;
  readonly #clock: Clock = browserClock();
  readonly #startedMs: number;
  readonly #nodeName: string;
  readonly #workers: SandboxWorkers;
  readonly #store: TabStore;
  readonly #shell: RayletShell;
  readonly #meter: TaskMeter;
  readonly #permit = new WorkPermit();
  #settings: TabSettings;
  #gpu: TabGpu | undefined;
  #gpuFacts: object | undefined;
  #phase: TabPhase = 'connecting';
  #problem: TabProblem | undefined;
  #trouble = '';
  #retryAtMs = 0;
  #isStranger = false;
  #lastStatus = '';
  #cancelPermitLook = (): void => {};
  #cancelPauseEnd = (): void => {};
  #cancelStatus = (): void => {};

  /** Finds out what this browser has, then makes the node; `start` connects it. */
  static async create(options: TabNodeOptions, page: TabPage): Promise<TabNode> {
    const { settings } = options;
    const found = settings.shareGpu ? await soon(findGpu(settings.allowSoftwareGpu)) : undefined;
    return new TabNode(options, page, openTabStore(settings.diskLimitBytes), found?.gpu, found?.facts);
  }

  private constructor(
    options: TabNodeOptions,
    page: TabPage,
    store: TabStore,
    gpu: TabGpu | undefined,
    gpuFacts: object | undefined,
  ) {
    this.#options = options;
    this.#page = page;
    this.#store = store;
    this.#gpu = gpu;
    this.#gpuFacts = gpuFacts;
    this.#settings = options.settings;
    this.#startedMs = this.#clock.nowMs();
    this.#nodeName = `browser-${options.nodeId.slice(0, 6)}`;
    this.#permit.onlyWhileCharging = options.settings.onlyWhileCharging;
    this.#permit.isPaused = options.isPaused;
    this.#permit.isCharging = options.isCharging;
    this.#permit.snoozedUntilMs = options.snoozedUntilMs;
    this.#meter = new TaskMeter(this.#startedMs, (job, tell) => askJobWords(this.#shell.session, job, tell));
    this.#workers = new SandboxWorkers(
      {
        nodeName: this.#nodeName,
        sandboxUrl: options.sandboxUrl,
        bufferLimitBytes: BUFFER_LIMIT_BYTES,
        clock: this.#clock,
        page,
        excess: () => excessOf(this.#shell.raylet),
      },
      {
        onMessages: (id, messages, attachments) => {
          for (const message of messages) this.#meter.heard(id, message, this.#clock.nowMs());
          this.#shell.onMessages(id, messages, attachments);
        },
        onExit: (id, reason, message) => {
          this.#meter.ended(id);
          this.#shell.onWorkerExit(id, reason, message);
        },
        onCommand: (id, command) => this.#meter.sent(id, command, this.#clock.nowMs()),
        onUnusable: (message) => {
          this.#end({ code: 'sandbox', message });
          // What waits here goes to others; the page ends the rest.
          void this.#shell.stop(message);
        },
      },
    );
    this.#shell = this.#createShell();
  }

  /** Connects, and begins to tell the page. */
  start(): void {
    this.#shell.start();
    this.#workers.probe();
    this.#tellLoop();
  }

  setPaused(isPaused: boolean): void {
    this.#permit.isPaused = isPaused;
    this.#permitChanged();
  }

  snoozeUntil(wallMs: number): void {
    this.#permit.snoozedUntilMs = wallMs;
    this.#permitChanged();
  }

  setCharging(isCharging: boolean | undefined): void {
    this.#permit.isCharging = isCharging;
    this.#permitChanged();
  }

  change(settings: TabSettings): void {
    const before = this.#settings;
    this.#settings = settings;
    this.#permit.onlyWhileCharging = settings.onlyWhileCharging;
    this.#store.setDiskLimit(settings.diskLimitBytes);
    this.#permitChanged();
    if (settings.shareGpu !== before.shareGpu || settings.allowSoftwareGpu !== before.allowSoftwareGpu)
      void this.#lookForGpu();
  }

  /** What the owner allows of the GPU has changed. */
  async #lookForGpu(): Promise<void> {
    const { shareGpu, allowSoftwareGpu } = this.#settings;
    const found = shareGpu ? await soon(findGpu(allowSoftwareGpu)) : undefined;
    this.#gpu = found?.gpu;
    this.#gpuFacts = found?.facts;
    this.#permitChanged();
    this.#sendFacts();
  }

  /** Nothing computes any more when this returns its promise. With the good-bye the server gives what ran to others. */
  async stop(reason: string): Promise<void> {
    this.#cancelPermitLook();
    this.#cancelPauseEnd();
    this.#cancelStatus();
    this.#workers.close();
    await Promise.race([
      this.#shell.stop(reason),
      new Promise<void>((resolve) => void this.#clock.after(GOODBYE_LIMIT_MS, resolve)),
    ]);
    this.#store.close();
  }

  // --- the shell -----------------------------------------------------------------------------------------------------

  #createShell(): RayletShell {
    const { url, key, nodeId } = this.#options;
    const { cpuMilli, resources } = this.#capacity();
    return new RayletShell(
      {
        role: 'tab',
        nodeId,
        nodeName: this.#nodeName,
        token: key,
        cpuMilli,
        resources: [...resources].map(([name, milli]) => ({ name, milli })),
        labels: [{ key: 'browser', value: browserFamily() }],
        jobName: '',
        platform: browserText(),
      },
      {
        clock: this.#clock,
        random: browserRandom,
        wallClockMs: () => Date.now(),
        every: (intervalMs, callback) => {
          const timer = setInterval(callback, intervalMs);
          return () => clearInterval(timer);
        },
        connect: () => connectSocketIo(url),
        workers: this.#workers,
        memory: { allocate: (sizeBytes) => new ArrayBuffer(sizeBytes), release: () => undefined },
        digest: (bytes, done) => void digestOf(bytes).then(done),
        memoryUsedBytes: () => this.#meter.memoryBytes + this.#shell.raylet.store.room.memoryBytes,
        rayletPorts: this.#store.ports,
        rayletOptions: this.#store.options,
      },
      {
        onWelcome: ({ session }) => {
          this.#phase = 'joined';
          this.#trouble = '';
          this.#page.onSession({ session, epoch: this.#shell.session.epoch });
          this.#sendFacts();
        },
        onDisconnected: (message) => {
          this.#phase = 'reconnecting';
          this.#trouble = message;
        },
        onRetry: (message, delayMs) => {
          if (this.#phase !== 'failed') this.#phase = this.#phase === 'connecting' ? 'connecting' : 'reconnecting';
          this.#trouble = message;
          this.#retryAtMs = this.#clock.nowMs() + delayMs;
        },
        onSessionDead: () => this.#meter.clear(),
        onFatal: (error, code) => this.#fatal(error, code),
        onStranger: () => (this.#isStranger = true),
      },
    );
  }

  #fatal(error: Error, refusal: SessionFrameOf<'refused'>['code'] | undefined): void {
    const codes: Partial<Record<NonNullable<typeof refusal>, ProblemCode>> = {
      token: 'key',
      version: 'version',
      'session-dead': 'taken-over',
    };
    this.#end({ code: (refusal && codes[refusal]) ?? 'other', message: error.message });
  }

  /** The node cannot go on. */
  #end(problem: TabProblem): void {
    this.#phase = 'failed';
    this.#problem = problem;
    void this.#workers.stopAll();
    this.#tell();
  }

  // --- what is offered -------------------------------------------------------------------------------------------------

  #capacity(): { cpuMilli: number; resources: Map<string, number> } {
    if (this.#permit.reasons(Date.now()).length > 0) return { cpuMilli: 0, resources: new Map() };
    const offersGpu = this.#settings.shareGpu && this.#gpu?.isOffered === true;
    return {
      cpuMilli: this.#settings.cores * MILLI,
      resources: new Map(offersGpu ? [[GPU_RESOURCE, MILLI]] : []),
    };
  }

  #permitChanged(): void {
    const { cpuMilli, resources } = this.#capacity();
    this.#shell.setCapacity(cpuMilli, resources);
    this.#cancelPauseEnd();
    if (cpuMilli === 0) {
      this.#cancelPauseEnd = this.#clock.after(PAUSE_GRACE_MS, () =>
        this.#shell.raylet.endRunning('its owner paused this browser'),
      );
    }
    this.#cancelPermitLook();
    const nextMs = this.#permit.nextChangeMs(Date.now());
    if (nextMs < Infinity)
      this.#cancelPermitLook = this.#clock.after(Math.min(nextMs, MAX_PERMIT_LOOK_MS), () => this.#permitChanged());
    this.#tell();
  }

  #sendFacts(): void {
    const facts = { browser: browserText(), cores: this.#settings.cores, gpu: this.#gpuFacts };
    this.#shell.session.send({ type: 'facts', json: JSON.stringify(facts) });
  }

  // --- what the page is told -------------------------------------------------------------------------------------------

  #tellLoop(): void {
    this.#tell();
    this.#cancelStatus = this.#clock.after(STATUS_MS, () => this.#tellLoop());
  }

  #tell(): void {
    const status = this.#status();
    // Time passes always; the page counts it by itself.
    const shown = JSON.stringify({ ...status, upMs: 0 });
    if (shown === this.#lastStatus) return;
    this.#lastStatus = shown;
    this.#page.onStatus(status);
  }

  #status(): TabStatus {
    const nowMs = this.#clock.nowMs();
    const stats = this.#shell.stats();
    const reasons = this.#permit.reasons(Date.now());
    const isPaused = this.#phase === 'joined' && reasons.length > 0;
    const isAway = this.#phase === 'connecting' || this.#phase === 'reconnecting';
    this.#meter.look(nowMs, this.#settings.cores);
    return {
      phase: isPaused ? 'paused' : this.#phase,
      pauseReasons: reasons,
      snoozedUntilMs: reasons.includes('snooze') ? this.#permit.snoozedUntilMs : 0,
      retryInMs: isAway && this.#retryAtMs > nowMs ? Math.round(this.#retryAtMs - nowMs) : undefined,
      trouble: this.#trouble,
      problem: this.#problem,
      session: stats.session,
      nodeName: this.#nodeName,
      isTrusted: !this.#isStranger,
      cores: this.#settings.cores,
      gpu: this.#gpu,
      jobs: this.#meter.jobs(),
      runningTasks: stats.runningTasks,
      queuedTasks: stats.queuedTasks,
      doneTasks: this.#meter.doneTasks,
      failedTasks: this.#meter.failedTasks,
      busyCores: Math.round(this.#meter.busyCores * 100) / 100,
      jobMemoryBytes: this.#meter.memoryBytes,
      storeMemoryBytes: this.#shell.raylet.store.room.memoryBytes,
      storeDiskBytes: this.#store.diskBytes,
      sentBytes: stats.sentBytes,
      receivedBytes: stats.receivedBytes,
      upMs: Math.round(nowMs - this.#startedMs),
    };
  }
}

/** What a driver of a device says, or `undefined` if it says nothing for long. */
async function soon<T>(answer: Promise<T>): Promise<T | undefined> {
  const limit = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), GPU_LIMIT_MS));
  return Promise.race([answer, limit]);
}
