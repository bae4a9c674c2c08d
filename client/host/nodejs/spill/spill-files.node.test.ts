import { fstatSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { testBytes } from '#client/object-store/cold-store.contract.ts';
import { SpillFiles, type WriteSync } from './spill-files.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function newFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'daylight-test-'));
  folders.push(folder);
  return folder;
}

function sizesIn(folder: string): number[] {
  return readdirSync(folder).map((name) => statSync(path.join(folder, name)).size);
}

function readBack(files: SpillFiles, slot: number, sizeBytes: number): Uint8Array | undefined {
  const into = new Uint8Array(sizeBytes);
  return files.read(slot, into) ? into : undefined;
}

describe('values in files', () => {
  it('O4 puts many values into one file, and begins another when it is full', () => {
    const folder = newFolder();
    const files = new SpillFiles(folder, { fileBytes: 1000 });
    for (let slot = 0; slot < 20; slot++) files.write(slot, testBytes(100, slot));
    expect(sizesIn(folder)).toEqual([1000, 1000]);
    files.write(20, testBytes(5000, 20));
    expect(sizesIn(folder)).toEqual([1000, 1000, 5000]);
    for (let slot = 0; slot < 20; slot++) expect(readBack(files, slot, 100)).toEqual(testBytes(100, slot));
    expect(readBack(files, 20, 5000)).toEqual(testBytes(5000, 20));
  });

  it('O4 removes a file with its last value', () => {
    const folder = newFolder();
    const files = new SpillFiles(folder, { fileBytes: 1000 });
    for (let slot = 0; slot < 20; slot++) files.write(slot, testBytes(100));
    for (let slot = 0; slot < 10; slot++) files.remove(slot);
    expect([sizesIn(folder), files.diskBytes]).toEqual([[1000], 1000]);
    files.clear();
    expect([sizesIn(folder), files.diskBytes]).toEqual([[], 0]);
  });

  it('O4 closes the gaps of a file that is half of them, and fills it up again', () => {
    const folder = newFolder();
    const files = new SpillFiles(folder, { fileBytes: 1000 });
    for (let slot = 0; slot < 20; slot++) files.write(slot, testBytes(100, slot));
    for (const slot of [0, 2, 4]) files.remove(slot);
    expect(files.closeUp('half')).toBe(false);
    for (const slot of [6, 8]) files.remove(slot);
    expect(files.closeUp('half')).toBe(true);
    expect(sizesIn(folder)).toEqual([500, 1000]);
    for (const slot of [1, 3, 5, 7, 9]) expect(readBack(files, slot, 100)).toEqual(testBytes(100, slot));
    files.write(20, testBytes(300, 20));
    expect(sizesIn(folder)).toEqual([800, 1000]);
    expect(readBack(files, 20, 300)).toEqual(testBytes(300, 20));
  });

  it('O4 takes no more of the disk than it may: gaps are closed for a value that would not fit', () => {
    const folder = newFolder();
    const files = new SpillFiles(folder, { fileBytes: 1000, limitBytes: 2000 });
    for (let slot = 0; slot < 20; slot++) files.write(slot, testBytes(100, slot));
    expect(() => files.write(20, testBytes(100))).toThrow('limit');
    for (const slot of [3, 13, 17]) files.remove(slot);
    files.write(20, testBytes(250, 20));
    expect(files.diskBytes).toBeLessThanOrEqual(2000);
    expect(readBack(files, 20, 250)).toEqual(testBytes(250, 20));
    expect(readBack(files, 19, 100)).toEqual(testBytes(100, 19));
  });

  it('O4 does not give back what is not what was written', () => {
    const folder = newFolder();
    const files = new SpillFiles(folder);
    files.write(1, testBytes(100));
    const [name = ''] = readdirSync(folder);
    writeSync(openSync(path.join(folder, name), 'r+'), Uint8Array.of(1, 2, 3), 0, 3, 50);
    expect(readBack(files, 1, 100)).toBeUndefined();
    expect(readBack(files, 1, 99)).toBeUndefined();
    expect(readBack(files, 2, 100)).toBeUndefined();
  });

  it('O4 a full disk refuses a value and keeps nothing of it; gaps are closed first, for they are room', () => {
    const folder = newFolder();
    let roomBytes = 2500;
    const write: WriteSync = (descriptor, bytes, offset, length, position) => {
      const growth = Math.max(0, position + length - fstatSync(descriptor).size);
      const used = sizesIn(folder).reduce((sum, size) => sum + size, 0);
      if (used + growth <= roomBytes) return writeSync(descriptor, bytes, offset, length, position);
      if (used < roomBytes) return writeSync(descriptor, bytes, offset, roomBytes - used, position);
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    };
    const files = new SpillFiles(folder, { fileBytes: 1000, write });
    for (let slot = 0; slot < 20; slot++) files.write(slot, testBytes(100, slot));
    expect(() => files.write(20, testBytes(600, 20))).toThrow('the disk is full');
    expect([sizesIn(folder), files.diskBytes]).toEqual([[1000, 1000], 2000]);
    files.remove(3);
    files.remove(14);
    files.write(20, testBytes(600, 20));
    expect(files.diskBytes).toBe(2400);
    expect(() => files.write(21, testBytes(101))).toThrow('the disk is full');
    roomBytes = 5000;
    files.write(21, testBytes(101, 21));
    for (const slot of [0, 2, 4, 13, 15, 19]) expect(readBack(files, slot, 100)).toEqual(testBytes(100, slot));
    expect(readBack(files, 20, 600)).toEqual(testBytes(600, 20));
    expect(readBack(files, 21, 101)).toEqual(testBytes(101, 21));
  });

  it('O4 keeps every value, whatever is written, removed and closed up in whatever order', () => {
    const step = fc.record({
      act: fc.constantFrom('write', 'write', 'remove', 'close', 'closeAny'),
      n: fc.nat(10_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const folder = newFolder();
        const files = new SpillFiles(folder, { fileBytes: 3000, limitBytes: 12_000 });
        const alive = new Map<number, Uint8Array>();
        let liveBytes = 0;
        steps.forEach(({ act, n }, slot) => {
          if (act === 'close' || act === 'closeAny') files.closeUp(act === 'close' ? 'half' : 'any');
          else if (act === 'remove') {
            const key = [...alive.keys()][n % Math.max(1, alive.size)] ?? -1;
            liveBytes -= alive.get(key)?.length ?? 0;
            alive.delete(key);
            files.remove(key);
          } else {
            const bytes = testBytes(n % 4000, slot);
            if (liveBytes + bytes.length > 12_000) expect(() => files.write(slot, bytes)).toThrow('limit');
            else {
              files.write(slot, bytes);
              alive.set(slot, bytes);
              liveBytes += bytes.length;
            }
          }
          expect(sizesIn(folder).reduce((sum, size) => sum + size, 0)).toBe(files.diskBytes);
          expect(files.diskBytes).toBeLessThanOrEqual(12_000);
        });
        for (const [slot, bytes] of alive) expect(readBack(files, slot, bytes.length)).toEqual(bytes);
        files.clear();
        expect(readdirSync(folder)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});
