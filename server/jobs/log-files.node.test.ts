import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LogLine, MAX_LOG_CHARS, MAX_STRANGERS_CHARS } from './log-ring.ts';
import { LogFiles } from './log-files.ts';

const MEGABYTE = 2 ** 20;

let directory: string;
let planned: (() => void)[];
let logs: LogFiles;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-logs-'));
  planned = [];
  logs = new LogFiles(directory, (_, callback) => planned.push(callback));
});

afterEach(() => rm(directory, { recursive: true, force: true }));

function lineOf(number: number, text: string, isStrangers = false): LogLine {
  const line = { number, wallMs: 1, task: 0, node: 'n', level: 1, text };
  return isStrangers ? { ...line, isStrangers: true } : line;
}

async function sizes(job: number): Promise<Record<string, number>> {
  const folder = join(directory, String(job));
  const names = await readdir(folder).catch(() => []);
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name): Promise<[string, number]> => [name, (await stat(join(folder, name))).size]),
    ),
  );
}

function levelOf(): number {
  return [...logs.levels()][0]?.level ?? 0;
}

describe('job logs on the disk', () => {
  it('J2 are written some moments later, all that waits at once, and read back', async () => {
    logs.append(1, lineOf(1, 'one'));
    logs.append(1, lineOf(2, 'zwei ☀'));
    logs.append(2, lineOf(1, 'other'));
    expect(planned).toHaveLength(1);
    planned.shift()?.();
    await logs.flush();
    expect(Object.keys(await sizes(1))).toEqual(['log.jsonl']);
    logs = new LogFiles(directory, () => undefined);
    expect(await logs.read(1)).toEqual([lineOf(1, 'one'), lineOf(2, 'zwei ☀')]);
    expect(await logs.read(2)).toEqual([lineOf(1, 'other')]);
    expect(await logs.read(3)).toEqual([]);
  });

  it('J2 who reads finds also what waited to be written', async () => {
    logs.append(1, lineOf(1, 'one'));
    expect(await logs.read(1)).toHaveLength(1);
    expect(levelOf()).toBe(0);
    logs.append(1, lineOf(2, 'two'));
    expect(planned).toHaveLength(2);
  });

  it('B1 what one job prints between two flushes is bounded in memory and on the disk, and costs no other job its lines', async () => {
    const text = 'x'.repeat(60_000);
    for (let number = 1; number <= 2_000; number++) {
      logs.append(1, lineOf(number, text));
      expect(levelOf()).toBeLessThan(4 * MEGABYTE);
    }
    logs.append(2, lineOf(1, 'what the other found'));
    await logs.flush();
    const files = await sizes(1);
    expect(Object.keys(files).toSorted()).toEqual(['log-1.jsonl', 'log.jsonl']);
    expect(Math.max(...Object.values(files))).toBeLessThanOrEqual(MAX_LOG_CHARS);
    const kept = await logs.read(1);
    expect(kept.at(-1)?.number).toBe(2_000);
    expect(kept.length).toBeGreaterThan(16);
    expect(await logs.read(2)).toHaveLength(1);
  });

  it('B1 lines count by what they take on the disk, not by their characters', async () => {
    // Six bytes each, escaped.
    for (let number = 1; number <= 40; number++) logs.append(1, lineOf(number, '\u0001'.repeat(40_000)));
    await logs.flush();
    expect(Math.max(...Object.values(await sizes(1)))).toBeLessThanOrEqual(MAX_LOG_CHARS);
    expect((await logs.read(1)).at(-1)?.number).toBe(40);
  });

  it('B1 all jobs together have a bound, which holds while the disk is slow', async () => {
    const text = 'x'.repeat(100_000);
    for (let number = 1; number <= 40; number++)
      for (let job = 1; job <= 40; job++) logs.append(job, lineOf(number, text));
    for (const { level, bound } of logs.levels()) expect(level).toBeLessThanOrEqual(bound);
    // One after the other: what is on its way is that of one job.
    const flushed = Promise.all([logs.flush(), logs.flush()]);
    for (let number = 41; number <= 80; number++)
      for (let job = 1; job <= 40; job++) logs.append(job, lineOf(number, text));
    for (const { level, bound } of logs.levels()) expect(level).toBeLessThanOrEqual(bound);
    await flushed;
  });

  it('J2 strangers’ lines push out no others, and come back in their places', async () => {
    logs.append(1, lineOf(1, 'first'));
    for (let number = 2; number <= 1_000; number++) {
      logs.append(1, lineOf(number, 'x'.repeat(10_000), true));
      if (number % 100 === 0) await logs.flush();
    }
    logs.append(1, lineOf(1_001, 'last'));
    logs.append(1, lineOf(1_002, 'and this', true));
    const lines = await logs.read(1);
    expect(lines[0]).toEqual(lineOf(1, 'first'));
    expect(lines.slice(-2)).toEqual([lineOf(1_001, 'last'), lineOf(1_002, 'and this', true)]);
    const numbers = lines.map(({ number }) => number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    const all = Object.values(await sizes(1)).reduce((sum, size) => sum + size, 0);
    expect(all).toBeLessThan(2 * MAX_STRANGERS_CHARS + 1_000);
  });

  it('J2 of a deleted job nothing stays, nor comes with what was being written', async () => {
    logs.append(1, lineOf(1, 'one'));
    const flushed = logs.flush();
    logs.append(1, lineOf(2, 'two'));
    await logs.remove(1);
    await flushed;
    await logs.flush();
    expect(await sizes(1)).toEqual({});
    expect(levelOf()).toBe(0);
  });
});
