// From checked options to the form that travels: whole thousandths, -1 for "no limit", 0 for "none".

import { GPU_RESOURCE, MILLI } from '#shared/task/resources.ts';
import type { ResolvedOptions } from '#shared/task/task-options.ts';
import { didYouMean } from './did-you-mean.ts';
import { NotYetSupportedError } from '#shared/errors/daylight-error.ts';
import { type ResolvedActorOptions, type ResolvedTaskOptions, UNLIMITED } from './options.ts';

/** Options of a function's calls. @throws NotYetSupportedError for several returns. */
export function wireTaskOptions(options: ResolvedTaskOptions, functionName: string): ResolvedOptions {
  if (options.numReturns > 1) {
    throw new NotYetSupportedError('option "numReturns" above 1 is not available yet: return an array, and get() it');
  }
  return {
    demand: demand(options),
    maxRetries: countOf(options.maxRetries),
    retryExceptions:
      options.retryExceptions === true ? true : options.retryExceptions.length > 0 ? options.retryExceptions : false,
    runtimeMs: options.runtimeMs ?? 0,
    name: options.name ?? functionName,
    namespace: '',
    maxRestarts: 0,
    maxTaskRetries: 0,
    getIfExists: false,
    maxPendingCalls: 0,
    maxConcurrency: 1,
    concurrencyGroups: [],
    trust: options.trust,
    idempotent: options.idempotent,
    priority: options.priority,
    ...(options.place ? { place: options.place } : {}),
  };
}

/** Calls between two checkpoints of a class that knows how to save and says nothing else. */
const DEFAULT_CHECKPOINT = { everyCalls: 100, everyMs: 0 };

/**
 * Options of a class's actors.
 *
 * @param saves whether it can save its state; undefined if that is not known yet
 * @throws TypeError for a concurrency group of methods that the class has not.
 */
export function wireActorOptions(
  options: ResolvedActorOptions,
  className: string,
  methods: readonly string[],
  saves: boolean | undefined,
): ResolvedOptions {
  // Not known yet where the class's module is still in the making: then every name is tried.
  const unknown =
    methods.length > 0 && options.concurrencyGroups.flatMap((group) => group.methods).find((m) => !methods.includes(m));
  if (unknown)
    throw new TypeError(
      `class ${className} has no method "${unknown}" to be in a concurrency group${didYouMean(unknown, methods)}`,
    );
  const checkpoint = options.checkpoint ?? (saves === true && options.maxRestarts > 0 ? DEFAULT_CHECKPOINT : undefined);
  return {
    demand: demand(options),
    maxRetries: 0,
    retryExceptions: false,
    runtimeMs: options.runtimeMs ?? 0,
    name: options.name ?? '',
    namespace: options.namespace,
    maxRestarts: countOf(options.maxRestarts),
    maxTaskRetries: countOf(options.maxTaskRetries),
    getIfExists: options.getIfExists,
    ...(checkpoint ? { checkpoint } : {}),
    maxPendingCalls: options.maxPendingCalls ?? 0,
    maxConcurrency: options.maxConcurrency,
    concurrencyGroups: options.concurrencyGroups,
    trust: 'own',
    idempotent: false,
    priority: options.priority,
    ...(options.place ? { place: options.place } : {}),
    actor: { className, methods },
  };
}

function countOf(count: number): number {
  return count >= UNLIMITED ? -1 : count;
}

/** Amounts have four decimals in the API and three here: what is asked for is rounded up, so that nothing becomes free. */
function demand({
  numCpus,
  numGpus,
  resources,
}: {
  numCpus: number;
  numGpus: number;
  resources: Readonly<Record<string, number>>;
}): ResolvedOptions['demand'] {
  const custom: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const [name, amount] of Object.entries(resources)) custom[name] = milli(amount);
  if (numGpus > 0) custom[GPU_RESOURCE] = milli(numGpus);
  return { cpuMilli: milli(numCpus), custom };
}

function milli(amount: number): number {
  const exact = amount * MILLI;
  const rounded = Math.round(exact);
  return Math.abs(exact - rounded) < 1e-6 ? rounded : Math.ceil(exact);
}
