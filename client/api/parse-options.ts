// Turns what a program wrote in `.options({...})` into the checked, canonical record that travels. Every mistake is one
// sentence that names the option, the value and what would be right, thrown where `.options` is called. An option set to
// `undefined` counts as not given.

import { NotYetSupportedError } from '#shared/errors/daylight-error.ts';
import { type ConcurrencyGroup, MAX_PRIORITY, type Trust } from '#shared/task/task-options.ts';

import { didYouMean } from './did-you-mean.ts';
import { placeOf } from './parse-place.ts';
import { show } from './show-value.ts';
import type { ActorOptions, ResolvedActorOptions, ResolvedTaskOptions, TaskOptions } from './options.ts';
import { UNLIMITED } from './options.ts';

const AMOUNT_STEPS_PER_UNIT = 10_000;
const MAX_AMOUNT = 1e9;
const MAX_NUM_RETURNS = 1_000;
/** Calls of one actor that run at the same time. */
const MAX_CONCURRENCY = 100_000;
const MAX_NAME_LENGTH = 200;
/** The longest delay a timer takes: 24.8 days. */
const MAX_RUNTIME_MS = 0x7fff_ffff;

type Availability = 'now' | 'later';

// `Record<keyof …>`: an option added to the interface does not compile until it is classified here.
const TASK_OPTIONS: Readonly<Record<keyof TaskOptions, Availability>> = {
  numCpus: 'now',
  numGpus: 'now',
  resources: 'now',
  maxRetries: 'now',
  retryExceptions: 'now',
  runtimeMs: 'now',
  name: 'now',
  numReturns: 'now',
  trust: 'now',
  idempotent: 'now',
  priority: 'now',
  memoryBytes: 'later',
  schedulingStrategy: 'now',
  labels: 'now',
  placementGroup: 'later',
  deterministic: 'later',
};

const ACTOR_OPTIONS: Readonly<Record<keyof ActorOptions, Availability>> = {
  numCpus: 'now',
  numGpus: 'now',
  resources: 'now',
  maxRestarts: 'now',
  maxTaskRetries: 'now',
  namespace: 'now',
  getIfExists: 'now',
  maxPendingCalls: 'now',
  maxConcurrency: 'now',
  concurrencyGroups: 'now',
  runtimeMs: 'now',
  name: 'now',
  trust: 'now',
  priority: 'now',
  memoryBytes: 'later',
  schedulingStrategy: 'now',
  labels: 'now',
  placementGroup: 'later',
  deterministic: 'later',
  lifetime: 'later',
  checkpoint: 'now',
};

/** The resource names that have an option of their own, as users of Ray write them. */
const OWN_OPTION: ReadonlyMap<string, string> = new Map([
  ['cpu', 'numCpus'],
  ['gpu', 'numGpus'],
  ['memory', 'memoryBytes'],
]);

/**
 * Checks and completes a task's options. Throws `NotYetSupportedError` for a known option whose behaviour does not exist yet,
 * `TypeError` for an unknown one or a value of the wrong type, `RangeError` for a number out of range.
 */
export function parseTaskOptions(raw: unknown): ResolvedTaskOptions {
  const given = checkKeys(raw, 'task', TASK_OPTIONS, ACTOR_OPTIONS);
  return {
    kind: 'task',
    numCpus: given.numCpus === undefined ? 1 : amount('numCpus', given.numCpus),
    numGpus: given.numGpus === undefined ? 0 : amount('numGpus', given.numGpus),
    resources: resources(given.resources),
    maxRetries: given.maxRetries === undefined ? 3 : countOrUnlimited('maxRetries', given.maxRetries),
    retryExceptions: retryExceptions(given.retryExceptions),
    runtimeMs: runtimeMs(given.runtimeMs),
    name: name(given.name),
    numReturns: given.numReturns === undefined ? 1 : count('numReturns', given.numReturns, 1, MAX_NUM_RETURNS),
    trust: trustOf(given.trust),
    idempotent: flag('idempotent', given.idempotent),
    priority: priority(given.priority),
    place: placeOf(given),
  };
}

/** Checks and completes an actor's options. Errors as `parseTaskOptions`. */
export function parseActorOptions(raw: unknown): ResolvedActorOptions {
  const given = checkKeys(raw, 'actor', ACTOR_OPTIONS, TASK_OPTIONS);
  if (trustOf(given.trust) !== 'own') {
    throw new NotYetSupportedError(
      'trust "unchecked" is for tasks: an actor lives on trusted nodes only, leave trust out',
    );
  }
  const namespace = given.namespace === undefined ? '' : text('namespace', given.namespace);
  const getIfExists = flag('getIfExists', given.getIfExists);
  if (given.name === undefined && (getIfExists || namespace !== ''))
    throw new TypeError(`${getIfExists ? 'getIfExists' : 'namespace'} is for actors with a name: give it one`);
  return {
    kind: 'actor',
    numCpus: given.numCpus === undefined ? 0 : amount('numCpus', given.numCpus),
    numGpus: given.numGpus === undefined ? 0 : amount('numGpus', given.numGpus),
    resources: resources(given.resources),
    maxRestarts: given.maxRestarts === undefined ? 0 : countOrUnlimited('maxRestarts', given.maxRestarts),
    maxTaskRetries: given.maxTaskRetries === undefined ? 0 : countOrUnlimited('maxTaskRetries', given.maxTaskRetries),
    getIfExists,
    namespace,
    checkpoint: checkpoint(given.checkpoint),
    maxPendingCalls:
      given.maxPendingCalls === undefined ? null : count('maxPendingCalls', given.maxPendingCalls, 1, UNLIMITED),
    maxConcurrency:
      given.maxConcurrency === undefined ? 1 : count('maxConcurrency', given.maxConcurrency, 1, MAX_CONCURRENCY),
    concurrencyGroups: concurrencyGroups(given.concurrencyGroups),
    runtimeMs: runtimeMs(given.runtimeMs),
    name: name(given.name),
    priority: priority(given.priority),
    place: placeOf(given),
  };
}

/** The options as text that is equal exactly when they are equal, in every process and version of JavaScript. */
export function resolvedOptionsKey(options: ResolvedTaskOptions | ResolvedActorOptions): string {
  return JSON.stringify(options, sortKeys);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Refuses what is not an option of this kind; gives the options that have a value. */
function checkKeys<K extends string>(
  raw: unknown,
  kind: 'task' | 'actor',
  known: Readonly<Record<K, Availability>>,
  ofOtherKind: Readonly<Record<string, Availability>>,
): Partial<Record<K, unknown>> {
  if (raw === undefined) return {};
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new TypeError(`the options of a ${kind} must be an object such as { numCpus: 2 }, not ${show(raw)}`);
  }
  const given: Partial<Record<K, unknown>> = {};
  for (const [key, value] of Object.entries(raw)) {
    if (!isKeyOf(known, key)) {
      const home = kind === 'task' ? 'actors' : 'tasks';
      if (Object.hasOwn(ofOtherKind, key)) throw new TypeError(`option "${key}" is for ${home}, not for ${kind}s`);
      throw new TypeError(`a ${kind} has no option "${key}"${didYouMean(key, Object.keys(known))}`);
    }
    if (value === undefined) continue;
    if (known[key] === 'later') {
      throw new NotYetSupportedError(
        `option "${key}" is not available yet; a ${kind} takes ${availableNow(known).join(', ')}`,
      );
    }
    given[key] = value;
  }
  return given;
}

function isKeyOf<K extends string>(record: Readonly<Record<K, unknown>>, key: string): key is K {
  return Object.hasOwn(record, key);
}

function availableNow(known: Readonly<Record<string, Availability>>): string[] {
  return Object.keys(known).filter((key) => known[key] === 'now');
}

/** An amount of a resource: from 0, in steps of 0.0001. */
function amount(label: string, value: unknown): number {
  if (typeof value !== 'number') throw new TypeError(`${label} must be a number, not ${show(value)}`);
  if (!(value >= 0 && value <= MAX_AMOUNT)) {
    throw new RangeError(`${label} must be from 0 to ${MAX_AMOUNT}, not ${value}`);
  }
  const steps = Math.round(value * AMOUNT_STEPS_PER_UNIT);
  // 0.1 + 0.2 is meant as 0.3; 1/3 cannot be kept, and silently holding less than was asked for would be wrong.
  if (Math.abs(value * AMOUNT_STEPS_PER_UNIT - steps) > 1e-6 * Math.max(1, steps)) {
    throw new RangeError(`${label} must be a multiple of 0.0001, not ${value}: write ${steps / AMOUNT_STEPS_PER_UNIT}`);
  }
  return steps / AMOUNT_STEPS_PER_UNIT + 0; // + 0: no negative zero
}

function resources(value: unknown): Readonly<Record<string, number>> {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`resources must be an object such as { robot: 1 }, not ${show(value)}`);
  }
  const amounts: [string, number][] = [];
  for (const [resource, raw] of Object.entries(value)) {
    const option = OWN_OPTION.get(resource.toLowerCase());
    if (option !== undefined) throw new TypeError(`resources must not name "${resource}": use the option ${option}`);
    if (resource === '' || resource.length > MAX_NAME_LENGTH) {
      throw new RangeError(`the name of a resource must have 1 to ${MAX_NAME_LENGTH} characters`);
    }
    const held = amount(`resources.${resource}`, raw);
    if (held > 0) amounts.push([resource, held]);
  }
  return Object.fromEntries(amounts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function count(label: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number') throw new TypeError(`${label} must be a whole number, not ${show(value)}`);
  if (!(Number.isInteger(value) && value >= min && value <= max)) {
    throw new RangeError(`${label} must be a whole number from ${min} to ${max}, not ${value}`);
  }
  return value;
}

function countOrUnlimited(label: string, value: unknown): number {
  if (value === Infinity) return UNLIMITED;
  if (value === -1) throw new RangeError(`${label} must not be negative: write Infinity for no limit`);
  return count(label, value, 0, UNLIMITED);
}

function concurrencyGroups(value: unknown): ConcurrencyGroup[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const example = "{ io: { maxConcurrency: 4, methods: ['read'] } }";
    throw new TypeError(`concurrencyGroups must be an object such as ${example}, not ${show(value)}`);
  }
  const groupOf = new Map<string, string>();
  const groups = Object.entries(value).map(([group, raw]: [string, unknown]): ConcurrencyGroup => {
    const label = `concurrencyGroups.${group}`;
    if (typeof raw !== 'object' || raw === null)
      throw new TypeError(`${label} must be an object with maxConcurrency and methods, not ${show(raw)}`);
    const methods: unknown = Reflect.get(raw, 'methods');
    if (!Array.isArray(methods) || !methods.every((method): method is string => typeof method === 'string'))
      throw new TypeError(`${label}.methods must be a list of names, not ${show(methods)}`);
    for (const method of methods) {
      const other = groupOf.get(method);
      if (other !== undefined)
        throw new TypeError(`method "${method}" is in the concurrency groups ${other} and ${group}`);
      groupOf.set(method, group);
    }
    const maxConcurrency = count(`${label}.maxConcurrency`, Reflect.get(raw, 'maxConcurrency'), 1, MAX_CONCURRENCY);
    return { name: group, maxConcurrency, methods: methods.toSorted() };
  });
  return groups.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function checkpoint(value: unknown): ResolvedActorOptions['checkpoint'] {
  if (value === undefined) return null;
  const example = 'an object such as { everyCalls: 100 } or { everyMs: 1000 }';
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError(`checkpoint must be ${example}, not ${show(value)}`);
  const given = new Map<string, unknown>(Object.entries(value));
  for (const key of given.keys())
    if (key !== 'everyCalls' && key !== 'everyMs')
      throw new TypeError(`checkpoint has no "${key}"${didYouMean(key, ['everyCalls', 'everyMs'])}: it is ${example}`);
  const [everyCalls, everyMs] = [given.get('everyCalls'), given.get('everyMs')];
  if (everyCalls === undefined && everyMs === undefined) throw new TypeError(`checkpoint must be ${example}`);
  return {
    everyCalls: everyCalls === undefined ? 0 : count('checkpoint.everyCalls', everyCalls, 1, UNLIMITED),
    everyMs: everyMs === undefined ? 0 : count('checkpoint.everyMs', everyMs, 1, MAX_RUNTIME_MS),
  };
}

function priority(value: unknown): number {
  return value === undefined ? 0 : count('priority', value, -MAX_PRIORITY, MAX_PRIORITY);
}

function runtimeMs(value: unknown): number | null {
  if (value === undefined) return null;
  if (typeof value !== 'number') throw new TypeError(`runtimeMs must be a number of milliseconds, not ${show(value)}`);
  if (!(value > 0 && value <= MAX_RUNTIME_MS)) {
    throw new RangeError(
      `runtimeMs must be above 0 and at most ${MAX_RUNTIME_MS}, not ${value}: leave it out for no limit`,
    );
  }
  return Math.ceil(value);
}

function name(value: unknown): string | null {
  return value === undefined ? null : text('name', value);
}

function text(label: string, value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`${label} must be a string, not ${show(value)}`);
  if (value.trim() === '' || value.length > MAX_NAME_LENGTH) {
    throw new RangeError(`${label} must have 1 to ${MAX_NAME_LENGTH} characters, not only spaces`);
  }
  return value;
}

/** A yes or no; default no. */
function flag(option: string, value: unknown): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new TypeError(`${option} must be true or false, not ${show(value)}`);
  return value;
}

function trustOf(value: unknown): Trust {
  if (value === undefined || value === 'own') return 'own';
  if (value === 'unchecked') return value;
  if (value === 'spot' || (typeof value === 'object' && value !== null && 'quorum' in value)) {
    throw new NotYetSupportedError(
      `trust ${value === 'spot' ? '"spot"' : '{ quorum }'} is not available yet, because results of strangers cannot be ` +
        'checked yet; "own" keeps to trusted nodes, "unchecked" takes what strangers answer',
    );
  }
  throw new TypeError(`trust must be "own" or "unchecked", not ${show(value)}`);
}

function retryExceptions(value: unknown): true | readonly string[] {
  if (value === undefined || value === false) return [];
  if (value === true) return true;
  if (!Array.isArray(value)) {
    throw new TypeError(
      `retryExceptions must be true or a list of error classes such as [TypeError], not ${show(value)}`,
    );
  }
  const names = new Set<string>();
  for (const item of value) names.add(errorClassName(item));
  return [...names].sort();
}

function errorClassName(item: unknown): string {
  const isErrorClass = typeof item === 'function' && (item === Error || item.prototype instanceof Error);
  if (!isErrorClass) {
    throw new TypeError(`retryExceptions must list error classes such as [TypeError], and ${show(item)} is none`);
  }
  if (item.name === '')
    throw new TypeError('retryExceptions matches classes by name, and one of these classes has no name');
  return item.name;
}
