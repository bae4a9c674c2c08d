/**
 * A plan that runs: a task's attempt in a worker, a method or constructor of an actor, or a driver's program.
 */
import { TaskCancelledError } from '#shared/errors/daylight-error.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { CANCELLED, LOST_ACTOR, thrownBy } from './oracle.ts';
import type { Step, StepOf, TaskPlan } from './plan.ts';
import { type Call, ProgramCalls } from './program-calls.ts';
import type { WaitDemand } from './program-waits.ts';
import type { Found } from './realm-objects.ts';
import type { Runtime } from './runtime.ts';
import { durableGet, durableWait, type GetOutcome } from '#client/worker/durable-waits.ts';
import type { MainRun } from '#client/worker/main-run.ts';
import { OPERATION } from '#shared/task/history-entries.ts';
import { type PlacedStep, stepsInOrder, stepsMixed } from './step-order.ts';
import { LEAST_NOTED_BYTES, mix, type ReplyNote } from './values.ts';

/** Errors by which the server overrules what a node has. */
/** However often nothing came, a program looks again. */
const MAX_GATHER_MS = 60_000;
const OVERRULING: ReadonlySet<string> = new Set([CANCELLED, ...LOST_ACTOR]);

/** What a driver wants to know of its program. */
export interface DriverHooks {
  taken(step: Step): void;
  got(ref: number, key: ObjectKey, found: Found): void;
  done(): void;
}

/** One attempt, or a driver. */
export class Program {
  readonly key: ObjectKey;
  readonly #runtime: Runtime;
  readonly #plan: TaskPlan;
  readonly #call: Call;
  readonly #driver: DriverHooks | undefined;
  readonly #calls: ProgramCalls;
  readonly #steps: readonly PlacedStep[];
  /** Attempts in which values were made, by what these refer to. */
  readonly #marks = new Map<ObjectKey, number>();
  #next = 0;
  #digest: number;
  #note: ReplyNote | undefined;
  readonly #startMs: number;
  #blockedMs = 0;
  #isCancelled = false;
  #isOver = false;
  /** Its thread is gone, or it is over: what it computes will not be done. */
  stopWork: () => void = () => undefined;

  constructor(runtime: Runtime, plan: TaskPlan, call: Call, driver?: DriverHooks) {
    this.key = call.task;
    this.#runtime = runtime;
    this.#plan = plan;
    this.#call = call;
    this.#driver = driver;
    this.#calls = new ProgramCalls(runtime, call, plan);
    const argumentCount = call.deps.length + call.nested.length;
    // A `main` goes the same way again (rule J1).
    this.#steps =
      call.attempt > 1 && !call.main
        ? stepsMixed(plan, argumentCount, call.attempt)
        : stepsInOrder(plan, argumentCount);
    this.#digest = plan.name;
    this.#startMs = runtime.ports.clock.nowMs();
  }

  get cpuMilli(): number {
    return this.#plan.cpuMilli;
  }

  /** It ends in another way than by returning. */
  get fails(): boolean {
    return this.#plan.failure !== undefined;
  }

  /** Begins: what did not come along is fetched first. */
  start(): void {
    const { deps, main } = this.#call;
    if (main) {
      const { checkpointed } = main;
      if (checkpointed) {
        const state = JSON.parse(new TextDecoder().decode(checkpointed.state)) as {
          next: number;
          refs: ObjectKey[];
          handles: ObjectKey[];
        }; // written by #checkpoint
        this.#next = state.next;
        this.#calls.restore(state);
      }
      this.#advance();
      this.#runtime.post();
      return;
    }
    this.#wait(deps, { needed: new Set(deps).size, timeoutMs: 0, fetch: true, failFast: true }, () => {
      if (this.#takeInputs()) this.#advance();
      this.#runtime.entered(this.key);
      this.#runtime.post();
    });
  }

  /** It is asked to stop (rule L7): what it waits for ends; one that works looks at its signal, or does not. */
  cancel(): void {
    this.#isCancelled = true;
    this.#call.main?.cancel(new TaskCancelledError('the task was cancelled'));
    const wasWaiting = this.#runtime.waits.cancelled(this);
    if (wasWaiting || this.#plan.name % 2 === 0) this.#endCancelled();
  }

  #endCancelled(): void {
    this.#finish(OUTCOME.error, encodeError(new TaskCancelledError('the task was cancelled')));
  }

  /** The arguments that the system resolved. */
  #takeInputs(): boolean {
    for (const key of this.#call.deps) {
      const found = this.#runtime.objects.find(key);
      if (!found.ok) {
        // A failed input is the task's error: it is not to be run at all (rule L6). What a node made itself, and the server
        // had ended before it heard of that, turns into an error under those who are about to take it.
        if (!OVERRULING.has(found.label)) this.#runtime.ports.fail(`a task ran with a failed input: ${found.label}`);
        this.#finish(OUTCOME.error, encodeError(new Error(found.label)));
        return false;
      }
      this.#digest = mix(this.#digest, found.digest);
    }
    return this.#call.actor === 0 || this.#call.isActor || this.#beginCall();
  }

  /** The actor writes the call down. */
  #beginCall(): boolean {
    const { life, ports } = this.#runtime;
    const note = life ? ports.book.begins(life, this.key, this.#digest) : `call ${this.key} came to no actor`;
    if (typeof note === 'string') {
      ports.fail(note);
      return false;
    }
    this.#note = note;
    if (this.#plan.leaves) {
      ports.book.harm(this.#call.actor);
      this.#runtime.exitActor();
    }
    return true;
  }

  /** Goes on until it has to wait or is over. */
  #advance(): void {
    for (let placed = this.#steps[this.#next]; placed; placed = this.#steps[this.#next]) {
      const { step, place } = placed;
      this.#next += 1;
      let isAtOnce = true;
      let isDone = false;
      this.#do(step, place, () => {
        isDone = true;
        if (isAtOnce) return;
        this.#driver?.taken(step);
        this.#advance();
        this.#runtime.post();
      });
      isAtOnce = false;
      if (!isDone) return;
      this.#driver?.taken(step);
    }
    this.#end();
  }

  /** Does a step; `done` is called when it is, if ever. */
  #do(step: Step, place: number, done: () => void): void {
    switch (step.do) {
      case 'work':
        this.stopWork = this.#runtime.ports.clock.after(step.ms, done);
        return;
      case 'get':
        this.#get(step, done);
        return;
      case 'wait':
        this.#wait(this.#calls.of(step.refs), { ...step, fetch: false, failFast: false }, done);
        return;
      case 'branch':
        this.#branch(step, place, done);
        return;
      case 'draw':
        this.#draw(step, place, done);
        return;
      case 'checkpoint':
        this.#checkpoint(done);
        return;
      case 'gather':
        this.#gather(step, place, { left: [...step.refs.keys()], timeoutMs: step.timeoutMs }, done);
        return;
      default:
        this.#doAtOnce(step, place);
        done();
    }
  }

  #doAtOnce(step: Step, place: number): void {
    switch (step.do) {
      case 'submit':
        this.#calls.submit(step, place);
        return;
      case 'put':
        this.#calls.put(step, place);
        return;
      case 'open': {
        const found = this.#runtime.objects.find(this.#calls.ref(step.ref));
        const [inner] = found.ok ? found.nested : [];
        if (inner === undefined || !found.ok) return;
        if (found.note && 'attempt' in found.note) this.#marks.set(inner, found.note.attempt);
        this.#calls.found(place, inner);
        return;
      }
      case 'drop':
        this.#calls.drop(step.ref);
        return;
      case 'cancel':
        this.#calls.cancel(step);
        return;
      case 'kill':
        this.#calls.kill(step);
        return;
      default:
        return;
    }
  }

  /** A driver wants to see all of them, a task ends with the first error. */
  #get({ refs }: StepOf<'get'>, done: () => void): void {
    const keys = this.#calls.of(refs);
    const driver = this.#driver;
    const demand = { needed: new Set(keys).size, timeoutMs: 0, fetch: true, failFast: driver === undefined };
    this.#wait(keys, demand, () => {
      const failed = driver ? undefined : keys.find((key) => this.#runtime.objects.isError(key));
      if (failed !== undefined) {
        const found = this.#runtime.objects.find(failed);
        this.#finish(OUTCOME.error, encodeError(new Error(found.ok ? '' : found.label)));
        return;
      }
      refs.forEach((ref, n) => {
        const key = keys[n] ?? 0;
        const found = this.#runtime.objects.find(key);
        this.#compare(key, found);
        if (driver) driver.got(ref, key, found);
        else if (found.ok) this.#digest = mix(this.#digest, found.digest);
      });
      done();
    });
  }

  /** A value and what it refers to are of one attempt (rule L5). */
  #compare(key: ObjectKey, found: Found): void {
    const mark = this.#marks.get(key);
    if (mark === undefined || !found.ok) return;
    const attempt = found.note && 'attempt' in found.note ? found.note.attempt : 0;
    if (attempt !== mark)
      this.#runtime.ports.fail(`L5 a value of attempt ${mark} refers to object ${key}, which is of attempt ${attempt}`);
  }

  #branch({ refs, timeoutMs, options, ready, late }: StepOf<'branch'>, place: number, done: () => void): void {
    const [first = 0] = refs;
    this.#wait(this.#calls.of(refs), { needed: 1, timeoutMs, fetch: false, failFast: false }, (ready_) => {
      const isReady = ready_(this.#calls.ref(first));
      const way = isReady ? { plan: ready, deps: [first] } : { plan: late, deps: [] };
      this.#calls.submit({ ...way, options, nested: [] }, place);
      done();
    });
  }

  /** @param rest which of the step's references were not ready yet, and how long to wait now */
  #gather(
    step: StepOf<'gather'>,
    place: number,
    { left, timeoutMs }: { left: readonly number[]; timeoutMs: number },
    done: () => void,
  ): void {
    const keyOf = (n: number): ObjectKey => this.#calls.ref(step.refs[n] ?? 0);
    const needed = Math.min(step.needed, left.length);
    this.#wait(left.map(keyOf), { needed, timeoutMs, fetch: false, failFast: false }, (isReady) => {
      const ready = left.filter((n) => isReady(keyOf(n))).slice(0, needed);
      const { plan, options } = step;
      for (const n of ready) this.#calls.submit({ plan, options, deps: [step.refs[n] ?? 0], nested: [] }, place + n);
      const rest = left.filter((n) => !ready.includes(n));
      if (rest.length === 0) done();
      else this.#gather(step, place, { left: rest, timeoutMs: Math.min(timeoutMs * 2, MAX_GATHER_MS) }, done);
    });
  }

  /** What a cancelled task waits for it does not get (rule L7). */
  #wait(keys: readonly ObjectKey[], demand: WaitDemand, done: (isReady: (key: ObjectKey) => boolean) => void): void {
    const { main } = this.#call;
    if (main && !this.#isCancelled) this.#waitDurably(main, keys, demand, done);
    else this.#waitPlainly(keys, demand, () => done((key) => this.#runtime.objects.isThere(key, false)));
  }

  /** As `get` and `wait` of a real worker in a durable `main`. */
  #waitDurably(
    main: MainRun,
    keys: readonly ObjectKey[],
    demand: WaitDemand,
    done: (isReady: (key: ObjectKey) => boolean) => void,
  ): void {
    const plainly = (wanted: readonly ObjectKey[], how: WaitDemand): Promise<void> =>
      new Promise((resolve) => this.#waitPlainly(wanted, how, resolve));
    const isThere = (key: ObjectKey): boolean => this.#runtime.objects.isThere(key, false);
    const goOn = (isReady: (key: ObjectKey) => boolean): void => {
      if (this.#isOver || this.#runtime.isOver) return;
      done(isReady);
      this.#runtime.post();
    };
    const isBounded = demand.timeoutMs > 0;
    if (demand.fetch) {
      const bring = (wanted: readonly ObjectKey[]): Promise<void> =>
        plainly(wanted, { needed: new Set(wanted).size, timeoutMs: 0, fetch: true, failFast: false });
      const live = async (): Promise<GetOutcome> => {
        await plainly(keys, demand);
        return { timedOut: false, failed: 0, pending: 0 };
      };
      this.#then(durableGet(main, { keys, isBounded, bring }, live), () => goOn(isThere));
      return;
    }
    const live = async (): Promise<number[]> => {
      await plainly(keys, demand);
      return keys.flatMap((key, place) => (isThere(key) ? [place] : []));
    };
    const waited = durableWait(main, { keys, isBounded: isBounded || demand.needed < keys.length }, live);
    this.#then(waited, (places) => {
      const ready = new Set(places.map((place) => keys[place]));
      goOn((key) => ready.has(key));
    });
  }

  /** Goes on with what a durable `main` waited for, unless that is taken away. What it does then may be what no run before it did. */
  #then<T>(waited: Promise<T>, goOn: (value: T) => void): void {
    const fail = (error: unknown): void => this.#runtime.ports.fail(`a main goes on with ${String(error)}`);
    waited.then(goOn, () => undefined).catch(fail);
  }

  #draw({ from, plan, options }: StepOf<'draw'>, place: number, done: () => void): void {
    const { main } = this.#call;
    if (!main) return;
    const { ports } = this.#runtime;
    const go = (drawn: number): void => {
      const name = mix(plan.name, Math.floor(drawn * 1e9));
      this.#calls.submit({ plan: { ...plan, name }, options, deps: [], nested: [] }, place);
      done();
    };
    const live = ports.draw();
    if (from === 'now') go(main.now(live));
    else if (from === 'random') go(main.random(live));
    else {
      const once = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(String(live)));
      this.#then(main.operate({ op: OPERATION.once, digest: place, live: once }), (outcome) => {
        if (this.#isOver || this.#runtime.isOver) return;
        go(Number(new TextDecoder().decode(outcome)));
        this.#runtime.post();
      });
    }
  }

  #checkpoint(done: () => void): void {
    const { main } = this.#call;
    if (!main) return;
    const state = { next: this.#next, ...this.#calls.state() };
    const nested = state.refs.filter((key) => key !== 0);
    const bytes = new TextEncoder().encode(JSON.stringify(state));
    this.#then(main.checkpoint(bytes, nested), () => {
      if (this.#isOver || this.#runtime.isOver) return;
      done();
      this.#runtime.post();
    });
    this.#runtime.post();
  }

  #waitPlainly(keys: readonly ObjectKey[], demand: WaitDemand, done: () => void): void {
    if (this.#isCancelled) {
      this.#endCancelled();
      return;
    }
    const sinceMs = this.#runtime.ports.clock.nowMs();
    this.#runtime.waits.wait(this, keys, demand, () => {
      this.#blockedMs += this.#runtime.ports.clock.nowMs() - sinceMs;
      done();
    });
  }

  #end(): void {
    const { failure } = this.#plan;
    const { attempt } = this.#call;
    if (this.#driver && !this.#call.main) this.#driver.done();
    else if (failure?.kind === 'crash' || (failure?.kind === 'crashFirst' && attempt <= failure.attempts))
      this.#runtime.crash();
    else if (failure?.kind === 'throw' || (failure?.kind === 'throwFirst' && attempt <= failure.attempts))
      this.#finish(OUTCOME.error, encodeError(new Error(thrownBy(this.#plan))));
    else this.#finish(OUTCOME.value);
  }

  #finish(outcome: number, error?: Uint8Array): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stopWork();
    const runtime = this.#runtime;
    const { returns, gives, name, keeps, isMarked } = this.#plan;
    const sizeBytes = Math.max(this.#plan.resultBytes, this.#note ? LEAST_NOTED_BYTES : 0);
    const note = isMarked === true ? { attempt: this.#call.attempt } : this.#note;
    const placed = error === undefined ? runtime.place(gives ?? this.#digest, sizeBytes, note) : undefined;
    const ranMs = runtime.ports.clock.nowMs() - this.#startMs - this.#blockedMs;
    runtime.push({
      kind: 'result',
      task: this.key,
      outcome,
      durationUs: Math.max(0, Math.round(ranMs * 1000)),
      sizeBytes: error?.length ?? sizeBytes,
      value: error ?? placed?.value ?? new Uint8Array(0),
      nested: error === undefined && returns !== undefined ? [this.#calls.ref(returns)] : [],
      attachment: placed?.attachment ?? 0,
    });
    if (this.#call.main && error === undefined) this.#driver?.done();
    if (this.#call.isActor && error === undefined) runtime.life = runtime.ports.book.born(name, this.key);
    this.#calls.end(keeps === true);
    runtime.ended(this);
  }
}
