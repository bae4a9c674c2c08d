/**
 * Removes a folder when this process is gone, however it ended: a shell waits for the end of a pipe that only this process holds
 * open. Listening to signals instead would take Ctrl-C away from a script that computes, for a listener runs only when its thread
 * is idle; and nobody can listen to `kill -9`. Where there is no such shell the next process removes the folder.
 */
import { spawn } from 'node:child_process';

/** In a session of its own it does not hear the terminal's Ctrl-C; whoever ends all processes by hand shall not end this one early. */
const SCRIPT = `trap '' HUP INT TERM; read -r _; rm -rf -- "$0"`;

/** Removes the folder when this process, or the thread that asks, ends. */
export function guardFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const guard = spawn('/bin/sh', ['-c', SCRIPT, folder], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  if ('unref' in guard.stdin && typeof guard.stdin.unref === 'function') guard.stdin.unref();
}
