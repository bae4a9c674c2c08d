import { beforeEach, describe, expect, it } from 'vitest';
import type { NewLogLine } from '../jobs/log-ring.ts';
import { LogBudget } from './log-budget.ts';
import { PrintedLines } from './printed-lines.ts';

const JOB = { id: 1, session: 9 };
const OTHER = { id: 2, session: 9 };

let nowMs: number;
let timers: { readonly atMs: number; readonly callback: () => void }[];
let kept: [number, NewLogLine][];
let sent: number;
let jobs: Map<number, typeof JOB>;
let printed: PrintedLines;

beforeEach(() => {
  nowMs = 0;
  timers = [];
  kept = [];
  sent = 0;
  jobs = new Map([JOB, OTHER].map((job) => [job.id, job]));
  printed = new PrintedLines({
    clock: {
      nowMs: () => nowMs,
      wallMs: () => 1_000_000 + nowMs,
      after: (delayMs, callback) => {
        timers.push({ atMs: nowMs + delayMs, callback });
        return () => undefined;
      },
    },
    jobs,
    keep: (job, line) => kept.push([job, line]),
    send: () => (sent += 1),
  });
});

function printer(trusted: boolean, id = 5) {
  return { session: { id, nodeName: 'blue', trusted }, logBudget: new LogBudget(trusted) };
}

function pass(ms: number): void {
  nowMs += ms;
  for (const { callback } of timers.filter(({ atMs }) => atMs <= nowMs)) callback();
  timers = timers.filter(({ atMs }) => atMs > nowMs);
}

function notes(): string[] {
  return kept.map(([, { text }]) => text).filter((text) => text.includes('left out'));
}

/** Prints without end for some seconds; returns lines and characters that were kept. */
function flood(from: ReturnType<typeof printer>, { chars, seconds }: { chars: number; seconds: number }) {
  const text = 'x'.repeat(chars);
  const before = kept.length;
  for (let ms = 0; ms < seconds * 1_000; ms++) {
    for (let line = 0; line < 10; line++) printed.take(from, JOB, { task: 7, level: 1, text });
    pass(1);
  }
  const lines = kept.slice(before);
  return { lines: lines.length, chars: lines.reduce((sum, [, line]) => sum + line.text.length, 0) };
}

describe('what nodes print', () => {
  it('J2 is kept with its time and node, and told to the driver, unless that printed it', () => {
    printed.take(printer(true), JOB, { task: 7, level: 3, text: 'hello' });
    printed.take(printer(true, 9), JOB, { task: 0, level: 1, text: 'mine' });
    printed.take(printer(false), JOB, { task: 8, level: 1, text: 'stranger' });
    expect(kept).toEqual([
      [1, { wallMs: 1_000_000, task: 7, node: 'blue', level: 3, text: 'hello' }],
      [1, { wallMs: 1_000_000, task: 0, node: 'blue', level: 1, text: 'mine' }],
      [1, { wallMs: 1_000_000, task: 8, node: 'blue', level: 1, text: 'stranger', isStrangers: true }],
    ]);
    expect(sent).toBe(2);
  });

  it('B1 of a trusted node is what its workers may print at once, and then a megabyte and 4 000 lines a second', () => {
    const long = flood(printer(true), { chars: 20_000, seconds: 20 });
    expect(long.chars / 2 ** 20).toBeGreaterThan(24);
    expect(long.chars / 2 ** 20).toBeLessThan(29);
    const short = flood(printer(true), { chars: 20, seconds: 20 });
    expect(short.lines).toBeGreaterThan(90_000);
    expect(short.lines).toBeLessThan(101_000);
  });

  it('B1 of a stranger is far less', () => {
    const long = flood(printer(false), { chars: 60_000, seconds: 60 });
    expect(long.chars / 1024).toBeGreaterThan(200);
    expect(long.chars / 1024).toBeLessThan(64 + 60 * 4 + 60);
    const short = flood(printer(false), { chars: 20, seconds: 60 });
    expect(short.lines).toBeLessThan(200 + 60 * 20 + 60);
  });

  it('J2 where something was left out a note says how much, once for each gap and job, also when nothing follows', () => {
    const from = printer(true);
    for (let line = 0; line < 20_005; line++) printed.take(from, JOB, { task: 7, level: 1, text: 'x' });
    printed.take(from, OTHER, { task: 7, level: 1, text: 'x' });
    expect([kept.length, notes()]).toEqual([20_000, []]);
    pass(60_000);
    expect(kept.slice(20_000)).toMatchObject([
      [1, { task: 0, level: 2, node: 'blue', text: expect.stringMatching(/^5 lines of this node were left out/) }],
      [2, { task: 0, level: 2, node: 'blue', text: expect.stringMatching(/^1 line of this node was left out/) }],
    ]);
    printed.take(from, JOB, { task: 7, level: 1, text: 'again' });
    pass(60_000);
    expect(kept.at(-1)?.[1].text).toBe('again');
    expect([notes().length, timers.length]).toEqual([2, 0]);
  });

  it('B1 the notes of a flood are few', () => {
    flood(printer(true), { chars: 20, seconds: 60 });
    expect(notes().length).toBeGreaterThan(10);
    expect(notes().length).toBeLessThan(60);
    kept = [];
    flood(printer(false), { chars: 20, seconds: 60 });
    expect(notes().length).toBeLessThan(40);
    const told = notes().reduce((sum, text) => sum + Number.parseInt(text, 10), 0);
    expect(told + kept.length).toBeGreaterThan(590_000 - 50_000);
  });

  it('J2 a job that was deleted meanwhile gets no note', () => {
    const from = printer(false);
    for (let line = 0; line < 300; line++) printed.take(from, JOB, { task: 7, level: 1, text: 'x' });
    jobs.delete(JOB.id);
    pass(60_000);
    expect(notes()).toEqual([]);
  });
});
