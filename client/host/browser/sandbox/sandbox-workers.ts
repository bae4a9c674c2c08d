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
import { unsoundness } from './sound-messages.ts';
import type { FramePage } from './sandbox-messages.ts';
import { SandboxFrame } from './sandbox-frame.ts';

/** How often frames are asked whether they live. */
const LOOK_MS = 2_000;
/** A look that is late by this: the tab was frozen, and silence proves nothing. */
const LATE_LOOK_MS = 2_000;
/** A frame without workers is kept for the next one of its job. */
const EMPTY_FRAME_MS = 5_000;
/** A worker that says nothing for so long after its start will not come. */
const START_LIMIT_MS = 20_000;

/** What happens in a worker. */
export interface SandboxWorkerEvents {
  onMessages(workerId: number, messages: readonly WorkerRequest[], attachments: readonly Attachment[]): void;
  /** Called once per worker, however it ended; `reason` is one of `END_REASON`. */
  onExit(workerId: number, reason: number, message: string): void;
  /** A worker was sent a command or gave a result: for those who count. */
  onCommand(workerId: number, command: WorkerCommand): void;
  /** Workers do not come up although their frames do. `undefined`: one has come up. */
  onTrouble(message: string | undefined): void;
}

/** What all workers of a tab have in common. */
export interface SandboxSettings {
  readonly nodeName: string;
  /** Address of the sandbox document; a `*` in its host name stands for any name. */
  readonly sandboxUrl: string;
  readonly bufferLimitBytes: number;
  readonly clock: Clock;
  readonly page: FramePage;
}

const FLOODED = 'it flooded its node with messages';

interface SandboxWorker {
  readonly frame: SandboxFrame;
  readonly link: CommandLink;
  readonly transport: Transport;
  readonly gate: FloodGate;
  readonly startedMs: number;
  /** Runs it was sent and has not answered. */
  openRuns: number;
  hasSpoken: boolean;
}

/** All workers of one tab's raylet. */
export class SandboxWorkers implements ShellWorkers {
  readonly #settings: SandboxSettings;
  readonly #events: SandboxWorkerEvents;
  readonly #frames = new Map<number, SandboxFrame>();
  readonly #workers = new Map<number, SandboxWorker>();
  #nextFrame = 1;
  #lastLookMs: number;
  #cancelLook = (): void => {};

  constructor(settings: SandboxSettings, events: SandboxWorkerEvents) {
    this.#settings = settings;
    this.#events = events;
    this.#lastLookMs = settings.clock.nowMs();
    this.#lookLater();
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
      startedMs: clock.nowMs(),
      openRuns: 0,
      hasSpoken: false,
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
    this.#events.onCommand(id, command);
    pushCommand(worker.link, command, memory);
  }

  flush(): void {
    for (const { link } of this.#workers.values()) link.flush();
  }

  /** Ends all workers at once, with their frames; nothing more is heard of them. */
  stopAll(): Promise<void> {
    this.#workers.clear();
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
    const unsound = unsoundnessOf(messages, attachments, worker.gate);
    if (unsound !== undefined) {
      this.#misbehaved(id, unsound);
      return;
    }
    if (!worker.hasSpoken) {
      worker.hasSpoken = true;
      this.#events.onTrouble(undefined);
    }
    for (const { kind } of messages) if (kind === 'result' || kind === 'recalled') worker.openRuns -= 1;
    this.#events.onMessages(id, messages, attachments);
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

  #frameDied(frame: SandboxFrame, message: string): void {
    this.#removeFrame(frame);
    for (const id of [...frame.workers]) {
      const worker = this.#workers.get(id);
      if (worker) this.#exited(id, worker, END_REASON.outOfMemory, message);
    }
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
      if (nowMs - frame.emptySinceMs > EMPTY_FRAME_MS) this.#removeFrame(frame);
      else frame.look(nowMs, slept);
    }
    for (const [id, worker] of [...this.#workers]) {
      if (worker.hasSpoken || slept || nowMs - worker.startedMs < START_LIMIT_MS) continue;
      this.#events.onTrouble('the sandbox in which jobs run does not start in this browser');
      this.#removeFrame(worker.frame);
      this.#exited(id, worker, END_REASON.bystander, 'the sandbox worker did not start');
    }
  }
}

/** Why these cannot be the words of our runtime; `undefined` if they can. */
function unsoundnessOf(
  messages: readonly WorkerRequest[],
  attachments: readonly Attachment[],
  gate: FloodGate,
): string | undefined {
  // A link posts nothing when there is nothing to say.
  if (messages.length === 0) return 'it sent an empty frame';
  let lines = 0;
  for (const message of messages) {
    if (message.kind === 'log') lines += 1;
    const unsound = unsoundness(message, attachments);
    if (unsound !== undefined) return unsound;
  }
  return lines > 0 && !gate.admitLines(lines) ? FLOODED : undefined;
}
