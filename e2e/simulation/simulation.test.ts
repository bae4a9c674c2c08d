/** Two hundred seeds of the simulator with every change; `npm run sim` runs as many as one likes. */
import { describe, expect, it } from 'vitest';
import { FAULT_KINDS } from './faults.ts';
import { commandFor } from './options.ts';
import { type RunResult, simulate } from './simulation.ts';

const BATCHES = 8;
const SEEDS = 25;
const LIMIT_MS = 60_000;

/** Seeds that failed once, and what was wrong. They tell less with every change of the programs and faults that seeds stand for. */
const FORMER_FAILURES = [
  [6926, 'M3 a module was asked for before its driver was back, and the task failed'],
  [7542, 'S4 what a node offered anew while its hello was on the way was never told'],
  [1042, 'M1 a hello of an earlier life came after that of the present one'],
  [188, 'O3 a copy of an object without a value was forgotten'],
  [239, 'M3 a result was dropped whose lease was lost with the server'],
  [1, 'G3 the gateway kept a peer for every session that had ended'],
  [300289, 'M1 a hello that came twice took the place of the present life'],
  [301877, 'L9 a call of a withdrawn copy was done'],
  [400594, 'S6 what a withdrawn copy put was freed while its node read its own value'],
  [500246, 'M3 a lease was taken for a repetition by a node that still asked for the task'],
  [501384, 'S2 a node that was idle got two tasks every ten seconds'],
  [501895, 'M3 what was to be applied last of all came before its cause'],
  [504577, 'M2 the result that an echo repeated as a new session was believed in the grace'],
  [522621, 'L5 a node read its own result of a copy that was not believed'],
  [522661, 'O3 what an actor held whose creation was still to come was held by its node'],
  [403372, 'M1 an old connection that was said again took the place of the present life of its node'],
  [430599, 'J3 the record of a withdrawn copy outlived its stopped job, after a start of the server'],
  [403625, 'L9 both copies of a task called an actor'],
  [404012, 'L9 calls were taken for the same though a `wait` had decided what they were given'],
  [402388, 'M2 a call was answered by a life of its actor that had been ended'],
  [303467, 'S2 a node was hidden from a class of tasks when another class came'],
  [600991, 'the result of a second attempt was lost with the books, and its driver had heard of it (L5 M3)'],
  [601746, 'a copy stayed under a key of a former life of its node (O2)'],
  [610209, 'L4 a task waited for ever for what it had put and its node had lost'],
  [611105, 'J3 a node that slept through the end of a job and a kill of the server went on with it'],
  [631192, 'O2 who came late with a copy under another key was told to drop one that it did not have'],
  [710043, 'J1 M3 a main asked for its history before its node had reported, and was told that another ran'],
  [
    800005,
    'J1 L2 a main was leased whose session was not durable, and its word was taken for that of the next with its number',
  ],
  [720025, 'J1 O1 a main waited for ever for what it had put before its checkpoint'],
  [810430, 'M2 the next life of an actor was heard before the word that its former life had ended'],
] as const;

/** Batches that were run, by number: the last test looks at all of them. */
const results = new Map<number, Promise<RunResult[]>>();

function batch(number: number): Promise<RunResult[]> {
  let running = results.get(number);
  if (!running) results.set(number, (running = run(1 + number * SEEDS)));
  return running;
}

async function run(first: number): Promise<RunResult[]> {
  const all: RunResult[] = [];
  for (let seed = first; seed < first + SEEDS; seed++) all.push(await simulate(seed));
  return all;
}

/** What to read when it fails. */
function shown({ seed, failure, story }: RunResult): string {
  return failure === undefined ? '' : `${failure}\n${commandFor(seed, {})}\n${story.join('\n')}`;
}

describe('a simulated cluster', () => {
  it.each(Array.from({ length: BATCHES }, (_, number) => [1 + number * SEEDS, (number + 1) * SEEDS, number] as const))(
    'L2 L4 L5 M3 O3 S3 whatever goes wrong, every job comes to its right end and nothing is left: seeds %i to %i',
    { timeout: LIMIT_MS },
    async (_first, _last, number) => {
      for (const result of await batch(number)) expect(shown(result)).toBe('');
    },
  );

  it('M1 every kind of harm comes', { timeout: LIMIT_MS }, async () => {
    const kinds = new Set<string>();
    for (let number = 0; number < BATCHES; number++)
      for (const { faults } of await batch(number)) for (const kind of faults.keys()) kinds.add(kind);
    expect([...kinds].toSorted()).toEqual([...FAULT_KINDS].toSorted());
  });

  it.each(FORMER_FAILURES)('seed %i, where %s', { timeout: LIMIT_MS }, async (seed) => {
    expect(shown(await simulate(seed))).toBe('');
  });

  it('L1 a seed is one story, and telling it in detail changes nothing', async () => {
    const [first, second, detailed] = [await simulate(7), await simulate(7), await simulate(7, { isDetailed: true })];
    expect(second).toEqual(first);
    expect({ ...detailed, digest: first.digest }).toEqual(first);
    expect((await simulate(8)).digest).not.toBe(first.digest);
  });

  it('L1 what is left out of a seed changes nothing in what stays', async () => {
    const whole = await simulate(7);
    const all = new Set(Array.from({ length: whole.planned.faults }, (_, n) => n + 1));
    expect((await simulate(7, { faults: all, jobs: new Set([1, 2, 3]), tasks: 1000 })).digest).toBe(whole.digest);
    const { planned, jobs } = await simulate(7, { faults: new Set(), jobs: new Set([1]), nodes: 1 });
    expect(planned).toEqual({ ...whole.planned, nodes: 1 });
    expect(jobs).toBe(1);
  });
});
