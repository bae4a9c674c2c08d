/**
 * What the command line of the simulator says: `npm run sim -- --seeds N --seed S --nodes N --minutes M`, what a shrunk
 * failure is run again with, and planted bugs: `--bug NAME` is made in every run, `--bugs` looks for each.
 */
import { parseArgs } from 'node:util';
import type { PlantedBug } from './planted-bugs-type.ts';
import { plantedBug, PLANTED_BUGS } from './planted-bugs.ts';
import type { RunOptions } from './simulation.ts';

const DEFAULT_SEEDS = 200;
const MAX_NODES = 1_000;

/** What is run. */
export interface Settings {
  /** Seeds from this on, … */
  readonly seed: number;
  /** … so many, … */
  readonly seeds: number;
  /** … and further ones until so much real time is over. */
  readonly minutes: number;
  /** All planted bugs are looked for instead. */
  readonly bugs: boolean;
  /** What of every seed is run. */
  readonly run: RunOptions;
}

/** Something that was asked for cannot be done; the message is for people. */
export class UsageError extends Error {}

const OPTIONS = {
  seeds: { type: 'string' },
  seed: { type: 'string' },
  nodes: { type: 'string' },
  minutes: { type: 'string' },
  faults: { type: 'string' },
  jobs: { type: 'string' },
  tasks: { type: 'string' },
  bug: { type: 'string' },
  bugs: { type: 'boolean' },
} as const;

/** Reads arguments. @throws UsageError */
export function readSettings(args: readonly string[]): Settings {
  const { bugs = false, ...given } = parse(args);
  const minutes = number(given, 'minutes', 0);
  const nodes = given['nodes'] === undefined ? undefined : whole(given, 'nodes', 1);
  if (nodes !== undefined && nodes > MAX_NODES) throw new UsageError(`--nodes takes at most ${MAX_NODES}`);
  return {
    seed: whole(given, 'seed', 0, 1),
    // With only a time to fill there is no least number of seeds but one.
    seeds: whole(given, 'seeds', 1, minutes > 0 ? 1 : DEFAULT_SEEDS),
    minutes,
    bugs,
    run: {
      nodes,
      faults: list(given, 'faults'),
      jobs: list(given, 'jobs'),
      tasks: given['tasks'] === undefined ? undefined : whole(given, 'tasks', 1),
      bug: given.bug === undefined ? undefined : bugNamed(given.bug),
    },
  };
}

/** The command that runs a part of a seed again. */
export function commandFor(seed: number, { nodes, faults, jobs, tasks, bug }: RunOptions): string {
  const parts = [`npm run sim -- --seed ${seed} --seeds 1`];
  if (nodes !== undefined) parts.push(`--nodes ${nodes}`);
  if (faults) parts.push(`--faults ${faults.size === 0 ? 'none' : [...faults].join(',')}`);
  if (jobs) parts.push(`--jobs ${[...jobs].join(',')}`);
  if (tasks !== undefined) parts.push(`--tasks ${tasks}`);
  if (bug) parts.push(`--bug ${bug.name}`);
  return parts.join(' ');
}

type Given = Readonly<Record<string, string | undefined>>;

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    // The first sentence names the argument; the rest is advice that does not fit here.
    const [what] = String(error instanceof Error ? error.message : error).split(/[.\n]/);
    const known = Object.keys(OPTIONS).map((name) => `--${name}`);
    throw new UsageError(`${what ?? ''}; there are ${known.join(', ')}`);
  }
}

function bugNamed(name: string): PlantedBug {
  const bug = plantedBug(name);
  if (!bug) throw new UsageError(`there is no bug "${name}", only ${PLANTED_BUGS.map((each) => each.name).join(', ')}`);
  return bug;
}

function number(given: Given, name: string, otherwise: number): number {
  const text = given[name];
  const value = text === undefined ? otherwise : Number(text);
  if (text?.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new UsageError(`--${name} takes a number, not "${text}"`);
  return value;
}

function whole(given: Given, name: string, least: number, otherwise = least): number {
  const text = given[name];
  const value = text === undefined ? otherwise : Number(text);
  if (text?.trim() === '' || !Number.isSafeInteger(value) || value < least)
    throw new UsageError(`--${name} takes a whole number from ${least} on, not "${text}"`);
  return value;
}

/** Numbers with commas between them; `none` is an empty list. */
function list(given: Given, name: string): ReadonlySet<number> | undefined {
  const text = given[name];
  if (text === undefined) return undefined;
  if (text === 'none') return new Set();
  const numbers = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (!numbers.every((each) => Number.isSafeInteger(each) && each > 0))
    throw new UsageError(`--${name} takes numbers with commas between them, or none, not "${text}"`);
  return new Set(numbers);
}
