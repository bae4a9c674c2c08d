/**
 * What the drivers of the simulator introduce: a module, one function, some sets of options.
 */
import { DEFAULT_OPTIONS, optionsToJson, type ResolvedOptions } from '#shared/task/task-options.ts';

/** The module that every simulated job brings; nobody evaluates it. */
export const JOB_MODULE = {
  module: '5'.repeat(64),
  code: new TextEncoder().encode('export const run = remote((plan) => plan);'),
  sourceMap: new Uint8Array(0),
};

/** The number of the one function. */
export const TASK_FUNCTION = 0;

const HALF_CPU = { cpuMilli: 500, custom: {} };
const TWO_CPUS = { cpuMilli: 2000, custom: {} };

const SETS: readonly ResolvedOptions[] = [
  DEFAULT_OPTIONS,
  { ...DEFAULT_OPTIONS, retryExceptions: true },
  { ...DEFAULT_OPTIONS, demand: HALF_CPU },
  { ...DEFAULT_OPTIONS, demand: TWO_CPUS },
  { ...DEFAULT_OPTIONS, maxRetries: 1 },
  { ...DEFAULT_OPTIONS, maxRetries: 0 },
];

/** By number. */
export const OPTION_SETS: readonly string[] = SETS.map(optionsToJson);
/** What they ask for. */
export const CPU_MILLI: readonly number[] = SETS.map(({ demand }) => demand.cpuMilli);
export const OPTIONS = { plain: 0, retryExceptions: 1, halfCpu: 2, twoCpus: 3, oneRetry: 4, noRetry: 5 } as const;
