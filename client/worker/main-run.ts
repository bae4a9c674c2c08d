/**
 * A durable `main` in its worker (rule J1): what it calls goes through its history (`shared/task/main-history.ts`), and its
 * promises settle one at a time, each after everything that the one before led to has run. That needs a turn of the event loop
 * for each: promises have no other way to say that nothing of theirs is left to do.
 */
import { NondeterminismError, SerializationError } from '#shared/errors/daylight-error.ts';
import { decodeError, encodeError } from '#shared/errors/error-record.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { bytesDigest, callDigest, keysDigest } from '#shared/task/call-digest.ts';
import { type HistoryEntry, MAX_CHECKPOINT_BYTES, MAX_OUTCOME_BYTES } from '#shared/task/history-entries.ts';
import { Divergence, MainHistory } from '#shared/task/main-history.ts';

const NO_BYTES = new Uint8Array(0);

/** What earlier runs left. */
export interface EarlierRuns {
  readonly entries: readonly HistoryEntry[];
  /** Calls and puts before the history begins. */
  readonly position: number;
  /** Lines that were printed since then. */
  readonly lines: number;
  readonly lost: readonly ObjectKey[];
  readonly checkpoint: { readonly state: Uint8Array; readonly nested: readonly ObjectKey[] } | undefined;
}

/** What a run needs of its worker. */
export interface MainRunHooks {
  push(message: WorkerRequest, sizeBytes?: number): void;
  /** Calls back when nothing is left to do in this turn of the event loop. */
  defer(callback: () => void): void;
  /** Pushes a message that is answered once what it says is durable. */
  durably(message: (id: number) => WorkerRequest): Promise<void>;
  /** The run does what those before it did not: it is over. */
  diverged(error: Error): void;
}

/** Something that `main` waits for. */
export interface Operation {
  /** One of `OPERATION`. */
  readonly op: number;
  /** Of what it is about: another run must ask for the same. */
  readonly digest: number;
  /** Does it, and gives what another run has to know. What it rejects with is thrown to `main`, and recorded. */
  readonly live: () => Promise<Uint8Array>;
  /** Sees to it that what is recorded can be given again. Default: nothing is needed for that. */
  readonly again?: (outcome: Uint8Array) => Promise<unknown>;
  /** Whether any other run would come to this outcome, if nothing else is under way. */
  readonly isForced?: (outcome: Uint8Array) => boolean;
}

interface Waiting {
  readonly resolve: (outcome: Uint8Array) => void;
  readonly reject: (reason: unknown) => void;
}

/** Before an outcome: whether it is a value or an error. */
const [VALUE, ERROR] = [0, 1];

/** One run. */
export class MainRun {
  readonly #task: ObjectKey;
  readonly #hooks: MainRunHooks;
  readonly #history: MainHistory;
  readonly #waiting = new Map<number, Waiting>();
  readonly #lost: ReadonlySet<ObjectKey>;
  /** The state that this run begins with. */
  readonly checkpointed: EarlierRuns['checkpoint'];
  #linesToMute: number;
  #isDeferred = false;
  #isCutting = false;
  /** Why the run is over before its end. */
  #over: Error | undefined;

  constructor(task: ObjectKey, earlier: EarlierRuns, hooks: MainRunHooks) {
    this.#task = task;
    this.#hooks = hooks;
    this.#linesToMute = earlier.lines;
    this.#lost = new Set(earlier.lost);
    this.checkpointed = earlier.checkpoint;
    this.#history = new MainHistory(earlier.entries, earlier.position, (decision, isForced) =>
      hooks.push({ kind: 'decision', task, ...decision, isForced }, decision.value.length),
    );
  }

  get isReplaying(): boolean {
    return this.#history.isReplaying;
  }

  /** Calls and puts that earlier histories counted. */
  get base(): number {
    return this.#history.base;
  }

  /** Whether a line that is printed now was seen before. */
  mutesLine(): boolean {
    if (this.#linesToMute === 0) return false;
    this.#linesToMute -= 1;
    return true;
  }

  /** What would print these lines is not done again. */
  skipLines(count: number): void {
    this.#linesToMute = Math.max(0, this.#linesToMute - count);
  }

  /** The key that a call's result has already, if it was made by an earlier run. @throws NondeterminismError */
  call(name: string, args: Uint8Array, refs: readonly ObjectKey[]): ObjectKey | undefined {
    return this.#checked(() => {
      const digest = callDigest({ name, args, refs: this.#history.own(refs) });
      return this.#history.call(name, digest);
    });
  }

  /** The number of a put, which is its name, and what became of it in an earlier run. @throws NondeterminismError */
  put(sizeBytes: number, digest: Uint8Array): { n: number; key: ObjectKey | undefined; isLost: boolean } {
    const n = this.#history.position;
    const key = this.#checked(() => this.#history.put(sizeBytes, bytesDigest(digest)));
    return { n, key, isLost: key !== undefined && this.#lost.has(key) };
  }

  /** A new call or put has this key. */
  made(key: ObjectKey): ObjectKey {
    return this.#history.made(key);
  }

  now(live: number): number {
    return this.#checked(() => this.#history.now(live));
  }

  random(live: number): number {
    return this.#checked(() => this.#history.random(live));
  }

  /** Digest of what an operation on objects is about. */
  digestOf(keys: readonly ObjectKey[]): number {
    return keysDigest(this.#history.own(keys));
  }

  /** Does something that `main` waits for, or gives what it gave in an earlier run. Errors: those of `live`. */
  operate(operation: Operation): Promise<Uint8Array> {
    const number = this.#checked(() => this.#history.open(operation.op, operation.digest));
    const recorded = this.#history.outcomeOf(number);
    const settled = new Promise<Uint8Array>((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
    if (recorded === undefined) this.#live(number, operation);
    else this.#again(number, operation, recorded);
    return settled;
  }

  #live(number: number, { live, isForced }: Operation): void {
    live().then(
      (value) => this.#ended(number, tagged(VALUE, value), isForced?.(value) === true),
      (error: unknown) => {
        // Not decided, but taken away: the task was cancelled, or the node is gone.
        if (this.#over) return;
        this.#ended(number, tagged(ERROR, encodeError(error)), false);
      },
    );
  }

  #ended(number: number, outcome: Uint8Array, isForced: boolean): void {
    this.#history.ended(number, outcome, isForced);
    this.#defer();
  }

  #again(number: number, { again }: Operation, recorded: Uint8Array): void {
    const done = (): void => {
      this.#history.prepared(number);
      this.#defer();
    };
    if (again === undefined || recorded[0] === ERROR) done();
    // What cannot be had again is found out by whoever takes it.
    else again(recorded.subarray(1)).then(done, done);
  }

  /** Begins another history with this state. Resolves when it is durable. */
  async checkpoint(value: Uint8Array, nested: ObjectKey[]): Promise<void> {
    if (value.length > MAX_CHECKPOINT_BYTES)
      throw new SerializationError(
        `the state of a checkpoint takes ${value.length} bytes and at most ${MAX_CHECKPOINT_BYTES} are kept: keep large parts as results of tasks, and the references to them`,
      );
    this.#checked(() => {
      if (this.#history.isReplaying) throw new Divergence('main called checkpoint() where the run before it did not');
    });
    if (this.#history.openCount > 0)
      throw new Error(
        'checkpoint() is called while main waits for something else: a later run begins behind it, so await everything first',
      );
    const position = this.#history.position;
    this.#history.cut();
    this.#linesToMute = 0;
    this.#isCutting = true;
    await this.#hooks.durably((id) => ({ kind: 'checkpoint', id, task: this.#task, position, value, nested }));
    this.#isCutting = false;
  }

  /** `main` is over. @throws NondeterminismError if an earlier run went on */
  end(): void {
    this.#checked(() => this.#history.end());
  }

  /** Everything that `main` waits for is over. */
  cancel(reason: unknown): void {
    this.#over ??= reason instanceof Error ? reason : new Error(String(reason));
    for (const { reject } of this.#waiting.values()) reject(reason);
    this.#waiting.clear();
  }

  #checked<T>(step: () => T): T {
    if (this.#over) throw this.#over;
    if (this.#isCutting)
      throw new Error('main goes on while its checkpoint() is not durable: await it before anything else is called');
    try {
      const result = step();
      // What stood before an outcome may have been done now.
      if (this.#waiting.size > 0) this.#defer();
      return result;
    } catch (error) {
      if (!(error instanceof Divergence)) throw error;
      const shown = new NondeterminismError(
        `${error.message}: what main does may depend on nothing but its arguments, what it gets, and context().now(), random() and once()`,
      );
      this.#over = shown;
      this.#hooks.diverged(shown);
      throw shown;
    }
  }

  #defer(): void {
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#hooks.defer(() => this.#settleNext());
  }

  #settleNext(): void {
    this.#isDeferred = false;
    if (this.#over) return;
    const next = this.#history.next();
    if (!next) return;
    const waiting = this.#waiting.get(next.op);
    this.#waiting.delete(next.op);
    const body = next.outcome.subarray(1);
    if (next.outcome[0] === ERROR) waiting?.reject(decodeError(body));
    else waiting?.resolve(body);
    this.#defer();
  }
}

function tagged(tag: number | undefined, body: Uint8Array): Uint8Array {
  const outcome = new Uint8Array(body.length + 1);
  outcome[0] = tag ?? 0;
  outcome.set(body, 1);
  return outcome;
}

/** An outcome of `once`. @throws SerializationError for more than is kept */
export function checkOutcome(value: Uint8Array): Uint8Array {
  if (value.length > MAX_OUTCOME_BYTES)
    throw new SerializationError(
      `once() gave a value of ${value.length} bytes and at most ${MAX_OUTCOME_BYTES} are recorded: give less, or make it in a task`,
    );
  return value;
}

/** For an operation that gives nothing. */
export async function nothing(promise: Promise<unknown>): Promise<Uint8Array> {
  await promise;
  return NO_BYTES;
}
