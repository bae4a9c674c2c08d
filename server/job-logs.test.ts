import { beforeEach, describe, expect, it } from 'vitest';
import { JobLogs, type LogKeeper, MAX_JOBS_AT_HAND } from './job-logs.ts';
import type { LogLine } from './jobs/log-ring.ts';

const over = new Set<number>();
const written = new Map<number, LogLine[]>();
/** Lets a read go on, if it waits. */
let release: (() => void) | undefined;
let isSlow: boolean;
let logs: JobLogs;

const keeper: LogKeeper = {
  append: (job, line) => void written.set(job, [...(written.get(job) ?? []), line]),
  read: async (job) => {
    if (isSlow) await new Promise<void>((resolve) => (release = resolve));
    return [...(written.get(job) ?? [])];
  },
  levels: () => [],
};

function print(job: number, ...texts: string[]): void {
  for (const text of texts) logs.append(job, { wallMs: 1, task: 0, node: 'n', level: 1, text });
}

function linesOf(job: number): [number, string][] {
  return logs.read(job, 0, Infinity).map(({ number, text }) => [number, text]);
}

beforeEach(() => {
  over.clear();
  written.clear();
  isSlow = false;
  logs = new JobLogs((job) => over.has(job));
  logs.keeper = keeper;
});

describe('the logs of jobs', () => {
  it('J2 after a start number new lines behind those that were written down, also those that came before these were read', async () => {
    print(1, 'one', 'two');
    await logs.settled();
    logs = new JobLogs((job) => over.has(job));
    logs.keeper = keeper;
    isSlow = true;
    print(1, 'three');
    const loaded = logs.load(1);
    print(1, 'four');
    expect(linesOf(1)).toEqual([]);
    release?.();
    await loaded;
    const all = [
      [1, 'one'],
      [2, 'two'],
      [3, 'three'],
      [4, 'four'],
    ];
    expect(linesOf(1)).toEqual(all);
    expect(written.get(1)?.map(({ number, text }) => [number, text])).toEqual(all);
    expect(logs.lastNumber(1)).toBe(4);
  });

  it('J2 two who ask at the same time both get the lines', async () => {
    print(1, 'one');
    await logs.settled();
    logs = new JobLogs((job) => over.has(job));
    logs.keeper = keeper;
    isSlow = true;
    const both = [logs.load(1), logs.load(1)].map(async (loaded) => {
      await loaded;
      return linesOf(1);
    });
    release?.();
    expect(await Promise.all(both)).toEqual([[[1, 'one']], [[1, 'one']]]);
  });

  it('B1 J2 only those of jobs that are over give way, and these are found again with their numbers', async () => {
    over.add(2);
    for (let job = 1; job <= MAX_JOBS_AT_HAND; job++) print(job, 'old');
    await logs.settled();
    print(MAX_JOBS_AT_HAND + 1, 'new');
    await logs.settled();
    expect([1, 2, 3].map((job) => linesOf(job).length)).toEqual([1, 0, 1]);
    await logs.load(2);
    expect(linesOf(2)).toEqual([[1, 'old']]);
    // All others run: none of them has to go.
    for (let job = 1; job <= 3; job++) print(job, 'more');
    for (let job = 1; job <= 3; job++)
      expect(linesOf(job)).toEqual([
        [1, 'old'],
        [2, 'more'],
      ]);
  });

  it('J2 a line of a job that gave way is numbered behind its others', async () => {
    over.add(1);
    print(1, 'one', 'two');
    for (let job = 2; job <= MAX_JOBS_AT_HAND + 1; job++) print(job, 'new');
    await logs.settled();
    expect(linesOf(1)).toEqual([]);
    print(1, 'late');
    await logs.settled();
    expect(linesOf(1)).toEqual([
      [1, 'one'],
      [2, 'two'],
      [3, 'late'],
    ]);
  });

  it('J2 of a deleted job nothing comes back, not even what was on its way', async () => {
    isSlow = true;
    print(1, 'one');
    const loaded = logs.load(1);
    logs.remove(1);
    release?.();
    await loaded;
    expect(linesOf(1)).toEqual([]);
    expect(written.size).toBe(0);
    isSlow = false;
    written.set(1, [{ number: 5, wallMs: 1, task: 0, node: 'n', level: 1, text: 'another job' }]);
    await logs.load(1);
    expect(linesOf(1)).toEqual([[5, 'another job']]);
    logs.remove(1);
    written.delete(1);
    await logs.load(1);
    expect(linesOf(1)).toEqual([]);
  });
});
