/**
 * What a program of the simulator refers to, and what it says of it: calls, puts, references found, kept and let go, with the
 * messages of a real worker (`client/worker/core-worker.ts`, `reference-table.ts`).
 */
import { CallCounter } from '#shared/ids/call-counter.ts';
import { digest128Bytes } from '#shared/ids/content-id.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { MainRun } from '#client/worker/main-run.ts';
import {
  ACTOR_FUNCTION,
  FUNCTIONS,
  isRepeatedSet,
  METHOD_FUNCTION,
  optionsNumber,
  TASK_FUNCTION,
} from './job-module.ts';
import { encodePlan, type StepOf, type TaskPlan } from './plan.ts';
import type { Runtime } from './runtime.ts';
import { type Mark, mix } from './values.ts';

/** Stands for the function in the count of equal puts: no function has it. */
const PUT_FUNCTION = -1;

/** The call that a program answers. */
export interface Call {
  /** 0 for a driver. */
  readonly task: ObjectKey;
  readonly attempt: number;
  readonly deps: readonly ObjectKey[];
  readonly nested: readonly ObjectKey[];
  /** The actor that it belongs to, or 0. */
  readonly actor: ObjectKey;
  /** It is the actor's constructor. */
  readonly isActor: boolean;
  /** Of the main of a submitted job. */
  readonly main?: MainRun;
}

/** The references of one program. */
export class ProgramCalls {
  readonly #runtime: Runtime;
  readonly #call: Call;
  readonly #refs: (ObjectKey | undefined)[];
  readonly #handles = new Set<ObjectKey>();
  readonly #counter = new CallCounter();
  readonly #mark: Mark | undefined;
  /** What this attempt made, by names that equal calls of other attempts share: those of what they were given are in them. */
  readonly #names = new Map<ObjectKey, number>();
  #puts = 0;

  constructor(runtime: Runtime, call: Call, { handles = 0, isMarked }: TaskPlan) {
    this.#runtime = runtime;
    this.#call = call;
    this.#mark = isMarked === true ? { attempt: call.attempt } : undefined;
    this.#refs = [...call.deps];
    const firstHandle = call.nested.length - handles;
    call.nested.forEach((key, n) => {
      if (n >= firstHandle) this.#handles.add(key);
      this.#adopt(call.deps.length + n, key, false);
    });
  }

  get #isDriver(): boolean {
    return this.#runtime.ports.isDriver;
  }

  ref(place: number): ObjectKey {
    const key = this.#refs[place];
    if (key === undefined) this.#runtime.ports.fail(`a program uses reference ${place} before it is there`);
    return key ?? 0;
  }

  of(places: readonly number[]): ObjectKey[] {
    return places.map((place) => this.ref(place));
  }

  /** @param place of the result among the references */
  submit(step: Omit<StepOf<'submit'>, 'do'>, place: number): void {
    const { plan, options, creates } = step;
    const { task: parent, attempt } = this.#call;
    const runtime = this.#runtime;
    const fn = creates ? ACTOR_FUNCTION : step.actor === undefined ? TASK_FUNCTION : METHOD_FUNCTION;
    runtime.introduce(fn, options);
    const args = encodePlan(plan);
    const deps = this.of(step.deps);
    const nested = this.of(step.nested);
    const actor = step.actor === undefined ? 0 : this.ref(step.actor);
    const hasNames = deps.length > 0 || nested.length > 0 || actor !== 0;
    const { main } = this.#call;
    const known = main?.call(FUNCTIONS[fn]?.name ?? '', args, [actor, ...deps, ...nested]);
    const k = this.#counter.next(fn, args, hasNames ? [actor, ...deps, ...nested] : undefined) + (main?.base ?? 0);
    if (known !== undefined) {
      if (creates) this.#handles.add(known);
      this.#adopt(place, known, true);
      return;
    }
    const task = runtime.newKey();
    main?.made(task);
    runtime.push({ kind: 'submit', task, parent, actor, fn, options, args, deps, nested, k });
    const { book, name } = runtime.ports;
    if (creates) {
      this.#handles.add(task);
      book.made(task, plan.name, isRepeatedSet(options));
      // It may be the actor of another program, which ends it or ends with it.
      if (options === optionsNumber('named')) book.harm(task);
    }
    this.#adopt(place, task, true);
    const lasting = this.#nameOf([plan.name, k], [...deps, ...nested]);
    this.#names.set(task, lasting);
    if (actor !== 0)
      book.called(task, { key: parent, attempt: `${name}/${parent}.${attempt}` }, `${plan.name}.${k} ${lasting}`);
  }

  put({ salt, bytes: sizeBytes, carries }: StepOf<'put'>, place: number): void {
    const runtime = this.#runtime;
    const { bytes, value, attachment } = runtime.place(salt, sizeBytes, this.#mark);
    const nested = carries === undefined ? [] : [this.ref(carries)];
    const isDigested = !this.#isDriver;
    const digest = isDigested ? digest128Bytes(bytes) : new Uint8Array(0);
    const k = isDigested ? this.#counter.next(PUT_FUNCTION, digest, nested) : this.#puts++;
    const parent = this.#call.task;
    const { main } = this.#call;
    if (main) {
      this.#putOfMain(main, { placed: { bytes, value, attachment }, sizeBytes, nested, digest }, place);
      return;
    }
    const object = runtime.newKey();
    this.#names.set(object, this.#nameOf([salt, k], nested));
    runtime.push({ kind: 'put', object, parent, sizeBytes, value, nested, k, digest, attachment });
    this.#adopt(place, object, true);
    // A buffer that is not shared went to the raylet.
    if (!(bytes.buffer instanceof ArrayBuffer) || attachment === 0) runtime.objects.made(object, bytes, nested);
  }

  #putOfMain(
    main: MainRun,
    {
      placed: { bytes, value, attachment },
      sizeBytes,
      nested,
      digest,
    }: {
      placed: { bytes: Uint8Array; value: Uint8Array; attachment: number };
      sizeBytes: number;
      nested: ObjectKey[];
      digest: Uint8Array;
    },
    place: number,
  ): void {
    const runtime = this.#runtime;
    const { n, key: known, isLost } = main.put(sizeBytes, digest);
    if (known !== undefined && !isLost) {
      this.#adopt(place, known, true);
      return;
    }
    const object = runtime.newKey();
    const shown = known ?? main.made(object);
    const parent = this.#call.task;
    runtime.push({ kind: 'put', object, parent, sizeBytes, value, nested, k: n, digest, attachment });
    this.#adopt(place, shown, true);
    if (!(bytes.buffer instanceof ArrayBuffer) || attachment === 0) runtime.objects.made(shown, bytes, nested);
  }

  /** What another run begins with: its references by their places (0: dropped), and which of them are handles. */
  state(): { readonly refs: readonly ObjectKey[]; readonly handles: readonly ObjectKey[] } {
    return { refs: Array.from(this.#refs, (key) => key ?? 0), handles: [...this.#handles] };
  }

  /** Begins with that. */
  restore({ refs, handles }: { refs: readonly ObjectKey[]; handles: readonly ObjectKey[] }): void {
    for (const handle of handles) this.#handles.add(handle);
    refs.forEach((key, place) => {
      if (key !== 0) this.#adopt(place, key, false);
    });
  }

  /** A reference that came inside a value. */
  found(place: number, key: ObjectKey): void {
    this.#adopt(place, key, false);
  }

  drop(place: number): void {
    this.#leave(this.ref(place));
    this.#refs[place] = undefined;
  }

  cancel({ ref, recursive, force }: StepOf<'cancel'>): void {
    this.#runtime.push({ kind: 'cancel', task: this.ref(ref), recursive, force });
  }

  kill({ ref, noRestart }: StepOf<'kill'>): void {
    const actor = this.ref(ref);
    this.#runtime.ports.book.harm(actor);
    this.#runtime.push({ kind: 'killActor', actor, noRestart });
  }

  /** The program is over, and with it its references. @param keeps those of an actor stay with it */
  end(keeps: boolean): void {
    this.#refs.forEach((key, place) => {
      if (key === undefined) return;
      const endsWithIt = this.#call.actor === 0 || this.#call.main !== undefined;
      if (place < this.#call.deps.length || endsWithIt) this.#runtime.objects.unuse(key);
      else if (!keeps || this.#handles.has(key)) this.#leave(key);
    });
  }

  /** The same call with something else is another call: a `wait` may decide otherwise in another attempt (rule L1). */
  #nameOf(made: readonly number[], given: readonly ObjectKey[]): number {
    return [...made, ...given.map((key) => this.#names.get(key) ?? key)].reduce(mix, 0);
  }

  /** Drivers and actors count their references; what a task refers to ends with it. */
  #adopt(place: number, key: ObjectKey, isMade: boolean): void {
    const { actor: holder } = this.#call;
    this.#refs[place] = key;
    const isFirst = this.#runtime.objects.use(key);
    const isCounted = (holder !== 0 && !(this.#call.main && isMade)) || (this.#isDriver && !isMade);
    if (isFirst && isCounted && !this.#handles.has(key)) this.#runtime.push({ kind: 'hold', object: key, holder });
  }

  #leave(key: ObjectKey): void {
    if (this.#runtime.objects.unuse(key) && !this.#handles.has(key))
      this.#runtime.push({ kind: 'release', object: key, holder: this.#call.actor });
  }
}
