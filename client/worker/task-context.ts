// The current task of a worker (rule L8). Several tasks interleave in one worker, and browsers have no AsyncContext, so nobody
// would know after an `await` which task is calling. The bundler's pass rewrites every async function of a job to tell this
// state machine when it starts, suspends, goes on and ends. The invariant that makes it work: *whenever the engine takes a job
// from its queue, no task is current*. Each suspension therefore puts back what was current before this stretch of the
// function began: the same task at the first one (control returns to the caller, who must still see it), nothing at later
// ones (control returns to the engine). A bare timer or `.then` callback sees no task; nothing is ever guessed.
//
// Restoring the task inside our own `get` instead is not enough: one message can settle several promises, and the second
// continuation would run as the task that the last of them restored.

/** One call of an async function: the state that its rewritten body hands to each function of `TaskTransform`. Opaque. */
export class Invocation<T> {
  readonly task: T | undefined;
  /** What was current when the stretch that is running now began. */
  outer: T | undefined;
  suspended = false;
  /** What was awaited or yielded at the last suspension, if awaiting it makes no sense. */
  senseless: object | undefined;

  constructor(task: T | undefined) {
    this.task = task;
    this.outer = task;
  }
}

/** What rewritten job code calls. None of them throws by itself, none depends on `this`. */
export interface TaskTransform<T = unknown> {
  /** First statement of an async function that can suspend. */
  enter(this: void): Invocation<T>;
  /** Around the operand of `await` and `yield`: puts the task aside, returns the operand. */
  suspend(this: void, invocation: Invocation<T>, operand: unknown): unknown;
  /** Around the result of `await` and `yield`: makes the task current again, returns the result. */
  resume<V>(this: void, invocation: Invocation<T>, result: V): V;
  /** Where control can arrive after a suspension without passing `resume`: catch, finally, loop bodies, after loops. */
  caught(this: void, invocation: Invocation<T>): void;
  /** The function ended, in whatever way. */
  leave(this: void, invocation: Invocation<T>): void;
  /** Around the iterable of `for await` and of `yield*` in an async generator. */
  iterate(this: void, invocation: Invocation<T>, iterable: unknown): unknown;
  /** A disposable that does what `caught` does, for `using`: disposers run as the task after an exception, too. */
  guard(this: void, invocation: Invocation<T>): Disposable;
  /** The resource of `await using`, whose asynchronous disposer runs as the task and suspends after it. */
  resource(this: void, invocation: Invocation<T>, value: unknown): unknown;
}

/** The current task of one worker. `T` is whatever the runtime uses to describe a task. */
export interface TaskContext<T> {
  /** For `DaylightRuntime.transform`. */
  readonly transform: TaskTransform<T>;
  /** Tasks between `begin` and `end`. */
  readonly liveTasks: ReadonlySet<T>;
  /** Declares a task live. */
  begin(task: T): void;
  /** The task's result is known. Code of it that still runs keeps seeing it as current. */
  end(task: T): void;
  /** The task whose code is running now, if it is known. */
  current(): T | undefined;
  /** The current task, else the worker's only live task. Throws if there is none, or if there are several. */
  currentOrOnly(): T;
  /** Calls `fn` as `task`. What was current before is current again when `fn` returns, finished or not. */
  run<R>(task: T | undefined, fn: () => R): R;
  /** `fn`, always called as the task that is current now (or the only live one). For timers and event handlers. */
  bind<A extends readonly unknown[], R>(fn: (...args: A) => R): (...args: A) => R;
}

/**
 * Makes the state of one worker, with no current and no live task.
 * @param refuseAwait the error for an operand that `await` does nothing with, thrown at that `await`
 */
export function createTaskContext<T>(
  refuseAwait: (operand: object) => Error | undefined = () => undefined,
): TaskContext<T> {
  let current: T | undefined;
  const liveTasks = new Set<T>();

  function suspend(invocation: Invocation<T>, operand: unknown): unknown {
    current = invocation.outer;
    invocation.suspended = true;
    // `await` calls the `then` of a thenable that is no promise later, from the engine: it must run as this task.
    if (typeof operand === 'object' && operand !== null && !(operand instanceof Promise)) {
      // Whether this is an `await` or a `yield`, which may well yield such a thing, is seen by what comes back.
      if (refuseAwait(operand) !== undefined) invocation.senseless = operand;
      return boundThenable(operand, invocation.task);
    }
    return operand;
  }

  function caught(invocation: Invocation<T>): void {
    if (!invocation.suspended) return;
    invocation.suspended = false;
    invocation.outer = current;
    current = invocation.task;
  }

  function run<R>(task: T | undefined, fn: () => R): R {
    const before = current;
    current = task;
    try {
      return fn();
    } finally {
      current = before;
    }
  }

  function boundThenable(operand: object, task: T | undefined): unknown {
    const then: unknown = Reflect.get(operand, 'then');
    if (typeof then !== 'function') return operand;
    // oxlint-disable-next-line unicorn/no-thenable -- made to be awaited, right away
    return { then: (...callbacks: unknown[]): unknown => run(task, () => Reflect.apply(then, operand, callbacks)) };
  }

  /** Calls a method of an iterator or resource as the task, then suspends: what it returned is about to be awaited. */
  function callAndSuspend(invocation: Invocation<T>, fn: () => unknown): unknown {
    caught(invocation);
    try {
      return fn();
    } finally {
      current = invocation.outer;
      invocation.suspended = true;
    }
  }

  function currentOrOnly(): T {
    if (current !== undefined) return current;
    if (liveTasks.size === 1) for (const task of liveTasks) return task;
    throw noCurrentTask(liveTasks.size);
  }

  return {
    transform: {
      enter: () => new Invocation(current),
      suspend,
      resume(invocation, result) {
        invocation.suspended = false;
        invocation.outer = current;
        current = invocation.task;
        if (invocation.senseless !== undefined) refuse(invocation, result, refuseAwait);
        return result;
      },
      caught,
      leave(invocation) {
        // Ended from a suspension (an exception nobody caught): what is current belongs to whoever resumed us.
        if (!invocation.suspended) current = invocation.outer;
      },
      iterate: (invocation, iterable) => boundIterable(iterable, (fn) => callAndSuspend(invocation, fn)),
      guard: (invocation) => ({ [Symbol.dispose]: () => caught(invocation) }),
      resource: (invocation, value) => boundResource(value, (fn) => callAndSuspend(invocation, fn)),
    },
    liveTasks,
    begin: (task) => void liveTasks.add(task),
    end: (task) => void liveTasks.delete(task),
    current: () => current,
    currentOrOnly,
    run,
    bind(fn) {
      const task = currentOrOnly();
      return (...args) => run(task, () => fn(...args));
    },
  };
}

type Around = (fn: () => unknown) => unknown;

function method(target: unknown, key: PropertyKey): ((...args: unknown[]) => unknown) | undefined {
  if (target === null || target === undefined) return undefined;
  const value: unknown = Reflect.get(Object(target), key, target);
  return typeof value === 'function' ? (...args) => Reflect.apply(value, target, args) : undefined;
}

/** The same iteration with every iterator method called through `around`. What is not iterable is left to the engine to refuse. */
function boundIterable(iterable: unknown, around: Around): unknown {
  for (const key of [Symbol.asyncIterator, Symbol.iterator]) {
    const open = method(iterable, key);
    if (open !== undefined) return { [key]: () => boundIterator(open(), around) };
  }
  return iterable;
}

function boundIterator(iterator: unknown, around: Around): unknown {
  const wrap = (key: string): Around | undefined => {
    const call = method(iterator, key);
    return call === undefined ? undefined : (value) => around(() => call(value));
  };
  return {
    next: wrap('next'),
    // Looked up when the engine does: an iterator without `return` or `throw` must not seem to have one.
    get return() {
      return wrap('return');
    },
    get throw() {
      return wrap('throw');
    },
  };
}

function boundResource(value: unknown, around: Around): unknown {
  if (value === null || value === undefined) return value;
  const dispose = method(value, Symbol.asyncDispose) ?? method(value, Symbol.dispose);
  return dispose === undefined ? value : { [Symbol.asyncDispose]: () => around(dispose) };
}

/** Throws if what was awaited came back as it was: it had nothing to wait for. */
function refuse<T>(
  invocation: Invocation<T>,
  result: unknown,
  refuseAwait: (operand: object) => Error | undefined,
): void {
  const { senseless } = invocation;
  invocation.senseless = undefined;
  const error = senseless === result && senseless !== undefined ? refuseAwait(senseless) : undefined;
  if (error !== undefined) throw error;
}

function noCurrentTask(liveTasks: number): Error {
  if (liveTasks === 0) return new Error('This can be called only inside a task; no task is running here');
  return new Error(
    `${liveTasks} tasks are running here and a timer or .then callback belongs to none of them: ` +
      'wrap the callback in context().bind(fn), or use await instead of .then',
  );
}
