import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RotatingFile } from './rotating-file.ts';

const MAX_BYTES = 1_000;

let directory: string;
let folder: string;
let file: RotatingFile;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daylight-rotating-'));
  folder = join(directory, '1');
  file = new RotatingFile(folder, 'log', MAX_BYTES);
});

afterEach(() => rm(directory, { recursive: true, force: true }));

/** Lines that name their numbers, each of so many bytes. */
function linesOf(from: number, to: number, bytes = 10): Buffer[] {
  return Array.from({ length: to - from }, (_, index) => Buffer.from(`${String(from + index).padEnd(bytes - 1)}\n`));
}

async function numbers(): Promise<number[]> {
  return (await file.read()).split('\n').filter(Boolean).map(Number);
}

async function sizes(): Promise<number[]> {
  const names = await readdir(folder);
  return Promise.all(names.toSorted().map(async (name) => (await stat(join(folder, name))).size));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

describe('a file whose oldest lines go', () => {
  it('J2 keeps the newest lines in order, in two files of a bounded size', async () => {
    for (let line = 0; line < 1_000; line += 7) {
      await file.add(linesOf(line, Math.min(1_000, line + 7)));
      expect(Math.max(...(await sizes()))).toBeLessThanOrEqual(MAX_BYTES);
    }
    const kept = await numbers();
    expect(kept).toEqual(range(1_000 - kept.length, 1_000));
    expect(kept.length).toBeGreaterThan(MAX_BYTES / 10);
  });

  it.each([1, 99, 100, 101, 199, 200, 201, 299, 300, 301, 5_000])(
    'J2 the same when %i lines come at once, whatever was there',
    async (count) => {
      for (const before of [0, 1, 100, 150]) {
        await file.remove();
        await file.add(linesOf(0, before));
        await file.add(linesOf(before, before + count));
        const kept = await numbers();
        expect(kept).toEqual(range(before + count - kept.length, before + count));
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(before + count, MAX_BYTES / 10 + 1));
        expect(Math.max(...(await sizes()))).toBeLessThanOrEqual(MAX_BYTES);
      }
    },
  );

  it('J2 a line that is larger than a file is a file', async () => {
    await file.add([...linesOf(0, 5), ...linesOf(5, 6, 5_000), ...linesOf(6, 7)]);
    expect(await numbers()).toEqual([5, 6]);
    expect(await sizes()).toEqual([5_000, 10]);
  });

  it('J2 goes on with what an earlier life of the server left, be it too large', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'log.jsonl'), Buffer.concat(linesOf(0, 500)));
    await file.add(linesOf(500, 501));
    await file.add(linesOf(501, 502));
    expect(await numbers()).toEqual(range(0, 502));
    await file.add(linesOf(502, 602));
    expect(await numbers()).toEqual(range(500, 602));
  });

  it('J2 goes on after a disk that took nothing', async () => {
    await file.add(linesOf(0, 3));
    await file.remove();
    // A file where the folder should be.
    await rm(folder, { recursive: true });
    await writeFile(folder, '');
    await expect(file.add(linesOf(3, 6))).rejects.toThrow(/EEXIST|ENOTDIR/);
    await rm(folder);
    await file.add(linesOf(6, 9));
    expect(await numbers()).toEqual([6, 7, 8]);
  });
});
