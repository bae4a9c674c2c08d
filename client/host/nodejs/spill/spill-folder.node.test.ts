import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeSpillFolder, planSpill, removeLeftovers, removeSpillFolder } from './spill-folder.ts';

const MODULE = path.join(import.meta.dirname, 'spill-folder.ts');
const GUARD = path.join(import.meta.dirname, 'folder-guard.ts');
const made: (() => void)[] = [];
afterEach(() => {
  for (const undo of made.splice(0).toReversed()) undo();
});

function base(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'daylight-test-'));
  made.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs text in another process, which has `folder` and the functions of both modules. */
function program(folder: string, text: string): string[] {
  return [
    '--input-type=module',
    '-e',
    `const { makeSpillFolder } = await import(${JSON.stringify(MODULE)});
     const { guardFolder } = await import(${JSON.stringify(GUARD)});
     const folder = ${JSON.stringify(folder)};
     ${text}`,
  ];
}

describe('the folder of a raylet', () => {
  it('O4 is planned before anything is written, and has the room it is told, or half of what is free', () => {
    const directory = path.join(base(), 'new', 'place');
    const plan = planSpill(directory, 12_345);
    expect(plan).toEqual({ folder: expect.stringContaining(directory), limitBytes: 12_345 });
    expect(readdirSync(directory)).toEqual([]);
    expect(planSpill(directory)?.limitBytes).toBeGreaterThan(0);
    expect(planSpill(directory, 0)).toBeUndefined();
    expect(planSpill(directory, 1)?.folder).not.toBe(plan?.folder);
  });

  it('O4 says what is wrong with a place where nothing can be', () => {
    const file = path.join(base(), 'file');
    writeFileSync(file, '');
    expect(() => planSpill(path.join(file, 'place'))).toThrow(/values cannot be written to .*file/);
  });

  it('O4 of a process that is gone is removed by the next one, of a living one never', () => {
    const directory = base();
    const [dead, alive] = [path.join(directory, 'daylight-spill-1-a'), path.join(directory, 'daylight-spill-2-b')];
    expect(spawnSync(process.execPath, program(dead, 'makeSpillFolder(folder);')).status).toBe(0);
    writeFileSync(path.join(dead, 'values-1'), 'left behind');
    makeSpillFolder(alive);
    mkdirSync(path.join(directory, 'daylight-other'));
    planSpill(directory);
    expect(readdirSync(directory).toSorted()).toEqual(['daylight-other', 'daylight-spill-2-b']);
    removeSpillFolder(alive);
    expect(existsSync(alive)).toBe(false);
  });

  it('O4 of another machine, or without an owner, is removed only once nobody has used it for long', () => {
    const directory = base();
    const foreign = path.join(directory, 'daylight-spill-1-a');
    const bare = path.join(directory, 'daylight-spill-2-b');
    for (const folder of [foreign, bare]) mkdirSync(folder);
    writeFileSync(path.join(foreign, 'owner.json'), JSON.stringify({ pid: 1, startedAt: '5', realm: 'elsewhere' }));
    removeLeftovers(directory);
    expect(readdirSync(directory)).toHaveLength(2);
    const age = (folder: string, minutes: number): void => {
      const at = new Date(Date.now() - minutes * 60_000);
      utimesSync(folder, at, at);
    };
    age(foreign, 30);
    age(bare, 30);
    removeLeftovers(directory);
    expect(readdirSync(directory)).toEqual(['daylight-spill-1-a']);
    age(foreign, 90);
    removeLeftovers(directory);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('O4 is removed when its process ends, also by kill -9 and by Ctrl-C for its group', async () => {
    const directory = base();
    for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM'] as const) {
      const folder = path.join(directory, `daylight-spill-${signal}`);
      const text = 'makeSpillFolder(folder); guardFolder(folder); console.log("ready"); setInterval(() => {}, 1000);';
      const child = spawn(process.execPath, program(folder, text), {
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      expect(existsSync(folder)).toBe(true);
      process.kill(-(child.pid ?? 0), signal);
      await vi.waitFor(() => expect(existsSync(folder)).toBe(false), { timeout: 10_000 });
    }
  });
});
