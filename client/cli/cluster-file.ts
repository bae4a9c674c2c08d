/**
 * The servers that run on this machine, for commands that are told no address: `daylight up` writes where it listens and its tokens
 * into a file of its own that only this account can read, and removes it when it ends. What a killed server left behind counts for
 * nothing.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** What a file says. */
export interface KnownCluster {
  /** As this machine reaches it. */
  readonly url: string;
  /** As others reach it; often the same. */
  readonly publicUrl: string;
  readonly operatorToken: string;
  readonly joinToken: string;
  /** Of the process that listens. */
  readonly pid: number;
  /** When it was started, in milliseconds since 1970. */
  readonly startedMs: number;
}

const OWN_FILE = /^\d+\.json$/;

/** Where the files lie, one for each server: in DAYLIGHT_HOME, or `~/.daylight`. */
export function serversFolder(): string {
  const { DAYLIGHT_HOME: home = '' } = process.env;
  return path.join(home === '' ? path.join(homedir(), '.daylight') : path.resolve(home), 'servers');
}

/** The servers of this account that run here now, the one that was started last first. */
export function readServers(folder: string = serversFolder()): KnownCluster[] {
  const servers = filesIn(folder).flatMap((file) => contentOf(file) ?? []);
  const running = servers.filter(({ pid }) => isRunning(pid));
  return running.toSorted((a, b) => b.startedMs - a.startedMs);
}

/** Of several the one that was started last. */
export function readNewestServer(folder: string = serversFolder()): KnownCluster | undefined {
  return readServers(folder)[0];
}

/** Says that this process serves; gives what takes the word back. @throws if the file cannot be written */
export function writeServer(
  cluster: Omit<KnownCluster, 'pid' | 'startedMs'>,
  folder: string = serversFolder(),
): () => void {
  const { pid } = process;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const other of filesIn(folder)) if (!isRunning(contentOf(other)?.pid ?? 0)) rmSync(other, { force: true });
  const file = path.join(folder, `${pid}.json`);
  // Under another name first: nobody reads half of it, and nobody can have opened it before its mode was set.
  const draft = `${file}.draft`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify({ ...cluster, pid, startedMs: Date.now() })}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
  return () => rmSync(file, { force: true });
}

function filesIn(folder: string): string[] {
  try {
    const names = readdirSync(folder);
    return names.filter((name) => OWN_FILE.test(name)).map((name) => path.join(folder, name));
  } catch {
    return [];
  }
}

function contentOf(file: string): KnownCluster | undefined {
  try {
    const told: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return isKnownCluster(told) ? told : undefined;
  } catch {
    return undefined;
  }
}

function isKnownCluster(value: unknown): value is KnownCluster {
  const { url, publicUrl, operatorToken, joinToken, pid, startedMs } = (value ?? {}) as Record<string, unknown>;
  const texts = [url, publicUrl, operatorToken, joinToken];
  return texts.every((field) => typeof field === 'string') && Number.isInteger(pid) && Number.isFinite(startedMs);
}

/** A process that was killed has no number; 0 would be this process's whole group. */
function isRunning(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, but is another account's.
    return error instanceof Error && Reflect.get(error, 'code') === 'EPERM';
  }
}
