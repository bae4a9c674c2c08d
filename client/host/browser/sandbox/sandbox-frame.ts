/**
 * One sandbox frame as the raylet's worker sees it: a control port to its document, the workers in it, and whether it still
 * lives. No event tells when a frame's process dies (a job took all memory), so it is pinged; where the browser closes the
 * ports of a dead process, that is quicker.
 */
import type { FromFrame, SandboxWorkerSettings, ToFrame } from './sandbox-messages.ts';

/** A frame that does not answer for so long is dead. Its document only ever starts and ends workers. */
const SILENCE_LIMIT_MS = 10_000;

/** What happens to a frame. */
export interface FrameEvents {
  /** Its document or its process is gone. Called once. */
  died(frame: SandboxFrame, message: string): void;
  /** A worker's own script does not run. */
  workerFailed(workerId: number, message: string): void;
}

/** A frame. */
export class SandboxFrame {
  readonly id: number;
  readonly job: number;
  /** Its host name's number: frames of different names do not share a process. */
  readonly slot: number;
  readonly workers = new Set<number>();
  readonly #control: MessagePort;
  readonly #events: FrameEvents;
  #pingNumber = 0;
  #askedMs = 0;
  #lastAnswerMs: number;
  #isDead = false;
  /** Its document was there once. */
  hasAnswered = false;
  /** Since when no worker lives in it; Infinity while one does. */
  emptySinceMs: number;

  constructor(
    identity: { readonly id: number; readonly job: number; readonly slot: number },
    control: MessagePort,
    events: FrameEvents,
    nowMs: number,
  ) {
    this.id = identity.id;
    this.job = identity.job;
    this.slot = identity.slot;
    this.#control = control;
    this.#events = events;
    this.#lastAnswerMs = nowMs;
    this.emptySinceMs = nowMs;
    control.addEventListener('message', ({ data }: MessageEvent<FromFrame>) => this.#heard(data));
    control.addEventListener('close', () => this.#die('its process ended'));
    control.start();
  }

  /** Starts a worker with one end of a channel to the raylet. */
  spawn(settings: SandboxWorkerSettings, port: MessagePort): void {
    this.workers.add(settings.workerId);
    this.emptySinceMs = Infinity;
    this.#tell({ type: 'spawn', settings }, [port]);
  }

  /** Ends a worker. One that computes without a break goes on for about two seconds in Chromium. */
  end(workerId: number): void {
    this.#tell({ type: 'end', workerId }, []);
  }

  /** A worker is gone. */
  left(workerId: number, nowMs: number): void {
    this.workers.delete(workerId);
    if (this.workers.size === 0) this.emptySinceMs = nowMs;
  }

  /** Looks whether the frame lives; called now and then. `slept`: the caller itself was not called for a while. */
  look(nowMs: number, slept: boolean): void {
    if (slept) this.#lastAnswerMs = nowMs;
    if (nowMs - this.#lastAnswerMs > SILENCE_LIMIT_MS) {
      this.#die('it does not answer');
      return;
    }
    this.#pingNumber += 1;
    this.#tell({ type: 'ping', number: this.#pingNumber }, []);
    this.#askedMs = nowMs;
  }

  /** The frame is no longer wanted: nothing more is heard of it. */
  close(): void {
    this.#isDead = true;
    this.#control.close();
  }

  #heard(message: FromFrame): void {
    // An answer proves life at the time of the question.
    if (message.type === 'pong') {
      this.#lastAnswerMs = Math.max(this.#lastAnswerMs, this.#askedMs);
      this.hasAnswered = true;
    } else this.#events.workerFailed(message.workerId, message.message);
  }

  #die(message: string): void {
    if (this.#isDead) return;
    this.close();
    const what = this.hasAnswered
      ? `the process of the sandbox ended or hangs, most likely for lack of memory (${message})`
      : `the sandbox cannot be loaded (${message})`;
    this.#events.died(this, what);
  }

  #tell(message: ToFrame, transfer: Transferable[]): void {
    if (!this.#isDead) this.#control.postMessage(message, transfer);
  }
}
