/*
 * One process at a time: a lock file that names its owner. Whoever finds it waits; if its owner is gone, however it
 * ended, the lock is free.
 */

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;
/** A file that has no process id in it after this time was left by an owner that died while it wrote. */
const WRITING_LIMIT_MS = 2_000;

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && Reflect.get(error, 'code') === code;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

/** Makes the file ours; false while another living process has it. */
function tryLock(file: string): boolean {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  }
  try {
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10);
    const ageMs = Date.now() - statSync(file).mtimeMs;
    if (Number.isNaN(pid) ? ageMs > WRITING_LIMIT_MS : !isRunning(pid)) rmSync(file, { force: true });
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
  return false;
}

/** Runs `work` while this process has the lock `file`. Not to be nested. */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(path.dirname(file), { recursive: true });
  while (!tryLock(file)) await delay(POLL_MS);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}
