// The other threads of a node, as light as they can be: workers that take their time and return nothing, and a driver that
// submits. They speak the real worker protocol over the real links; what they compute themselves is nobody's cost.
import { pushCommand } from '#client/host/command-link.ts';
import type { ShellWorkers } from '#client/host/raylet-shell.ts';
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import type { Machine } from '../../e2e/simulation/machine.ts';
import { FUNCTION_KIND, OUTCOME } from '#shared/protocol/node-records.ts';
import type { Attachment, Transport } from '#shared/ports/transport.ts';
import {
  type WorkerCommand,
  workerCommands,
  type WorkerRequest,
  workerRequests,
} from '#shared/protocol/worker-messages.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import type { RecordBatch } from '#shared/wire/columnar.ts';

type VariantsOf<B> = B extends RecordBatch<infer V> ? V : never;
type Receive = (messages: readonly WorkerRequest[]) => void;

const WAKE_MS = 0.05;
const END_MS = 5;
/** What a worker says of a task that does nothing. */
const EMPTY_US = 10;
const NO_BYTES = new Uint8Array(0);
/** What `undefined` is as a value. */
const NOTHING = Uint8Array.of(0);
const MODULE = '5'.repeat(64);

/** The raylet's end of a link to another thread, and that thread's. */
function threadEnds(raylet: Machine): { raylet: Transport; thread: Transport } {
  type Hear = (frame: Uint8Array, attachments: readonly never[]) => void;
  const hear: { raylet: Hear; thread: Hear } = { raylet: () => undefined, thread: () => undefined };
  const end = (send: (frame: Uint8Array) => void, onFrame: (receive: Hear) => void): Transport => ({
    send,
    onFrame,
    onClose: () => undefined,
    close: () => undefined,
  });
  return {
    raylet: end(
      (frame) => void raylet.world.plan(WAKE_MS, () => hear.thread(frame, [])),
      (receive) => (hear.raylet = receive),
    ),
    thread: end(
      (frame) => void raylet.arrive(WAKE_MS, () => hear.raylet(frame, [])),
      (receive) => (hear.thread = receive),
    ),
  };
}

/** Arguments that say how long a task takes. */
function argsOf(runMs: number): Uint8Array {
  if (runMs === 0) return NO_BYTES;
  const args = new Uint8Array(8);
  new DataView(args.buffer).setFloat64(0, runMs);
  return args;
}

function runMsOf(args: Uint8Array): number {
  return args.length === 0 ? 0 : new DataView(args.buffer, args.byteOffset).getFloat64(0);
}

/** Runs one task after the other. */
class LightWorker {
  readonly link: BatchLink<VariantsOf<typeof workerCommands>>;
  readonly #machine: Machine;
  readonly #out: BatchLink<VariantsOf<typeof workerRequests>>;
  readonly #queue: { readonly task: number; readonly runMs: number }[] = [];
  readonly #owner: LightWorkers;
  #isBusy = false;

  constructor(machine: Machine, owner: LightWorkers, receive: Receive) {
    this.#machine = machine;
    this.#owner = owner;
    const ends = threadEnds(machine);
    this.link = new BatchLink(ends.raylet, workerCommands);
    this.#out = new BatchLink(ends.thread, workerRequests);
    receiveBatches(ends.raylet, workerRequests, receive);
    receiveBatches(ends.thread, workerCommands, (commands) => this.#hear(commands));
    this.#out.push({ kind: 'ready', threadId: 1 });
    this.#out.flush();
  }

  #hear(commands: readonly WorkerCommand[]): void {
    for (const command of commands) {
      if (command.kind === 'run') this.#queue.push({ task: command.task, runMs: runMsOf(command.args) });
      else if (command.kind === 'recall' || command.kind === 'cancelTask') this.#recall(command.task);
    }
    if (!this.#isBusy) this.#next();
    this.#out.flush();
  }

  #recall(task: number): void {
    const place = this.#queue.findIndex((run) => run.task === task);
    if (place < 0) return;
    this.#queue.splice(place, 1);
    this.#out.push({ kind: 'recalled', task });
  }

  #next(): void {
    for (let run = this.#queue.shift(); run; run = this.#queue.shift()) {
      const { task } = run;
      const runMs = run.runMs * this.#owner.slowness;
      if (runMs === 0) {
        this.#result(task, 0);
        continue;
      }
      this.#isBusy = true;
      this.#machine.world.plan(runMs, () => {
        this.#isBusy = false;
        this.#owner.busyMs += runMs;
        this.#result(task, runMs);
        this.#next();
        this.#out.flush();
      });
      return;
    }
  }

  #result(task: number, runMs: number): void {
    this.#owner.ended += 1;
    const durationUs = runMs === 0 ? EMPTY_US : Math.round(runMs * 1000);
    const value = { outcome: OUTCOME.value, sizeBytes: NOTHING.length, value: NOTHING, nested: [], attachment: 0 };
    this.#out.push({ kind: 'result', task, durationUs, ...value });
  }
}

/** Told what happens in workers. */
export interface WorkerEvents {
  onMessages(id: number, messages: readonly WorkerRequest[]): void;
  onExit(id: number): void;
}

/** All workers of a node. */
export class LightWorkers implements ShellWorkers {
  readonly #machine: Machine;
  readonly #workers = new Map<number, LightWorker>();
  readonly #events: WorkerEvents;
  /** Tasks take so many times as long here. */
  readonly slowness: number;
  /** Time that tasks ran, and how many. */
  busyMs = 0;
  ended = 0;

  constructor(machine: Machine, slowness: number, events: WorkerEvents) {
    this.#machine = machine;
    this.slowness = slowness;
    this.#events = events;
  }

  spawn(_kind: 'task' | 'actor', id: number): void {
    this.#workers.set(id, new LightWorker(this.#machine, this, (messages) => this.#events.onMessages(id, messages)));
  }

  stop(id: number): void {
    this.#workers.delete(id);
    this.#machine.arrive(END_MS, () => this.#events.onExit(id));
  }

  send(id: number, command: WorkerCommand, memory?: Attachment): void {
    const link = this.#workers.get(id)?.link;
    if (link) pushCommand(link, command, memory);
  }

  flush(): void {
    for (const { link } of this.#workers.values()) link.flush();
  }

  stopAll(): Promise<void> {
    this.#workers.clear();
    return Promise.resolve();
  }
}

/** What a driver runs. */
export interface LightJob {
  readonly tasks: number;
  /** How many may be under way. */
  readonly window: number;
  /** How long the next task takes. */
  readonly runMs: () => number;
}

/** Submits tasks, a window of them under way, and lets go of each result. */
export class LightDriver {
  readonly #machine: Machine;
  readonly #job: LightJob;
  readonly #out: BatchLink<VariantsOf<typeof workerRequests>>;
  readonly #in: BatchLink<VariantsOf<typeof workerCommands>>;
  readonly #keys: { from: number; to: number }[] = [];
  readonly #since = new Map<number, number>();
  #hasBegun = false;
  #submitted = 0;
  /** Milliseconds from submission to result, of every task. */
  readonly latenciesMs: number[] = [];
  /** When the first was submitted and when the last result came; the world's time. */
  startedMs = 0;
  endedMs = 0;

  constructor(machine: Machine, job: LightJob) {
    this.#machine = machine;
    this.#job = job;
    const ends = threadEnds(machine);
    this.#in = new BatchLink(ends.raylet, workerCommands);
    this.#out = new BatchLink(ends.thread, workerRequests);
    this.receive = (heard) => receiveBatches(ends.raylet, workerRequests, heard);
    receiveBatches(ends.thread, workerCommands, (commands) => this.#hear(commands));
  }

  /** Sets who hears what it says. */
  readonly receive: (heard: Receive) => void;

  /** The raylet's end. */
  readonly link = {
    send: (command: WorkerCommand, memory?: Attachment): void => pushCommand(this.#in, command, memory),
    flush: (): void => this.#in.flush(),
  };

  get done(): number {
    return this.latenciesMs.length;
  }

  get isDone(): boolean {
    return this.done === this.#job.tasks;
  }

  /** Its program begins. */
  begin(): void {
    this.#hasBegun = true;
    this.startedMs = this.#machine.world.nowMs;
    this.#introduce();
    this.#submit();
    this.#out.flush();
  }

  #hear(commands: readonly WorkerCommand[]): void {
    const { nowMs } = this.#machine.world;
    for (const command of commands) {
      if (command.kind === 'keys') {
        this.#keys.push({ from: command.from, to: command.to });
      } else if (command.kind === 'object') {
        const since = this.#since.get(command.object);
        if (since === undefined) continue;
        this.#since.delete(command.object);
        this.latenciesMs.push(nowMs - since);
        this.#out.push({ kind: 'release', object: command.object, holder: 0 });
        if (this.isDone) this.endedMs = nowMs;
      }
    }
    if (!this.#hasBegun) return;
    this.#submit();
    this.#out.flush();
  }

  #submit(): void {
    const { tasks, window, runMs } = this.#job;
    while (this.#submitted < tasks && this.#since.size < window) {
      const task = this.#newKey();
      if (task === undefined) return;
      this.#since.set(task, this.#machine.world.nowMs);
      const refs = { deps: [], nested: [], k: this.#submitted };
      this.#submitted += 1;
      this.#out.push({ kind: 'submit', task, parent: 0, actor: 0, fn: 0, options: 0, args: argsOf(runMs()), ...refs });
    }
  }

  #introduce(): void {
    const code = new TextEncoder().encode('export const noop = remote(() => undefined);');
    this.#out.push({ kind: 'module', module: MODULE, code, sourceMap: NO_BYTES });
    const functionKind = FUNCTION_KIND.task;
    this.#out.push({ kind: 'function', fn: 0, module: MODULE, name: 'jobs/noop.ts#noop', functionKind });
    this.#out.push({ kind: 'options', options: 0, json: optionsToJson(DEFAULT_OPTIONS) });
  }

  #newKey(): number | undefined {
    for (let range = this.#keys[0]; range; range = this.#keys[0]) {
      if (range.from < range.to) return range.from++;
      this.#keys.shift();
      // Answered before anything else is submitted.
      if (this.#keys.length === 0) this.#out.push({ kind: 'moreKeys', left: 0 });
    }
    return undefined;
  }
}
