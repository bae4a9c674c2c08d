// One folder whose files may be read, and nothing else: whatever leads out of it, by `..` or by a symbolic link, is not there.
// Names inside it are relative, with `/`.

import { readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

/** What a name stands for. */
export type EntryKind = 'file' | 'folder';

export class ClosedFolder {
  /** Absolute, without links; undefined if there is no such folder. */
  readonly #root: string | undefined;

  /** @param root may be missing: then nothing is in it */
  constructor(root: string) {
    this.#root = realPathOf(root);
  }

  /** What lies under the name, links followed; undefined if nothing does. */
  kindOf(name: string): EntryKind | undefined {
    const real = this.#inside(name);
    if (real === undefined) return undefined;
    const stats = statSync(real, { throwIfNoEntry: false });
    return stats?.isFile() === true ? 'file' : stats?.isDirectory() === true ? 'folder' : undefined;
  }

  isFile(name: string): boolean {
    return this.kindOf(name) === 'file';
  }

  /** The name without links, so that one file has one name. */
  plainName(name: string): string {
    const real = this.#inside(name);
    return real === undefined || this.#root === undefined
      ? name
      : path.relative(this.#root, real).split(path.sep).join('/');
  }

  /** The bytes of a file; undefined if there is none, or it is larger. */
  read(name: string, maxBytes: number): Buffer | undefined {
    const real = this.#inside(name);
    const stats = real === undefined ? undefined : statSync(real, { throwIfNoEntry: false });
    if (real === undefined || stats?.isFile() !== true || stats.size > maxBytes) return undefined;
    return readFileSync(real);
  }

  /** The absolute path without links; undefined if it leads out, or nowhere. */
  #inside(name: string): string | undefined {
    if (this.#root === undefined || name.includes('\0')) return undefined;
    const root = `${this.#root}${path.sep}`;
    const wanted = path.join(root, name);
    if (!`${wanted}${path.sep}`.startsWith(root)) return undefined;
    const real = realPathOf(wanted);
    return real !== undefined && `${real}${path.sep}`.startsWith(root) ? real : undefined;
  }
}

function realPathOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined; // not there, or not to be read
  }
}
