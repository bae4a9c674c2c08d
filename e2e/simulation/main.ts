/**
 * `npm run sim -- --seeds N --seed S`: runs seeds S … S+N−1 and prints what was in them. A failure is made as small as it goes
 * and printed with the command that runs it again. `--bug NAME` makes a mistake meanwhile; `--bugs` says which seed finds which.
 * The exit code is 1 if something is wrong, 2 for arguments that make no sense.
 */
import { commandFor, readSettings, type Settings, UsageError } from './options.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { MAX_BUG_SEEDS, searchBug } from './planted-bugs-search.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulation.ts';
import { Tally } from './tally.ts';

const MINUTE_MS = 60_000;

async function run({ seed: first, seeds, minutes, run: options }: Settings): Promise<boolean> {
  const untilMs = performance.now() + minutes * MINUTE_MS;
  const tally = new Tally();
  const failed: number[] = [];
  for (let seed = first; seed < first + seeds || performance.now() < untilMs; seed++) {
    const result = await simulate(seed, options);
    tally.add(result);
    if (result.failure === undefined) continue;
    failed.push(seed);
    console.log(`\nseed ${seed} fails: ${result.failure}`);
    const small = await shrink((part) => simulate(seed, part), options, result);
    console.log(`\n${small.runs} runs later: ${small.result.failure}\n${commandFor(seed, small.options)}`);
    const { story } = await simulate(seed, { ...small.options, isDetailed: true });
    for (const line of story) console.log(line);
  }
  console.log('');
  for (const line of tally.lines()) console.log(line);
  const missing = tally.missing();
  for (const line of missing) console.log(line);
  if (failed.length > 0) console.log(`${failed.length} failed: ${failed.join(', ')}`);
  const isGood = failed.length === 0 && missing.length === 0;
  if (isGood) console.log('all as it must be');
  return isGood;
}

/** Looks for every planted bug. Returns false if one is not found. */
async function findBugs(): Promise<boolean> {
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

try {
  const settings = readSettings(process.argv.slice(2));
  const isGood = await (settings.bugs ? findBugs() : run(settings));
  if (!isGood) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
