// What `.options({...})` accepts, for tasks and for actors. These interfaces are the whole list, so that editors show it. An
// option whose behaviour does not exist yet is refused by name, because an option that is silently ignored is a wrong result
// that nobody sees; `parse-options.ts` has the values' rules. Sizes are bytes, times milliseconds.

import type { Place } from '#shared/task/place.ts';
import type { ConcurrencyGroup, Trust } from '#shared/task/task-options.ts';

/** A reservation of resources on several nodes, as `placementGroup(...)` gives it. */
export interface PlacementGroup {
  /** Its id, as text. */
  readonly id: string;
}

/**
 * Where among the nodes that fit. `'DEFAULT'`: the lowest estimated waiting time. `'SPREAD'`: they take turns. `{ node }`: that one
 * only, by the number of its session or its lasting id, as lists and the dashboard show them; if it is not here (any more) the call
 * fails with `InfeasibleError`. With `soft` another will do once that one is gone, or if it could never run it.
 */
export type SchedulingStrategy = 'DEFAULT' | 'SPREAD' | { readonly node: string; readonly soft?: boolean };

/**
 * What the value of a label may be: a text for that value, a list for one of several, `true` for any, `false` for nodes without the
 * label, `{ not }` for another value than that (or those), or none.
 */
export type LabelCondition = string | readonly string[] | boolean | { readonly not: string | readonly string[] };

/**
 * Whose machines may give a result. `'own'`: nodes that joined with the cluster's key. `'unchecked'`: strangers' too, and what
 * they answer is taken for true. Not available yet: `'spot'`, spot-checked strangers, and `quorum` equal results of different
 * owners.
 */
export type TrustPolicy = 'own' | 'unchecked' | 'spot' | { readonly quorum: number };

/** A class of errors, for `retryExceptions`. */
export type ErrorClass = abstract new (...args: never[]) => Error;

/** What tasks and actors have in common. */
export interface CommonOptions {
  /** CPUs held while running; a fraction down to 0.0001 shares one. Default: 1 for a task, 0 for an actor. */
  readonly numCpus?: number;
  /**
   * GPUs held while running; a fraction down to 0.0001 shares one. Default 0. With any, `context().gpu` is a `GPUDevice`.
   * `1` for a node's GPU as a whole: no node lends more than one.
   */
  readonly numGpus?: number;
  /** Memory it needs, in bytes, for placement and as a limit. Default: not limited by itself. Not available yet. */
  readonly memoryBytes?: number;
  /** Custom resources it holds, by name; amounts down to 0.0001. Default none. */
  readonly resources?: Readonly<Record<string, number>>;
  /** The longest one call may run (waiting in `get` does not count), in milliseconds. Default: no limit. */
  readonly runtimeMs?: number;
  /** Task: how lists and the dashboard show it; default the function's name. Actor: the name `getActor` finds; default none. */
  readonly name?: string;
  /** Where among the nodes that fit. Default `'DEFAULT'`: the lowest estimated waiting time. */
  readonly schedulingStrategy?: SchedulingStrategy;
  /**
   * Only nodes whose labels are like this; all conditions hold. `{ zone: 'a', disk: ['ssd', 'nvme'], spot: false }`. Nodes get labels
   * from their owners (`daylight join --label zone=a`) and have some by themselves: `role` (`host`, `tab`, `driver`), `os` and `arch`
   * of hosts, `browser` of tabs. Without such a node it waits, and is shown as infeasible. Default any.
   */
  readonly labels?: Readonly<Record<string, LabelCondition>>;
  /** Runs inside this reservation. Default none. Not available yet. */
  readonly placementGroup?: PlacementGroup;
  /**
   * Among the waiting tasks of one job the higher goes first, then the older. A whole number from -1000 to 1000, default 0.
   * An actor's is that of its creation; its calls keep their order.
   */
  readonly priority?: number;
  /** Seeded randomness, a fixed clock, portable `Math`; differing results are an error. Default `false`. Not available yet. */
  readonly deterministic?: boolean;
}

/** Options of a remote function. */
export interface TaskOptions extends CommonOptions {
  /**
   * Repeating it does no harm: a second copy of a straggler may run beside it even if it calls actors or other tasks. One that
   * calls nothing may have a second copy anyway. Default `false`.
   */
  readonly idempotent?: boolean;
  /** Whose machines may run it. Default `'own'`. */
  readonly trust?: TrustPolicy;
  /** Attempts after the first when one fails by its own fault (crash, limits, retried errors). `Infinity` allowed. Default 3. */
  readonly maxRetries?: number;
  /**
   * Which errors thrown by the function are retried too: all (`true`), none, or those of these classes and their subclasses,
   * matched by class name. Default `false`: an exception is a result.
   */
  readonly retryExceptions?: boolean | readonly ErrorClass[];
  /** How many references `.remote` gives for a function that returns a tuple of that length. From 1 to 1 000. Default 1. */
  readonly numReturns?: number;
}

/** Methods of an actor with a limit of their own. */
export interface ConcurrencyGroupOptions<M extends string = string> {
  /** Calls of these methods, together, that may run at the same time. A whole number from 1. */
  readonly maxConcurrency: number;
  readonly methods: readonly M[];
}

/** See {@link ActorOptions.checkpoint}. */
export interface CheckpointOption {
  readonly everyCalls?: number;
  readonly everyMs?: number;
}

/** Options of a remote class; `M` are the names of its methods. */
export interface ActorOptions<M extends string = string> extends CommonOptions {
  /** Whose machines it may live on. An actor has state that nobody can check: own ones only. */
  readonly trust?: 'own';
  /** How often the actor starts again after its worker or node died. `Infinity` allowed. Default 0. */
  readonly maxRestarts?: number;
  /** Calls of one caller waiting for the actor, at most; past it `.remote` throws `BackPressureError`. Default: no own bound. */
  readonly maxPendingCalls?: number;
  /**
   * How often a call that was unanswered when the actor died is sent to its next life, in order; it may run more than once then.
   * `Infinity` allowed. Default 0: such a call fails with `ActorUnavailableError`.
   */
  readonly maxTaskRetries?: number;
  /**
   * Calls that may run at the same time: they start in order and take turns at every `await`. A whole number from 1, default 1.
   * Methods in a group do not count.
   */
  readonly maxConcurrency?: number;
  /**
   * Methods with limits of their own, by a name for each group: `{ io: { maxConcurrency: 4, methods: ['read'] } }`. A group that
   * is full holds back no other, so calls start in order only within their group. A method is in one group at most. Default none.
   */
  readonly concurrencyGroups?: Readonly<Record<string, ConcurrencyGroupOptions<M>>>;
  /** The set of names in which `name` must be unique, the same for all jobs. Default: the job's own. */
  readonly namespace?: string;
  /** Gives the actor that has this name already instead of an error. Default `false`. Needs a `name`. */
  readonly getIfExists?: boolean;
  /** `'detached'`: outlives its maker and the job. Default: ends with them. Not available yet. */
  readonly lifetime?: 'detached';
  /**
   * When the state is saved with `saveCheckpoint()`: after so many calls (from 1) or so many milliseconds, whichever comes
   * first. Only for a class with `saveCheckpoint` and `restoreCheckpoint`, and of use only with `maxRestarts`. Default for such a
   * class: after 100 calls.
   */
  readonly checkpoint?: CheckpointOption;
}

/** A number of retries or restarts that stands for "no limit": fits 32 bits and needs no special case in a comparison. */
export const UNLIMITED = 0x7fff_ffff;

/** Calls that `map` keeps in flight unless told otherwise. */
export const DEFAULT_MAX_IN_FLIGHT = 64;

/**
 * A task's options, complete and checked. Plain JSON values with sorted keys and lists, so that equal options are equal text:
 * they travel once per session, in a dictionary keyed by `resolvedOptionsKey`. Not every function has the same defaults in
 * every program, so they are written out rather than left to the reader's version.
 */
export interface ResolvedTaskOptions {
  readonly kind: 'task';
  readonly numCpus: number;
  readonly numGpus: number;
  /** Without zero amounts. */
  readonly resources: Readonly<Record<string, number>>;
  /** From 0; `UNLIMITED` for no limit. */
  readonly maxRetries: number;
  /** `true`: all. A list: the names of the classes; empty for none. */
  readonly retryExceptions: true | readonly string[];
  /** Whole milliseconds, or `null` for no limit. */
  readonly runtimeMs: number | null;
  /** `null`: the function's own name. */
  readonly name: string | null;
  readonly numReturns: number;
  readonly trust: Trust;
  readonly idempotent: boolean;
  readonly priority: number;
  /** Labels and strategy; `null`: anywhere. */
  readonly place: Place | null;
}

/** An actor's options, complete and checked. Form as `ResolvedTaskOptions`. */
export interface ResolvedActorOptions {
  readonly kind: 'actor';
  readonly numCpus: number;
  readonly numGpus: number;
  /** Without zero amounts. */
  readonly resources: Readonly<Record<string, number>>;
  /** From 0; `UNLIMITED` for no limit. */
  readonly maxRestarts: number;
  /** From 0; `UNLIMITED` for no limit. */
  readonly maxTaskRetries: number;
  readonly getIfExists: boolean;
  /** Empty: the job's own. */
  readonly namespace: string;
  /** 0 for what is not given; `null` if neither is. */
  readonly checkpoint: { readonly everyCalls: number; readonly everyMs: number } | null;
  /** From 1, or `null` for no bound of its own. */
  readonly maxPendingCalls: number | null;
  /** From 1. */
  readonly maxConcurrency: number;
  /** Sorted by name, as are the methods of each. */
  readonly concurrencyGroups: readonly ConcurrencyGroup[];
  /** Whole milliseconds per call, or `null` for no limit. */
  readonly runtimeMs: number | null;
  /** `null`: not named. */
  readonly name: string | null;
  readonly priority: number;
  /** Labels and strategy; `null`: anywhere. */
  readonly place: Place | null;
}
