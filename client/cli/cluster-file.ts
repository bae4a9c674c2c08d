/**
 * The server that runs on this machine, for commands that are told no address: `daylight up` writes where it listens and its
 * tokens into a file that only this account can read, and removes it when it ends. What a killed server left behind counts for
 * nothing.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/** What the file says. */
export interface KnownCluster {
  /** As this machine reaches it. */
  readonly url: string;
  readonly operatorToken: string;
  readonly joinToken: string;
  /** Of the process that listens. */
  readonly pid: number;
}

/** Where it lies: in DAYLIGHT_HOME, or `~/.daylight`. */
export function clusterFile(): string {
  const { DAYLIGHT_HOME: home = '' } = process.env;
  return path.join(home === '' ? path.join(homedir(), '.daylight') : path.resolve(home), 'cluster.json');
}

/** The server of this account that runs here now; of several the one that was started last. */
export function readClusterFile(file: string = clusterFile()): KnownCluster | undefined {
  const told = contentOf(file);
  return told !== undefined && isRunning(told.pid) ? told : undefined;
}

/** Says that this process serves; gives what takes the word back. @throws if the file cannot be written */
export function writeClusterFile(cluster: Omit<KnownCluster, 'pid'>, file: string = clusterFile()): () => void {
  const { pid } = process;
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  // Under another name first: nobody reads half of it, and nobody can have opened it before its mode was set.
  const draft = `${file}.${pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify({ ...cluster, pid })}\n`, { mode: 0o600, flag: 'wx' });
  renameSync(draft, file);
  return () => {
    // Another server may have been started meanwhile.
    if (contentOf(file)?.pid === pid) rmSync(file, { force: true });
  };
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
  const { url, operatorToken, joinToken, pid } = (value ?? {}) as Record<string, unknown>;
  return [url, operatorToken, joinToken].every((field) => typeof field === 'string') && Number.isInteger(pid);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs, but is another account's.
    return error instanceof Error && Reflect.get(error, 'code') === 'EPERM';
  }
}
