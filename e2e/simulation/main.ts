/**
 * `npm run sim -- --seeds N --seed S`: runs seeds S … S+N−1 and prints what was in them. A failure prints its seed and the last
 * events, and the exit code says how it went. `--bug NAME` makes a mistake meanwhile; `--bugs` says which seed finds which.
 */
import { parseArgs } from 'node:util';
import { FAULT_KINDS, type FaultCounts } from './faults.ts';
import { PLANTED_BUGS, plantedBug } from './planted-bugs.ts';
import { MAX_BUG_SEEDS, searchBug } from './planted-bugs-search.ts';
import { type RunResult, simulate } from './simulation.ts';

const DEFAULT_SEEDS = 200;
const STORY_LINES = 60;

interface Totals {
  runs: number;
  failed: RunResult[];
  jobs: number;
  lostJobs: number;
  tasks: number;
  events: number;
  simulatedMs: number;
  readonly faults: FaultCounts;
}

function whole(text: string | undefined, otherwise: number): number {
  const number = Number(text ?? otherwise);
  if (!Number.isInteger(number) || number < 0) throw new Error(`"${text}" is not a whole number`);
  return number;
}

function add(totals: Totals, result: RunResult): void {
  totals.runs += 1;
  totals.jobs += result.jobs;
  totals.lostJobs += result.lostJobs;
  totals.tasks += result.tasks;
  totals.events += result.events;
  totals.simulatedMs += result.simulatedMs;
  for (const [kind, count] of result.faults) totals.faults.set(kind, (totals.faults.get(kind) ?? 0) + count);
  if (result.failure === undefined) return;
  totals.failed.push(result);
  console.log(`\nseed ${result.seed} fails: ${result.failure}`);
  for (const line of result.story.slice(-STORY_LINES)) console.log(line);
}

function print(totals: Totals): void {
  console.log('\nfault                              times');
  for (const kind of FAULT_KINDS) console.log(`${kind.padEnd(32)} ${String(totals.faults.get(kind) ?? 0).padStart(7)}`);
  const { runs, jobs, lostJobs, tasks, events, simulatedMs, failed } = totals;
  console.log(
    `\n${runs} seeds, ${jobs} jobs (${lostJobs} ended without a result), ${tasks} results, ${events} events in ${Math.round(simulatedMs / 1000)} simulated seconds`,
  );
  if (failed.length === 0) console.log('all as it must be');
  else console.log(`${failed.length} failed: ${failed.map(({ seed }) => seed).join(', ')}`);
}

/** Looks for every planted bug. Returns false if one is not found. */
async function printBugs(): Promise<boolean> {
  let isEachFound = true;
  console.log(`rule  planted bug                   first seed (of ${MAX_BUG_SEEDS}) and what it says`);
  for (const bug of PLANTED_BUGS) {
    const found = await searchBug(bug);
    isEachFound &&= found !== undefined;
    console.log(
      `${bug.rule.padEnd(5)} ${bug.name.padEnd(29)} ${found ? `${String(found.seed).padStart(3)}  ${found.failure}` : 'none'}`,
    );
  }
  return isEachFound;
}

async function runSeeds(): Promise<boolean> {
  const totals: Totals = {
    runs: 0,
    failed: [],
    jobs: 0,
    lostJobs: 0,
    tasks: 0,
    events: 0,
    simulatedMs: 0,
    faults: new Map(),
  };
  for (let seed = first; seed < first + count; seed++) add(totals, await simulate(seed, { nodes, bug }));
  print(totals);
  return totals.failed.length === 0;
}

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    nodes: { type: 'string' },
    bug: { type: 'string' },
    bugs: { type: 'boolean' },
  },
});
const count = whole(values.seeds, DEFAULT_SEEDS);
const first = whole(values.seed, 1);
const nodes = values.nodes === undefined ? undefined : whole(values.nodes, 0);
const bug = values.bug === undefined ? undefined : plantedBug(values.bug);
const isRight = await (values.bugs ? printBugs() : runSeeds());
if (!isRight) process.exitCode = 1;
