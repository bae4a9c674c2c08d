/**
 * The folder in which one raylet keeps its values on disk. It is of no use to anybody else and to no later process: it goes with
 * its raylet, however that ends. What a process that was killed left behind is removed by the next one that uses the same
 * place, which therefore has to tell the living from the dead: by process id and start time where both are on the same machine
 * (in the same container), else by how long ago the folder was marked as in use.
 */
import { randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statfsSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { DaylightError } from '#shared/errors/daylight-error.ts';

const PREFIX = 'daylight-spill-';
const OWNER_FILE = 'owner.json';
const OWNER_ONLY = 0o700;
/** A folder of another machine that was not marked for so long is nobody's. It is marked once a minute. */
const ABANDONED_MS = 60 * 60_000;
/** One without a readable owner may be in the making. */
const MAKING_MS = 60_000;
/** File systems that lie in memory, by the numbers of Linux: tmpfs, ramfs. */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
/** Part of the free disk that a node takes unless it is told otherwise. */
const DEFAULT_SHARE = 0.5;

/** Where and how much a node may write. */
export interface SpillSettings {
  readonly folder: string;
  readonly limitBytes: number;
}

interface Owner {
  readonly pid: number;
  /** Tells a process from a later one of the same id; empty where that cannot be told. */
  readonly startedAt: string;
  /** Within it process ids mean something: machine, and container. */
  readonly realm: string;
}

/**
 * Chooses a folder for this process's next raylet and removes what dead ones left beside it. Nothing is written yet.
 *
 * @param directory default: the system's for temporary files, unless that lies in memory, which is what is lacking
 * @param limitBytes default: half of what is free there
 * @returns `undefined` if nothing may be written
 */
export function planSpill(directory?: string, limitBytes?: number): SpillSettings | undefined {
  if (limitBytes === 0) return undefined;
  const base = directory === undefined ? defaultDirectory() : path.resolve(directory);
  if (base === undefined) return undefined;
  if (directory !== undefined) makeDirectory(base);
  removeLeftovers(base);
  const limit = limitBytes ?? freeBytes(base) * DEFAULT_SHARE;
  const folder = path.join(base, `${PREFIX}${process.pid}-${randomBytes(4).toString('hex')}`);
  return { folder, limitBytes: Math.floor(limit) };
}

/** Makes the folder, with a word on whose it is. */
export function makeSpillFolder(folder: string): void {
  mkdirSync(folder, { mode: OWNER_ONLY });
  writeFileSync(path.join(folder, OWNER_FILE), JSON.stringify(ownerOf(process.pid)));
}

/** Marks the folder as in use. */
export function touchSpillFolder(folder: string): void {
  try {
    const now = new Date();
    utimesSync(folder, now, now);
  } catch {
    // It was removed: nobody will take it for abandoned.
  }
}

/** Removes the folder with everything in it. Safe to repeat. */
export function removeSpillFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes the folders of processes that are gone. What cannot be removed, such as another user's, stays. */
export function removeLeftovers(base: string): void {
  for (const name of namesIn(base)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = path.join(base, name);
    try {
      if (isAbandoned(folder)) removeSpillFolder(folder);
    } catch {
      // It went meanwhile, or is not ours.
    }
  }
}

function namesIn(base: string): string[] {
  try {
    return readdirSync(base);
  } catch {
    return [];
  }
}

function isAbandoned(folder: string): boolean {
  const { uid, mtimeMs } = lstatSync(folder);
  if (uid !== userInfo().uid) return false;
  const owner = readOwner(folder);
  const ageMs = Date.now() - mtimeMs;
  if (!owner) return ageMs > MAKING_MS;
  if (owner.realm !== realm()) return ageMs > ABANDONED_MS;
  return startOf(owner.pid) !== owner.startedAt;
}

function readOwner(folder: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(readFileSync(path.join(folder, OWNER_FILE), 'utf8'));
    return isOwner(owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startedAt, realm: where }: { pid?: unknown; startedAt?: unknown; realm?: unknown } = value;
  return typeof pid === 'number' && typeof startedAt === 'string' && typeof where === 'string';
}

function ownerOf(pid: number): Owner {
  return { pid, startedAt: startOf(pid) ?? '', realm: realm() };
}

/** When a process of this realm began, in the system's own terms; `undefined` if there is none of this id. */
function startOf(pid: number): string | undefined {
  try {
    // Behind the name, which may hold anything: state, parent … and as the twentieth the start, in ticks since the boot.
    const status = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    if (process.platform === 'linux') return undefined;
  }
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return error instanceof Error && Reflect.get(error, 'code') === 'EPERM' ? '' : undefined;
  }
}

function realm(): string {
  const read = (get: () => string): string => {
    try {
      return get();
    } catch {
      return '';
    }
  };
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const processes = read(() => readlinkSync('/proc/self/ns/pid'));
  return [hostname(), boot, processes].join(' ');
}

function defaultDirectory(): string | undefined {
  return [tmpdir(), '/var/tmp'].find((directory) => {
    try {
      return !MEMORY_FILE_SYSTEMS.has(statfsSync(directory).type);
    } catch {
      return false;
    }
  });
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (error) {
    throw new DaylightError(
      `values cannot be written to ${directory}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return 0;
  }
}
