/**
 * What a caller may ask for one task or actor, resolved: every default filled in, every resource in whole thousandths.
 * Option sets travel once per stream as stable JSON and are then named by a number, so they cost nothing per task.
 */
import { describePlace, type Place, placeFromJson, placeKey, placeToJson } from './place.ts';
import { describeDemand, type ResourceDemand, resourceKey } from './resources.ts';

/** Whose nodes may run it: trusted ones only, or any, whose results are then taken unchecked. */
export type Trust = 'own' | 'unchecked';

/** Methods of an actor of which so many calls together may run at the same time. */
export interface ConcurrencyGroup {
  readonly name: string;
  readonly maxConcurrency: number;
  readonly methods: readonly string[];
}

/** Options of a task or an actor after defaults; the JSON of it is canonical (see {@link optionsToJson}). */
export interface ResolvedOptions {
  readonly demand: ResourceDemand;
  /** Attempts allowed after the first that ended by the task's own fault; -1 without limit (rule L4). */
  readonly maxRetries: number;
  /** False: exceptions are results. True: any exception is tried again. A list: those whose class name is in it. */
  readonly retryExceptions: boolean | readonly string[];
  /** Running time after which the attempt is ended; 0 without limit (rule S3: blocked time does not count). */
  readonly runtimeMs: number;
  /** Actors: the name `getActor` finds it by; tasks: shown to people. Empty for none. */
  readonly name: string;
  readonly namespace: string;
  /** Actors: successors allowed after a death by its own fault; -1 without limit. */
  readonly maxRestarts: number;
  /** Actors: how often a call that was unanswered when the actor died is sent to its next life; -1 without limit (rule A3). */
  readonly maxTaskRetries: number;
  /** Actors: one that has the name already is taken instead of an error. */
  readonly getIfExists: boolean;
  /** Actors: when the state is saved (rule A2). Absent: never. 0: not by that. */
  readonly checkpoint?: { readonly everyCalls: number; readonly everyMs: number };
  /** Actors: calls that may wait before callers get `BackPressureError`; 0 without limit. */
  readonly maxPendingCalls: number;
  /** Actors: calls of methods in no group that may run at the same time (rule A1). */
  readonly maxConcurrency: number;
  /** Actors: methods with limits of their own, which do not count in `maxConcurrency`. */
  readonly concurrencyGroups: readonly ConcurrencyGroup[];
  readonly trust: Trust;
  /** It may run twice at a time although it calls actors or other tasks (rule L9). */
  readonly idempotent: boolean;
  /** Among the tasks of one job the higher goes first (rule S5). */
  readonly priority: number;
  /** Where it asks to run; absent: anywhere. */
  readonly place?: Place;
  /** Actors: name of the class and the methods that may be called. Absent for tasks. */
  readonly actor?: { readonly className: string; readonly methods: readonly string[] };
}

/** The options of a task that asked for nothing. */
export const DEFAULT_OPTIONS: ResolvedOptions = {
  demand: { cpuMilli: 1000, custom: {} },
  maxRetries: 3,
  retryExceptions: false,
  runtimeMs: 0,
  name: '',
  namespace: '',
  maxRestarts: 0,
  maxTaskRetries: 0,
  getIfExists: false,
  maxPendingCalls: 0,
  maxConcurrency: 1,
  concurrencyGroups: [],
  trust: 'own',
  idempotent: false,
  priority: 0,
};

/** Priorities go from minus this to this. */
export const MAX_PRIORITY = 1000;

/**
 * True for an actor whose calls are repeated when it died (rule A2): it may live again, and runs one call to its end before the
 * next, so that the order in which calls began says everything.
 */
export function isRepeated({ maxRestarts, maxConcurrency, concurrencyGroups }: ResolvedOptions): boolean {
  return maxRestarts !== 0 && maxConcurrency === 1 && concurrencyGroups.length === 0;
}

/** Stable JSON: equal options give equal text. */
export function optionsToJson(options: ResolvedOptions): string {
  const { demand, retryExceptions, actor, place, ...rest } = options;
  const custom = Object.fromEntries(Object.entries(demand.custom).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({
    cpuMilli: demand.cpuMilli,
    custom,
    maxRetries: rest.maxRetries,
    retryExceptions,
    runtimeMs: rest.runtimeMs,
    name: rest.name,
    namespace: rest.namespace,
    maxRestarts: rest.maxRestarts,
    maxPendingCalls: rest.maxPendingCalls,
    // Left out where they are the default: option sets written before there were such fields give the same text.
    ...(rest.trust === 'own' ? {} : { trust: rest.trust }),
    ...(rest.idempotent ? { idempotent: true } : {}),
    ...(rest.priority === 0 ? {} : { priority: rest.priority }),
    ...(rest.maxTaskRetries === 0 ? {} : { maxTaskRetries: rest.maxTaskRetries }),
    ...(rest.getIfExists ? { getIfExists: true } : {}),
    ...(rest.maxConcurrency === 1 ? {} : { maxConcurrency: rest.maxConcurrency }),
    ...(rest.concurrencyGroups.length === 0 ? {} : { concurrencyGroups: rest.concurrencyGroups }),
    ...(place ? { place: placeToJson(place) } : {}),
    ...(rest.checkpoint ? { checkpointCalls: rest.checkpoint.everyCalls, checkpointMs: rest.checkpoint.everyMs } : {}),
    ...(actor ? { className: actor.className, methods: actor.methods } : {}),
  });
}

/**
 * Reads options that came from another machine. @throws TypeError naming the field that is wrong.
 */
export function optionsFromJson(json: string): ResolvedOptions {
  const raw: unknown = JSON.parse(json);
  if (typeof raw !== 'object' || raw === null) throw new TypeError('options: not an object');
  const fields = new Map<string, unknown>(Object.entries(raw));
  const className = fields.get('className');
  const place = placeFromJson(fields.get('place'));
  return {
    demand: { cpuMilli: whole(fields, 'cpuMilli', 0), custom: customResources(fields.get('custom')) },
    maxRetries: whole(fields, 'maxRetries', -1),
    retryExceptions: exceptionNames(fields.get('retryExceptions')),
    runtimeMs: whole(fields, 'runtimeMs', 0),
    name: text(fields, 'name'),
    namespace: text(fields, 'namespace'),
    maxRestarts: whole(fields, 'maxRestarts', -1),
    maxPendingCalls: whole(fields, 'maxPendingCalls', 0),
    trust: trust(fields.get('trust')),
    idempotent: fields.get('idempotent') === true,
    priority: priority(fields.get('priority')),
    maxTaskRetries: fields.has('maxTaskRetries') ? whole(fields, 'maxTaskRetries', -1) : 0,
    getIfExists: fields.get('getIfExists') === true,
    maxConcurrency: fields.has('maxConcurrency') ? whole(fields, 'maxConcurrency', 1) : 1,
    concurrencyGroups: concurrencyGroups(fields.get('concurrencyGroups')),
    ...(place ? { place } : {}),
    ...(fields.has('checkpointCalls')
      ? { checkpoint: { everyCalls: whole(fields, 'checkpointCalls', 0), everyMs: whole(fields, 'checkpointMs', 0) } }
      : {}),
    ...(className === undefined
      ? {}
      : { actor: { className: text(fields, 'className'), methods: names(fields.get('methods'), 'methods') } }),
  };
}

/** Tasks with equal shapes compete for the same nodes: the key of a scheduling class. */
export function schedulingClassOf(options: ResolvedOptions): string {
  const { demand, trust: whose, place } = options;
  const resources = whose === 'own' ? resourceKey(demand) : `${resourceKey(demand)},${whose}`;
  return place ? `${resources} ${placeKey(place)}` : resources;
}

/** What it asks for, in words: resources, then the place. */
export function describeWish({ demand, place }: ResolvedOptions): string {
  return place ? `${describeDemand(demand)}, ${describePlace(place)}` : describeDemand(demand);
}

function trust(value: unknown): Trust {
  if (value === undefined || value === 'own') return 'own';
  if (value === 'unchecked') return value;
  throw new TypeError('options: trust is neither "own" nor "unchecked"');
}

function priority(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) <= MAX_PRIORITY) return value;
  throw new TypeError(`options: priority is not a whole number from -${MAX_PRIORITY} to ${MAX_PRIORITY}`);
}

function whole(fields: Map<string, unknown>, name: string, least: number): number {
  const value = fields.get(name);
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least) {
    throw new TypeError(`options: ${name} is not a whole number of at least ${least}`);
  }
  return value;
}

function text(fields: Map<string, unknown>, name: string): string {
  const value = fields.get(name);
  if (typeof value !== 'string' || value.length > 1024) throw new TypeError(`options: ${name} is not a short text`);
  return value;
}

function names(value: unknown, name: string): string[] {
  if (!Array.isArray(value) || !value.every((item): item is string => typeof item === 'string')) {
    throw new TypeError(`options: ${name} is not a list of names`);
  }
  return value;
}

function concurrencyGroups(value: unknown): ConcurrencyGroup[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new TypeError('options: concurrencyGroups is not a list');
  return value.map((each: unknown) => {
    if (typeof each !== 'object' || each === null) throw new TypeError('options: a concurrency group is not an object');
    const fields = new Map<string, unknown>(Object.entries(each));
    return {
      name: text(fields, 'name'),
      maxConcurrency: whole(fields, 'maxConcurrency', 1),
      methods: names(fields.get('methods'), 'methods'),
    };
  });
}

function exceptionNames(value: unknown): boolean | string[] {
  return typeof value === 'boolean' ? value : names(value, 'retryExceptions');
}

function customResources(value: unknown): Record<string, number> {
  if (typeof value !== 'object' || value === null) throw new TypeError('options: custom is not an object');
  const result: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const [name, milli] of Object.entries(value)) {
    if (typeof milli !== 'number' || !Number.isSafeInteger(milli) || milli < 0) {
      throw new TypeError(`options: resource ${name} is not a whole number of thousandths`);
    }
    result[name] = milli;
  }
  return result;
}
