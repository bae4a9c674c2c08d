/**
 * A plan that runs: a task's attempt in a worker, or a driver's program.
 */
import { CallCounter } from '#shared/ids/call-counter.ts';
import { digest128Bytes } from '#shared/ids/content-id.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { TASK_FUNCTION } from './job-module.ts';
import { thrownBy } from './oracle.ts';
import { encodePlan, type Step, type TaskPlan } from './plan.ts';
import type { Found, Runtime } from './runtime.ts';
import { mix } from './values.ts';

/** Stands for the function in the count of equal puts: no function has it. */
const PUT_FUNCTION = -1;

/** The call that a program answers. */
export interface Call {
  /** 0 for a driver. */
  readonly task: ObjectKey;
  readonly attempt: number;
  readonly deps: readonly ObjectKey[];
  readonly nested: readonly ObjectKey[];
}

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
  readonly #refs: ObjectKey[];
  readonly #calls = new CallCounter();
  /** Marks of values by what they refer to. */
  readonly #marks = new Map<ObjectKey, number>();
  #puts = 0;
  #next = 0;
  #digest: number;
  readonly #startMs: number;
  #blockedMs = 0;

  constructor(runtime: Runtime, plan: TaskPlan, call: Call, driver?: DriverHooks) {
    this.key = call.task;
    this.#runtime = runtime;
    this.#plan = plan;
    this.#call = call;
    this.#driver = driver;
    this.#refs = [...call.deps, ...call.nested];
    this.#digest = plan.name;
    this.#startMs = runtime.clock.nowMs();
  }

  get cpuMilli(): number {
    return this.#plan.cpuMilli;
  }

  /** Begins: what did not come along is fetched first. */
  start(): void {
    const { deps } = this.#call;
    const demand = { needed: new Set(deps).size, timeoutMs: 0, fetch: true };
    this.#runtime.wait(this, deps, demand, () => {
      if (this.#takeInputs()) this.#advance();
      this.#runtime.post();
    });
  }

  /** Goes on until it has to wait or is over. */
  #advance(): void {
    for (let step = this.#step(); step; step = this.#step()) {
      this.#next += 1;
      if (!this.#do(step)) return;
      this.#driver?.taken(step);
    }
    this.#end();
  }

  #step(): Step | undefined {
    return this.#plan.steps[this.#next];
  }

  /** The arguments that the system resolved. */
  #takeInputs(): boolean {
    for (const key of this.#call.deps) {
      const found = this.#runtime.find(key);
      // A failed input is the task's error: it is not to be run at all (rule L6).
      if (!found.ok) {
        this.#finish(OUTCOME.error, encodeError(new Error(`ran with a failed input: ${found.label}`)));
        return false;
      }
      this.#digest = mix(this.#digest, found.digest);
    }
    return true;
  }

  /** Does a step; false if it is not done at once. */
  #do(step: Step): boolean {
    switch (step.do) {
      case 'work':
        this.#runtime.clock.after(step.ms, () => {
          if (this.#runtime.isOver) return;
          this.#goOn(step);
        });
        return false;
      case 'submit':
        this.#submitInSomeOrder(step);
        return true;
      case 'put':
        this.#put(step);
        return true;
      case 'get':
        return this.#get(step);
      case 'wait':
        return this.#wait(step, { needed: step.needed, timeoutMs: step.timeoutMs, fetch: false }, () => true);
      case 'open':
        this.#open(step.ref);
        return true;
      case 'drop':
        if (this.#runtime.unuse(this.#ref(step.ref)))
          this.#runtime.push({ kind: 'release', object: this.#ref(step.ref), holder: 0 });
        return true;
    }
  }

  #goOn(step: Step): void {
    this.#driver?.taken(step);
    this.#advance();
    this.#runtime.post();
  }

  #ref(place: number): ObjectKey {
    return this.#refs[place] ?? 0;
  }

  /** A later attempt makes two calls that do not depend on each other in the other order: they are the same calls (rule L1). */
  #submitInSomeOrder(step: Extract<Step, { do: 'submit' }>): void {
    const next = this.#step();
    const place = this.#refs.length;
    const isSwapped =
      this.#call.attempt > 1 && next?.do === 'submit' && ![...next.deps, ...next.nested].includes(place);
    if (isSwapped) {
      this.#next += 1;
      this.#submit(next);
    }
    this.#submit(step);
    if (isSwapped) this.#refs.push(...this.#refs.splice(place, 1));
  }

  #submit({ plan, options, deps: depRefs, nested: nestedRefs }: Extract<Step, { do: 'submit' }>): void {
    const runtime = this.#runtime;
    runtime.introduce(options);
    const args = encodePlan(plan);
    const deps = depRefs.map((ref) => this.#ref(ref));
    const nested = nestedRefs.map((ref) => this.#ref(ref));
    const k = this.#calls.next(TASK_FUNCTION, args, [0, ...deps, ...nested]);
    const task = runtime.newKey();
    this.#add(task);
    runtime.push({
      kind: 'submit',
      task,
      parent: this.key,
      actor: 0,
      fn: TASK_FUNCTION,
      options,
      args,
      deps,
      nested,
      k,
    });
  }

  #put({ salt, bytes: sizeBytes }: Extract<Step, { do: 'put' }>): void {
    const { bytes, value, attachment } = this.#runtime.place(salt, sizeBytes, this.#mark);
    const isDigested = this.key !== 0;
    const digest = isDigested ? digest128Bytes(bytes) : new Uint8Array(0);
    const k = isDigested ? this.#calls.next(PUT_FUNCTION, digest, []) : this.#puts++;
    const object = this.#runtime.newKey();
    this.#add(object);
    if (!(bytes.buffer instanceof ArrayBuffer) || attachment === 0) this.#runtime.made(object, bytes, []);
    this.#runtime.push({ kind: 'put', object, parent: this.key, sizeBytes, value, nested: [], k, digest, attachment });
  }

  #get(step: Extract<Step, { do: 'get' }>): boolean {
    const keys = step.refs.map((ref) => this.#ref(ref));
    return this.#wait(step, { needed: new Set(keys).size, timeoutMs: 0, fetch: true }, () => {
      for (const ref of step.refs) {
        const found = this.#runtime.find(this.#ref(ref));
        this.#compare(this.#ref(ref), found);
        if (this.#driver) this.#driver.got(ref, this.#ref(ref), found);
        else if (found.ok) this.#digest = mix(this.#digest, found.digest);
        else {
          this.#finish(OUTCOME.error, encodeError(new Error(found.label)));
          return false;
        }
      }
      return true;
    });
  }

  /** @param then what comes of it; false if the program is over */
  #wait(
    step: Extract<Step, { do: 'get' | 'wait' }>,
    demand: { needed: number; timeoutMs: number; fetch: boolean },
    then: () => boolean,
  ): boolean {
    const sinceMs = this.#runtime.clock.nowMs();
    let isAtOnce = true;
    let isDone = false;
    this.#runtime.wait(
      this,
      step.refs.map((ref) => this.#ref(ref)),
      demand,
      () => {
        this.#blockedMs += this.#runtime.clock.nowMs() - sinceMs;
        isDone = then();
        if (!isAtOnce && isDone) this.#goOn(step);
      },
    );
    isAtOnce = false;
    return isDone;
  }

  #open(ref: number): void {
    const found = this.#runtime.find(this.#ref(ref));
    const inner = found.ok ? found.nested[0] : undefined;
    if (inner === undefined || !found.ok) return;
    this.#marks.set(inner, found.mark);
    if (this.#add(inner) && this.#driver) this.#runtime.push({ kind: 'hold', object: inner, holder: 0 });
  }

  /** A value and what it refers to are of one attempt (rule L5). */
  #compare(key: ObjectKey, found: Found): void {
    const mark = this.#marks.get(key) ?? 0;
    if (found.ok && mark > 0 && found.mark !== mark)
      this.#runtime.fail(`L5 a value of attempt ${mark} refers to object ${key}, which is of attempt ${found.mark}`);
  }

  /** What the values say that it makes. */
  get #mark(): number {
    return this.#plan.isMarked === true ? this.#call.attempt : 0;
  }

  /** True if it is the first reference to the object in this realm. */
  #add(key: ObjectKey): boolean {
    this.#refs.push(key);
    return this.#runtime.use(key);
  }

  #end(): void {
    const { failure } = this.#plan;
    const { attempt } = this.#call;
    if (this.#driver) this.#driver.done();
    else if (failure?.kind === 'crash' || (failure?.kind === 'crashFirst' && attempt <= failure.attempts))
      this.#runtime.crash();
    else if (failure?.kind === 'throw' || (failure?.kind === 'throwFirst' && attempt <= failure.attempts))
      this.#finish(OUTCOME.error, encodeError(new Error(thrownBy(this.#plan))));
    else this.#finish(OUTCOME.value);
  }

  #finish(outcome: number, error?: Uint8Array): void {
    const { resultBytes, returns } = this.#plan;
    const placed = error === undefined ? this.#runtime.place(this.#digest, resultBytes, this.#mark) : undefined;
    const ranMs = this.#runtime.clock.nowMs() - this.#startMs - this.#blockedMs;
    this.#runtime.push({
      kind: 'result',
      task: this.key,
      outcome,
      durationUs: Math.max(0, Math.round(ranMs * 1000)),
      sizeBytes: error?.length ?? resultBytes,
      value: error ?? placed?.value ?? new Uint8Array(0),
      nested: error === undefined && returns !== undefined ? [this.#ref(returns)] : [],
      attachment: placed?.attachment ?? 0,
    });
    for (const key of this.#refs) this.#runtime.unuse(key);
    this.#next = Infinity;
    this.#runtime.ended(this);
  }
}
