// One at a time, also after an owner that died: else the next build would wait for ever.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { withFileLock } from './file-lock.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-lock-'));
const file = path.join(folder, 'below', 'lock');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('withFileLock', () => {
  it('lets one work after the other, and leaves nothing behind', async () => {
    const seen: string[] = [];
    const work = (name: string) => async (): Promise<string> => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} ends`);
      return name;
    };
    const failing = async (): Promise<string> => {
      await work('b')();
      throw new Error('it went wrong');
    };
    const results = await Promise.allSettled([
      withFileLock(file, work('a')),
      withFileLock(file, failing),
      withFileLock(file, work('c')),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    const order = seen.filter((_, index) => index % 2 === 0).map((line) => line[0]);
    expect(seen).toEqual(order.flatMap((name) => [`${name} begins`, `${name} ends`]));
    expect(existsSync(file)).toBe(false);
  });

  it('takes the place of an owner that is gone', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(file, String(pid));
    expect(await withFileLock(file, async () => 'done')).toBe('done');
    writeFileSync(file, '');
    utimesSync(file, 0, 0);
    expect(await withFileLock(file, async () => 'done')).toBe('done');
  });
});
