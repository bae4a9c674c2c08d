/**
 * What the drivers of the simulator introduce: a module with a function and a class, a method, some sets of options.
 */
import { digest128 } from '#shared/ids/content-id.ts';
import type { Place } from '#shared/task/place.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { DEFAULT_OPTIONS, isRepeated, optionsToJson, type ResolvedOptions } from '#shared/task/task-options.ts';

/** The module that every simulated job brings; nobody evaluates it. */
export const JOB_MODULE = {
  module: '5'.repeat(64),
  code: new TextEncoder().encode(
    'export const run = remote((plan) => plan); export const Actor = remote(SimulatedActor);',
  ),
  sourceMap: new Uint8Array(0),
};

/** What can be called, by the number that programs use for it. */
export const FUNCTIONS = [
  { module: JOB_MODULE.module, name: 'jobs/simulated.ts#run', functionKind: FUNCTION_KIND.task },
  { module: JOB_MODULE.module, name: 'jobs/simulated.ts#Actor', functionKind: FUNCTION_KIND.actor },
  { module: '', name: 'call', functionKind: FUNCTION_KIND.method },
] as const;
export const TASK_FUNCTION = 0;
export const ACTOR_FUNCTION = 1;
export const METHOD_FUNCTION = 2;

/** A custom resource that not every node has. */
export const RARE_RESOURCE = 'gpu-x';
/** What actors may ask for: enough for all of them, where there is any. */
export const SEAT_RESOURCE = 'seat';

/** A label of every node; what follows is asked of it. */
export const ZONE = 'zone';
/** The lasting id of the first host, where there is one. */
const FIRST_NODE = digest128(new TextEncoder().encode(`daylight/1/shown-node ${nodeIdOf('host1')}`));

function placed(place: Partial<Place>): Place {
  return { labels: [], spread: false, ...place };
}

/** Of the node of this name. */
export function nodeIdOf(name: string): string {
  let nodeId = '';
  for (const char of name) nodeId += (char.codePointAt(0) ?? 0).toString(16);
  return nodeId;
}

const NOTHING = { cpuMilli: 0, custom: {} };
const ACTOR: ResolvedOptions = {
  ...DEFAULT_OPTIONS,
  demand: NOTHING,
  maxRetries: 0,
  actor: { className: 'SimulatedActor', methods: ['call'] },
};

const SETS = {
  plain: DEFAULT_OPTIONS,
  retryExceptions: { ...DEFAULT_OPTIONS, retryExceptions: true },
  halfCpu: { ...DEFAULT_OPTIONS, demand: { cpuMilli: 500, custom: {} } },
  twoCpus: { ...DEFAULT_OPTIONS, demand: { cpuMilli: 2000, custom: {} } },
  unchecked: { ...DEFAULT_OPTIONS, trust: 'unchecked' },
  oneRetry: { ...DEFAULT_OPTIONS, maxRetries: 1 },
  manyRetries: { ...DEFAULT_OPTIONS, maxRetries: 6 },
  urgent: { ...DEFAULT_OPTIONS, priority: 10 },
  patient: { ...DEFAULT_OPTIONS, priority: -10 },
  idempotent: { ...DEFAULT_OPTIONS, idempotent: true },
  noRetry: { ...DEFAULT_OPTIONS, maxRetries: 0 },
  noCpu: { ...DEFAULT_OPTIONS, demand: NOTHING },
  rare: { ...DEFAULT_OPTIONS, demand: { cpuMilli: 1000, custom: { [RARE_RESOURCE]: 1000 } } },
  halfRare: { ...DEFAULT_OPTIONS, demand: { cpuMilli: 0, custom: { [RARE_RESOURCE]: 500 } } },
  // The first node always meets these; see `cluster.ts`.
  zoned: { ...DEFAULT_OPTIONS, place: placed({ labels: [{ key: ZONE, op: 'in', values: ['a'] }] }) },
  unzoned: { ...DEFAULT_OPTIONS, place: placed({ labels: [{ key: ZONE, op: 'notIn', values: ['b', 'c'] }] }) },
  spread: { ...DEFAULT_OPTIONS, place: placed({ spread: true }) },
  firstNode: { ...DEFAULT_OPTIONS, place: placed({ node: { id: FIRST_NODE, soft: true } }) },
  onlyFirstNode: { ...DEFAULT_OPTIONS, place: placed({ node: { id: FIRST_NODE, soft: false } }) },
  mortal: ACTOR,
  seated: { ...ACTOR, demand: { cpuMilli: 0, custom: { [SEAT_RESOURCE]: 1000 } }, maxRestarts: 1 },
  async: { ...ACTOR, maxConcurrency: 3, maxRestarts: -1, maxTaskRetries: 1 },
  retried: { ...ACTOR, maxRestarts: -1, maxTaskRetries: 2 },
  named: { ...ACTOR, maxRestarts: -1, name: 'board', getIfExists: true },
  immortal: { ...ACTOR, maxRestarts: -1 },
  saving: { ...ACTOR, maxRestarts: -1, checkpoint: { everyCalls: 3, everyMs: 0 } },
  punctual: { ...ACTOR, maxRestarts: -1, checkpoint: { everyCalls: 0, everyMs: 300 } },
  method: { ...DEFAULT_OPTIONS, demand: NOTHING, maxRetries: 0 },
} satisfies Record<string, ResolvedOptions>;

/** True if it may run on one node only. */
export function isPinned(name: OptionsName): boolean {
  const options: ResolvedOptions = SETS[name];
  return options.place?.node?.soft === false;
}

/** The name of a set of options. */
export type OptionsName = keyof typeof SETS;

const NAMES = Object.keys(SETS) as OptionsName[]; // its own keys, and no others

/** By number. */
export const OPTION_SETS: readonly string[] = NAMES.map((name) => optionsToJson(SETS[name]));

/** The number of a set of options. */
export function optionsNumber(name: OptionsName): number {
  return NAMES.indexOf(name);
}

/** Whether actors with this set of options are repeated when they died (rule A2). */
export function isRepeatedSet(number: number): boolean {
  const name = NAMES[number];
  return name !== undefined && isRepeated(SETS[name]);
}

/** The CPUs it asks for, in thousandths. */
export function cpuMilliOf(name: OptionsName): number {
  return SETS[name].demand.cpuMilli;
}
