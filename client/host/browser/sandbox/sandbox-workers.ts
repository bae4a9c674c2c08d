/**
 * The workers of a browser tab: each in a sandbox frame, one frame per job, so that jobs share neither realm nor (where the
 * operator's host names allow it) process. What a worker says is not trusted: what cannot be read, or is too much, ends it.
 */
import { type CommandLink, pushCommand } from '#client/host/command-link.ts';
import type { ShellWorkers } from '#client/host/raylet-shell.ts';
import type { WorkerKind } from '#client/raylet/ports.ts';
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import { webPortTransport } from '#client/transport/web-port-transport.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Attachment, Transport } from '#shared/ports/transport.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import {
  type WorkerCommand,
  workerCommands,
  type WorkerRequest,
  workerRequests,
} from '#shared/protocol/worker-messages.ts';
import { FloodGate } from './flood-gate.ts';
import { likelyCulprit } from './frame-deaths.ts';
import { unsoundness } from './sound-messages.ts';
import type { FramePage } from './sandbox-messages.ts';
import { SandboxFrame } from './sandbox-frame.ts';
import { type JobDefinitions, WorkerQuota } from './worker-quota.ts';

/** How often frames are asked whether they live. */
const LOOK_MS = 2_000;
/** A look that is late by this: the tab was frozen, and silence proves nothing. */
const LATE_LOOK_MS = 2_000;
/** A frame without workers is kept for the next one of its job. */
const EMPTY_FRAME_MS = 5_000;
/** A worker that says nothing for so long after its start will not come. */
const START_LIMIT_MS = 10_000;
/** Frames in a row in which no worker came up, after which it is the browser and not the frame. */
const MAX_FAILED_FRAMES = 2;
/** Deaths of frames within so long are one death: that of their process. */
const DEATH_WINDOW_MS = 100;

/** What happens in a worker. */
export interface SandboxWorkerEvents {
  onMessages(workerId: number, messages: readonly WorkerRequest[], attachments: readonly Attachment[]): void;
  /** Called once per worker, however it ended; `reason` is one of `END_REASON`. */
  onExit(workerId: number, reason: number, message: string): void;
  /** A worker was sent a command: for those who count. */
  onCommand(workerId: number, command: WorkerCommand): void;
  /** Workers do not come up in this browser, frame after frame. Called once. */
  onUnusable(message: string): void;
}

/** What all workers of a tab have in common. */
export interface SandboxSettings {
  readonly nodeName: string;
  /** Address of the sandbox document; a `*` in its host name stands for any name. */
  readonly sandboxUrl: string;
  readonly bufferLimitBytes: number;
  readonly clock: Clock;
  readonly page: FramePage;
  /** Why the node can take nothing more that it would have to keep; `undefined` if it can. */
  readonly excess?: () => string | undefined;
}

const KEPT_KINDS: ReadonlySet<WorkerRequest['kind']> = new Set(['submit', 'put', 'hold', 'cancel', 'killActor']);
/** Jobs count from 1. */
const NO_JOB = 0;
const FLOODED = 'it flooded its node with messages';

interface SandboxWorker {
  readonly frame: SandboxFrame;
  readonly link: CommandLink;
  readonly transport: Transport;
  readonly gate: FloodGate;
  readonly quota: WorkerQuota;
  readonly startedMs: number;
  /** Runs it was sent and has not answered. */
  openRuns: number;
  hasSpoken: boolean;
  lastWordMs: number;
}

/** All workers of one tab's raylet. */
export class SandboxWorkers implements ShellWorkers {
  readonly #settings: SandboxSettings;
  readonly #events: SandboxWorkerEvents;
  readonly #frames = new Map<number, SandboxFrame>();
  readonly #workers = new Map<number, SandboxWorker>();
  /** By job; kept for the session, as what they count is. */
  readonly #definitions = new Map<number, JobDefinitions>();
  /** Frames that died a moment ago, to be judged together. */
  #deadFrames: { readonly frame: SandboxFrame; readonly message: string }[] = [];
  #failedFrames = 0;
  #nextFrame = 1;
  #lastLookMs: number;
  #cancelLook = (): void => {};

  constructor(settings: SandboxSettings, events: SandboxWorkerEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#lastLookMs = settings.clock.nowMs();
    this.#lookLater();
  }

  /** Makes a frame for nobody, to find out whether there can be any: a node that takes work and cannot do it is worse than none. */
  probe(): void {
    if (!this.#frames.has(NO_JOB)) this.#createFrame(NO_JOB).look(this.#settings.clock.nowMs(), false);
  }

  spawn(_kind: WorkerKind, id: number, job: number): void {
    const { nodeName, bufferLimitBytes, clock } = this.#settings;
    const frame = this.#frames.get(job) ?? this.#createFrame(job);
    const { port1, port2 } = new MessageChannel();
    const gate = new FloodGate();
    const transport = webPortTransport(port1, {
      handsOver: false,
      admit: () => gate.admitFrame(clock.nowMs()) || this.#misbehaved(id, FLOODED),
    });
    const worker: SandboxWorker = {
      frame,
      transport,
      link: new BatchLink(transport, workerCommands),
      gate,
      quota: new WorkerQuota(this.#definitionsOf(job)),
      startedMs: clock.nowMs(),
      openRuns: 0,
      hasSpoken: false,
      lastWordMs: clock.nowMs(),
    };
    this.#workers.set(id, worker);
    receiveBatches(
      transport,
      workerRequests,
      (messages, attachments) => this.#received(id, worker, messages, attachments),
      (error) => this.#misbehaved(id, `it sent what cannot be read (${String(error)})`),
    );
    transport.onClose((reason) => this.#exited(id, worker, END_REASON.workerCrashed, `the worker ended: ${reason}`));
    frame.spawn({ workerId: id, nodeName, bufferLimitBytes, randomSeed: Math.floor(Math.random() * 2 ** 32) }, port2);
  }

  stop(id: number): void {
    const worker = this.#workers.get(id);
    if (!worker) return;
    const { frame } = worker;
    // An endless loop is over sooner with its frame; an idle worker's frame serves the next one.
    if (worker.openRuns > 0 && frame.workers.size === 1) this.#removeFrame(frame);
    else frame.end(id);
    // As for a process: the end is told later, not while the raylet is still deciding it.
    this.#settings.clock.after(0, () => this.#exited(id, worker, END_REASON.workerCrashed, 'it was ended'));
  }

  send(id: number, command: WorkerCommand, memory?: Attachment): void {
    const worker = this.#workers.get(id);
    if (!worker) return;
    if (command.kind === 'run') worker.openRuns += 1;
    worker.quota.told(command);
    this.#events.onCommand(id, command);
    pushCommand(worker.link, command, memory);
  }

  flush(): void {
    for (const { link } of this.#workers.values()) link.flush();
  }

  /** Ends all workers at once, with their frames; nothing more is heard of them. */
  stopAll(): Promise<void> {
    this.#workers.clear();
    this.#definitions.clear();
    for (const frame of [...this.#frames.values()]) this.#removeFrame(frame);
    return Promise.resolve();
  }

  /** As {@link stopAll}, for good. */
  close(): void {
    this.#cancelLook();
    void this.stopAll();
  }

  #received(
    id: number,
    worker: SandboxWorker,
    messages: readonly WorkerRequest[],
    attachments: readonly Attachment[],
  ): void {
    // A number is used again by the next session; what an ended worker still says is not for that one.
    if (this.#workers.get(id) !== worker) return;
    const nowMs = this.#settings.clock.nowMs();
    const unsound = worker.gate.admitMessages(messages.length, nowMs)
      ? (unsoundnessOf(messages, attachments, worker.quota, (lines) => worker.gate.admitLines(lines, nowMs)) ??
        (brings(messages, attachments) ? this.#settings.excess?.() : undefined))
      : FLOODED;
    if (unsound !== undefined) {
      this.#misbehaved(id, unsound);
      return;
    }
    worker.hasSpoken = true;
    worker.lastWordMs = nowMs;
    this.#failedFrames = 0;
    for (const { kind } of messages) if (kind === 'result' || kind === 'recalled') worker.openRuns -= 1;
    try {
      this.#events.onMessages(id, messages, attachments);
    } catch (error) {
      // What cannot be obeyed is the worker's fault and must not become the node's.
      this.#misbehaved(id, `it said what its node cannot do (${String(error)})`);
    }
  }

  #definitionsOf(job: number): JobDefinitions {
    let definitions = this.#definitions.get(job);
    if (!definitions) {
      definitions = { count: 0, bytes: 0 };
      this.#definitions.set(job, definitions);
    }
    return definitions;
  }

  /** Ends a worker that does what no worker of ours does. Always false. */
  #misbehaved(id: number, what: string): false {
    const worker = this.#workers.get(id);
    if (!worker) return false;
    if (worker.frame.workers.size === 1) this.#removeFrame(worker.frame);
    else worker.frame.end(id);
    this.#exited(id, worker, END_REASON.workerCrashed, `the worker was ended: ${what}`);
    return false;
  }

  #exited(id: number, worker: SandboxWorker, reason: number, message: string): void {
    if (this.#workers.get(id) !== worker) return;
    this.#workers.delete(id);
    worker.transport.close();
    worker.frame.left(id, this.#settings.clock.nowMs());
    this.#events.onExit(id, reason, message);
  }

  // --- frames --------------------------------------------------------------------------------------------------------

  #createFrame(job: number): SandboxFrame {
    const { page, sandboxUrl, clock } = this.#settings;
    const slot = this.#freeSlot();
    const { port1, port2 } = new MessageChannel();
    const frame = new SandboxFrame(
      { id: this.#nextFrame, job, slot },
      port1,
      {
        died: (dead, message) => this.#frameDied(dead, message),
        workerFailed: (workerId, message) => {
          const worker = this.#workers.get(workerId);
          if (worker)
            this.#exited(workerId, worker, END_REASON.workerCrashed, `the sandbox worker does not start: ${message}`);
        },
      },
      clock.nowMs(),
    );
    this.#nextFrame += 1;
    this.#frames.set(job, frame);
    page.createFrame(frame.id, sandboxUrl.replace('*', `s${slot}`), port2);
    return frame;
  }

  /** Host names are used again, so that their number stays small. */
  #freeSlot(): number {
    const used = new Set([...this.#frames.values()].map(({ slot }) => slot));
    let slot = 1;
    while (used.has(slot)) slot += 1;
    return slot;
  }

  #removeFrame(frame: SandboxFrame): void {
    if (this.#frames.get(frame.job) === frame) this.#frames.delete(frame.job);
    frame.close();
    this.#settings.page.removeFrame(frame.id);
  }

  /** Its process may have had other frames, whose deaths are heard in a moment. */
  #frameDied(frame: SandboxFrame, message: string): void {
    this.#removeFrame(frame);
    this.#deadFrames.push({ frame, message });
    if (this.#deadFrames.length === 1) this.#settings.clock.after(DEATH_WINDOW_MS, () => this.#judgeDeaths());
  }

  #judgeDeaths(): void {
    const deaths = this.#deadFrames;
    this.#deadFrames = [];
    const dead = deaths.flatMap(({ frame, message }) =>
      [...frame.workers].flatMap((id) => {
        const worker = this.#workers.get(id);
        return worker ? [{ id, worker, message }] : [];
      }),
    );
    const culprit = likelyCulprit(
      dead.map(({ id, worker: { openRuns, lastWordMs } }) => ({ id, openRuns, lastWordMs })),
    );
    for (const { id, worker, message } of dead)
      this.#exited(id, worker, id === culprit ? END_REASON.outOfMemory : END_REASON.bystander, message);
    for (const { frame, message } of deaths) if (!frame.hasAnswered) this.#frameFailed(message);
  }

  /** A frame in which nothing came up. */
  #frameFailed(message: string): void {
    this.#failedFrames += 1;
    const { sandboxUrl } = this.#settings;
    if (this.#failedFrames < MAX_FAILED_FRAMES) this.probe();
    else if (this.#failedFrames === MAX_FAILED_FRAMES)
      this.#events.onUnusable(`${message}; its address is ${sandboxUrl}`);
  }

  #lookLater(): void {
    this.#cancelLook = this.#settings.clock.after(LOOK_MS, () => {
      this.#look();
      this.#lookLater();
    });
  }

  #look(): void {
    const nowMs = this.#settings.clock.nowMs();
    const slept = nowMs - this.#lastLookMs > LOOK_MS + LATE_LOOK_MS;
    this.#lastLookMs = nowMs;
    for (const frame of [...this.#frames.values()]) {
      if (frame.hasAnswered && nowMs - frame.emptySinceMs > EMPTY_FRAME_MS) this.#removeFrame(frame);
      else frame.look(nowMs, slept);
    }
    for (const [id, worker] of [...this.#workers]) {
      if (worker.hasSpoken || slept || nowMs - worker.startedMs < START_LIMIT_MS) continue;
      const isNew = [...worker.frame.workers].every((other) => this.#workers.get(other)?.hasSpoken !== true);
      if (isNew) this.#removeFrame(worker.frame);
      this.#exited(id, worker, END_REASON.bystander, 'the sandbox worker did not start');
      if (isNew) this.#frameFailed('no worker answers');
    }
  }
}

/** Whether the node has to keep something of these. */
function brings(messages: readonly WorkerRequest[], attachments: readonly Attachment[]): boolean {
  return attachments.length > 0 || messages.some(({ kind }) => KEPT_KINDS.has(kind));
}

/** Why these cannot be the words of our runtime; `undefined` if they can. */
function unsoundnessOf(
  messages: readonly WorkerRequest[],
  attachments: readonly Attachment[],
  quota: WorkerQuota,
  admitLines: (lines: number) => boolean,
): string | undefined {
  // A link posts nothing when there is nothing to say.
  if (messages.length === 0) return 'it sent an empty frame';
  let lines = 0;
  const taken = new Set<number>();
  for (const message of messages) {
    if (message.kind === 'log' || message.kind === 'progress') lines += 1;
    const unsound = unsoundness(message, attachments) ?? quota.admit(message);
    if (unsound !== undefined) return unsound;
    if (!('attachment' in message) || message.attachment === 0) continue;
    // Counted twice, one buffer would fill the store.
    if (taken.has(message.attachment)) return 'it gave one buffer for two values';
    taken.add(message.attachment);
  }
  return lines > 0 && !admitLines(lines) ? FLOODED : undefined;
}
