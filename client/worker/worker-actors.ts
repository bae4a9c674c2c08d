/**
 * The actors that live in one worker: their instances, and how they end by themselves (rule A3).
 *
 * An actor that ends (because it said so, or was asked to) begins no more calls; those that it has begun go on to their results,
 * then `onStop` runs. The time of `onStop` is bounded here, as long as the thread is free to look at a clock; the raylet ends the
 * worker of one that is not.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Clock } from '#shared/ports/clock.ts';
import { ON_STOP_MS } from '#shared/protocol/limits.ts';
import type { WorkerCommandOf, WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { CallLanes } from './actor-lanes.ts';
import { noCheckpoints, savesCheckpoints } from './checkpoint-methods.ts';
import { ownMethodName } from './call-target.ts';
import { TaskState } from './task-state.ts';

type Run = WorkerCommandOf<'run'>;
type Hook = 'onStart' | 'onStop';

interface LiveActor {
  readonly instance: object;
  readonly job: number;
}

/** What the actors' ends need of the worker. */
export interface WorkerActorHooks {
  readonly clock: Clock;
  push(message: WorkerRequest): void;
  /** Calls `fn` as a task, so that `context()` works in it. */
  runAs(task: TaskState, fn: () => unknown): unknown;
  /** A call that was queued here will not run. */
  dropArguments(run: Run): void;
  /** `onStop` threw, or took too long. */
  failed(error: unknown): void;
}

/** The actors of one worker. */
export class WorkerActors {
  readonly lanes = new CallLanes<Run>();
  readonly #hooks: WorkerActorHooks;
  readonly #live = new Map<ObjectKey, LiveActor>();
  /** Calls (and the creation) that have begun and have no result, by actor. */
  readonly #begun = new Map<ObjectKey, number>();
  /** Actors that have begun to end; true once `onStop` was called. */
  readonly #exiting = new Map<ObjectKey, boolean>();

  constructor(hooks: WorkerActorHooks) {
    this.#hooks = hooks;
  }

  /** A call came. */
  enqueue(run: Run, name: string): void {
    if (this.#exiting.has(run.actor)) this.#giveBack(run);
    else this.lanes.add(run.actor, ownMethodName(name), run);
  }

  /** A call or the creation begins. */
  begins(actor: ObjectKey): void {
    this.#begun.set(actor, (this.#begun.get(actor) ?? 0) + 1);
  }

  /** It has its result. */
  ended(task: TaskState): void {
    if (task.key === task.actor) this.lanes.open(task.actor);
    else this.lanes.ended(task.key);
    const left = (this.#begun.get(task.actor) ?? 1) - 1;
    if (left > 0) this.#begun.set(task.actor, left);
    else this.#begun.delete(task.actor);
    if (left === 0 && this.#exiting.get(task.actor) === false) this.#stop(task.actor);
  }

  /**
   * Makes an actor. Its creation is over when what this returns is.
   *
   * @param saves it is to save its state: its class has to know how (rule A2)
   */
  construct(task: TaskState, target: (...args: never[]) => unknown, args: never[], saves: boolean): unknown {
    const instance = Reflect.construct(target, args) as object;
    const { name } = instance.constructor;
    if (!savesCheckpoints(Object.getPrototypeOf(instance) as object, name) && saves) throw noCheckpoints(name);
    this.#live.set(task.key, { instance, job: task.job });
    if (hookOf(instance, 'onStop') !== undefined) this.#hooks.push({ kind: 'tidies', actor: task.key });
    const started: unknown = hookOf(instance, 'onStart')?.();
    return isThenable(started) ? Promise.resolve(started).then(() => undefined) : undefined;
  }

  invoke(actor: ObjectKey, name: string, args: never[]): unknown {
    const instance = this.#live.get(actor)?.instance;
    if (instance === undefined) throw new Error('the actor does not live in this worker');
    // By the prototype chain, as the list of methods was made: a field of the instance is no method.
    const method: unknown = Reflect.get(Object.getPrototypeOf(instance) as object, name, instance);
    if (typeof method !== 'function' || name in Object.prototype || name.startsWith('_'))
      throw new TypeError(`actor ${instance.constructor.name} has no method "${name}"`);
    return Reflect.apply(method, instance, args);
  }

  /** The actor ends: after the calls that it has begun, or at once (`now`), when nobody wants their results any more. */
  exit(actor: ObjectKey, now: boolean): void {
    if (!this.#exiting.has(actor)) {
      this.#exiting.set(actor, false);
      this.#hooks.push({ kind: 'exits', actor });
      for (const run of this.lanes.takeAll(actor)) this.#giveBack(run);
    }
    if (this.#exiting.get(actor) === false && (now || !this.#begun.has(actor))) this.#stop(actor);
  }

  #stop(actor: ObjectKey): void {
    this.#exiting.set(actor, true);
    const live = this.#live.get(actor);
    const onStop = live && hookOf(live.instance, 'onStop');
    if (!live || onStop === undefined) {
      this.#exited(actor);
      return;
    }
    const task = new TaskState(actor, 1, actor, live.job, 'counted');
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      takeBackTimer();
      this.#exited(actor);
    };
    const takeBackTimer = this.#hooks.clock.after(ON_STOP_MS, () => {
      this.#hooks.failed(new Error(`onStop took longer than ${ON_STOP_MS} ms`));
      over();
    });
    const threw = (error: unknown): void => {
      if (!isOver) this.#hooks.failed(error);
      over();
    };
    try {
      const stopped = this.#hooks.runAs(task, onStop);
      if (isThenable(stopped)) Promise.resolve(stopped).then(over, threw);
      else over();
    } catch (error) {
      threw(error);
    }
  }

  #exited(actor: ObjectKey): void {
    this.#live.delete(actor);
    this.lanes.drop(actor);
    this.#hooks.push({ kind: 'exited', actor });
  }

  #giveBack(run: Run): void {
    this.#hooks.dropArguments(run);
    this.#hooks.push({ kind: 'recalled', task: run.task });
  }
}

function hookOf(instance: object, name: Hook): (() => unknown) | undefined {
  const hook: unknown = Reflect.get(instance, name);
  return typeof hook === 'function' ? () => Reflect.apply(hook, instance, []) as unknown : undefined;
}

/** True for what `await` waits for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    (value instanceof Promise || typeof Reflect.get(value, 'then') === 'function')
  );
}
