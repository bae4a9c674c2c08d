/**
 * The realm of a simulated worker or driver: it speaks the real worker protocol over the real batch link and runs plans instead
 * of modules. One program has the thread at a time; another starts only while it is blocked (rule S3).
 */
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import { daylightErrorPrototype } from '#shared/errors/daylight-error.ts';
import { decodeError } from '#shared/errors/error-record.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Attachment, Transport } from '#shared/ports/transport.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import {
  type WorkerCommand,
  type WorkerCommandOf,
  workerCommands,
  type WorkerRequest,
  workerRequests,
} from '#shared/protocol/worker-messages.ts';
import type { RecordBatch } from '#shared/wire/columnar.ts';
import { JOB_MODULE, OPTION_SETS, TASK_FUNCTION } from './job-module.ts';
import { decodePlan } from './plan.ts';
import { Program } from './program.ts';
import { digestIn, markIn, valueBytes } from './values.ts';

type Run = WorkerCommandOf<'run'>;
type VariantsOf<B> = B extends RecordBatch<infer V> ? V : never;

/** What a program finds behind a reference. */
export type Found =
  | { readonly ok: true; readonly digest: number; readonly mark: number; readonly nested: readonly ObjectKey[] }
  | { readonly ok: false; readonly label: string };

/** What a realm needs of its world. */
export interface RuntimePorts {
  readonly clock: Clock;
  readonly isDriver: boolean;
  /** Values above the inline limit are shared; else they are copied. */
  readonly sharesMemory: boolean;
  /** The worker is over, by its own doing. */
  crash(): void;
  /** Something that must not be. */
  fail(message: string): void;
}

interface Entry {
  status: number | undefined;
  value: Uint8Array | undefined;
  nested: readonly ObjectKey[];
  /** Programs here that have a reference to it, and runs that will read it. */
  uses: number;
}

/** One end of a link to a raylet. */
export class Runtime {
  readonly #ports: RuntimePorts;
  readonly #link: BatchLink<VariantsOf<typeof workerRequests>>;
  readonly #objects = new Map<ObjectKey, Entry>();
  readonly #waits = new Map<number, { readonly program: Program; readonly done: (timedOut: boolean) => void }>();
  readonly #queue: Run[] = [];
  readonly #introduced = new Set<string>();
  readonly #keys: { from: number; to: number }[] = [];
  #nextWait = 1;
  /** Programs that have the thread: one, or more while blocked ones came back. */
  readonly #active = new Set<Program>();
  isOver = false;
  /** Told when names have come. */
  onKeys: () => void = () => undefined;

  constructor(transport: Transport, ports: RuntimePorts) {
    this.#ports = ports;
    this.#link = new BatchLink(transport, workerRequests);
    receiveBatches(transport, workerCommands, (commands, attachments) => {
      if (this.isOver) return;
      for (const command of commands) this.#receive(command, attachments);
      this.#begin();
      this.post();
    });
  }

  get clock(): Clock {
    return this.#ports.clock;
  }

  /** CPUs that its programs compute with. */
  get activeMilli(): number {
    let milli = 0;
    for (const { cpuMilli } of this.#active) milli += cpuMilli;
    return milli;
  }

  get hasKeys(): boolean {
    return this.#keys.length > 0;
  }

  /** Objects with a reference here, for whoever looks for leaks. */
  get objectCount(): number {
    return this.#objects.size;
  }

  ready(): void {
    this.#link.push({ kind: 'ready', threadId: 1 });
    this.post();
  }

  post(): void {
    this.#link.flush();
  }

  /** Takes a run back that has not begun; false if it has. */
  revoke(claim: number): boolean {
    const place = this.#queue.findIndex((run) => run.claim === claim);
    if (place < 0) return false;
    const [run] = this.#queue.splice(place, 1);
    if (run) this.#unuse(run.deps);
    return true;
  }

  // --- what programs do ----------------------------------------------------------------------------------------------

  push(message: WorkerRequest): void {
    this.#link.push(message);
  }

  newKey(): ObjectKey {
    for (;;) {
      const [range] = this.#keys;
      if (!range) {
        this.#ports.fail('a program has no names left');
        return 0;
      }
      if (range.from < range.to) return range.from++;
      this.#keys.shift();
    }
  }

  /** Introduces what a submission names. */
  introduce(options: number): void {
    if (!this.#introduced.has('function')) {
      this.#introduced.add('function');
      if (this.#ports.isDriver) this.push({ kind: 'module', ...JOB_MODULE });
      this.push({
        kind: 'function',
        fn: TASK_FUNCTION,
        module: JOB_MODULE.module,
        name: 'jobs/simulated.ts#run',
        functionKind: FUNCTION_KIND.task,
      });
    }
    if (this.#introduced.has(`options ${options}`)) return;
    this.#introduced.add(`options ${options}`);
    this.push({ kind: 'options', options, json: OPTION_SETS[options] ?? '' });
  }

  /** One more reference to the object here; true if it is the first. */
  use(key: ObjectKey): boolean {
    const entry = this.#obtain(key);
    entry.uses += 1;
    return entry.uses === 1;
  }

  /** One less; true if it was the last. */
  unuse(key: ObjectKey): boolean {
    this.#unuse([key]);
    return !this.#objects.has(key);
  }

  /** A value that was made here is known here. */
  made(key: ObjectKey, bytes: Uint8Array, nested: readonly ObjectKey[]): void {
    Object.assign(this.#obtain(key), { status: OBJECT_STATUS.inline, value: bytes, nested });
  }

  /** Waits until `needed` of the objects are there; `done` may be called at once. */
  wait(
    program: Program,
    keys: readonly ObjectKey[],
    { needed, timeoutMs, fetch }: { needed: number; timeoutMs: number; fetch: boolean },
    done: (timedOut: boolean) => void,
  ): void {
    const distinct = [...new Set(keys)];
    const missing = distinct.filter((key) => !this.#isThere(key, fetch));
    const still = Math.min(needed - (distinct.length - missing.length), missing.length);
    if (still <= 0) {
      done(false);
      return;
    }
    const id = this.#nextWait++;
    this.push({ kind: 'block', id, task: program.key, objects: missing, needed: still, timeoutMs, fetch });
    this.#active.delete(program);
    this.#waits.set(id, {
      program,
      done: (timedOut) => {
        this.#active.add(program);
        done(timedOut);
      },
    });
    this.#begin();
  }

  /** What is behind a reference; fails the run if it was said to be here and is not. */
  find(key: ObjectKey): Found {
    const entry = this.#objects.get(key);
    if (entry?.status === OBJECT_STATUS.error) return { ok: false, label: labelOf(entry.value ?? new Uint8Array(0)) };
    const digest = entry?.value && digestIn(entry.value);
    if (digest === undefined || !entry) {
      this.#ports.fail(`the value of ${key} is ${entry?.value ? 'not what was written' : 'not here'}`);
      return { ok: false, label: 'not a value' };
    }
    return { ok: true, digest, mark: entry.value ? markIn(entry.value) : 0, nested: entry.nested };
  }

  /** A program found what must not be. */
  fail(message: string): void {
    this.#ports.fail(message);
  }

  /** Makes a value: inline bytes, or memory beside the message. */
  place(digest: number, sizeBytes: number, mark: number): { bytes: Uint8Array; value: Uint8Array; attachment: number } {
    if (sizeBytes <= INLINE_BYTES) {
      const bytes = valueBytes(digest, mark, new Uint8Array(sizeBytes));
      return { bytes, value: bytes, attachment: 0 };
    }
    const memory = this.#ports.sharesMemory ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes);
    const bytes = valueBytes(digest, mark, new Uint8Array(memory));
    return { bytes, value: new Uint8Array(0), attachment: this.#link.attach(memory) };
  }

  crash(): void {
    this.isOver = true;
    this.#ports.crash();
  }

  /** A program is over. */
  ended(program: Program): void {
    this.#active.delete(program);
    this.#begin();
    this.post();
  }

  /** Starts a driver's program. */
  start(program: Program): void {
    this.#active.add(program);
    program.start();
    this.post();
  }

  // --- what the raylet says --------------------------------------------------------------------------------------------

  #receive(command: WorkerCommand, attachments: readonly Attachment[]): void {
    switch (command.kind) {
      case 'keys':
        this.#keys.push({ from: command.from, to: command.to });
        this.onKeys();
        return;
      case 'object':
        this.#object(command, attachments);
        return;
      case 'run':
        for (const key of command.deps) this.use(key);
        this.#queue.push({ ...command, args: command.args.slice() });
        return;
      case 'unblocked': {
        const wait = this.#waits.get(command.id);
        if (!wait) return;
        this.#waits.delete(command.id);
        wait.done(command.timedOut);
        return;
      }
      case 'recall':
      case 'cancelTask':
        this.#recall(command.task);
        return;
      default:
        return;
    }
  }

  #recall(task: ObjectKey): void {
    const place = this.#queue.findIndex((run) => run.task === task);
    const [run] = place < 0 ? [] : this.#queue.splice(place, 1);
    if (!run) return;
    this.#unuse(run.deps);
    if (run.claim === 0) this.push({ kind: 'recalled', task });
  }

  #object(command: WorkerCommandOf<'object'>, attachments: readonly Attachment[]): void {
    // A driver may have let go of it meanwhile.
    if (this.#ports.isDriver && !this.#objects.has(command.object)) return;
    const entry = this.#obtain(command.object);
    const memory = command.attachment > 0 ? attachments[command.attachment - 1] : undefined;
    entry.status = command.status;
    entry.nested = command.nested;
    if (memory) entry.value = new Uint8Array(memory, 0, command.sizeBytes);
    else if (command.status !== OBJECT_STATUS.stored) entry.value = command.value.slice();
  }

  #begin(): void {
    while (!this.isOver && this.#active.size === 0) {
      const run = this.#queue.shift();
      if (!run) return;
      const program = new Program(this, decodePlan(run.args), run);
      this.#active.add(program);
      for (const key of run.nested) this.use(key);
      program.start();
    }
  }

  #isThere(key: ObjectKey, fetch: boolean): boolean {
    const entry = this.#objects.get(key);
    return entry?.status !== undefined && (!fetch || entry.value !== undefined);
  }

  #obtain(key: ObjectKey): Entry {
    let entry = this.#objects.get(key);
    if (!entry) this.#objects.set(key, (entry = { status: undefined, value: undefined, nested: [], uses: 0 }));
    return entry;
  }

  #unuse(keys: readonly ObjectKey[]): void {
    for (const key of keys) {
      const entry = this.#objects.get(key);
      if (!entry) continue;
      entry.uses -= 1;
      if (entry.uses <= 0) this.#objects.delete(key);
    }
  }
}

/** An error as the oracle names it: what a program threw by its message, what the system reports by its class. */
function labelOf(encoded: Uint8Array): string {
  const error = decodeError(encoded);
  return daylightErrorPrototype(error.name) === undefined ? error.message : error.name;
}
