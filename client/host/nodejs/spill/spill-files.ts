/**
 * Values in files of a folder, many to a file: one file per value would cost an inode, an open and an unlink each. Values are
 * written behind each other; a file whose values are all gone is removed, and one that is mostly gaps is closed up in place, so
 * that neither takes room beyond what it gives back. Which value lies where is known in memory only: nothing here outlives its
 * process.
 *
 * Everything is synchronous, because it runs in a thread of its own (`spill-thread.ts`).
 */
import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { DIGEST_BYTES } from '#shared/protocol/node-records.ts';

/** A file takes further values up to this size; a larger value has a file of its own. */
const FILE_BYTES = 64 * 2 ** 20;
/** Pieces in which a value is moved within its file. */
const MOVE_BYTES = 2 ** 20;
/** Bytes that one call of the system is asked for; Node takes no more than 2 GiB. */
const CALL_BYTES = 256 * 2 ** 20;
const OWNER_ONLY = 0o600;

/** How bytes get into a file: as `writeSync` of Node. */
export type WriteSync = (
  descriptor: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
) => number;

/** Where a value lies. */
interface Place {
  readonly file: SpillFile;
  readonly slot: number;
  offset: number;
  readonly sizeBytes: number;
  readonly digest: Buffer;
}

interface SpillFile {
  readonly name: string;
  readonly descriptor: number;
  /** In the order in which they lie in it. */
  readonly places: Set<Place>;
  endBytes: number;
  liveBytes: number;
}

/** The first bytes of SHA-256 over a value. */
function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, DIGEST_BYTES);
}

/** Values by number. */
export class SpillFiles {
  readonly #folder: string;
  readonly #limitBytes: number;
  readonly #fileBytes: number;
  readonly #write: WriteSync;
  readonly #places = new Map<number, Place>();
  readonly #files = new Set<SpillFile>();
  #current: SpillFile | undefined;
  #names = 0;
  /** Bytes of all files. */
  diskBytes = 0;

  /** @param folder exists @param write another one in tests */
  constructor(folder: string, { limitBytes = Infinity, fileBytes = FILE_BYTES, write = writeSync as WriteSync } = {}) {
    this.#folder = folder;
    this.#limitBytes = limitBytes;
    this.#fileBytes = fileBytes;
    this.#write = write;
  }

  get fileCount(): number {
    return this.#files.size;
  }

  /** Writes a value; gives its digest. @throws what the file system says, and nothing of the value is left then */
  write(slot: number, bytes: Uint8Array): Uint8Array {
    const digest = digestOf(bytes);
    while (this.diskBytes + bytes.length > this.#limitBytes && this.closeUp('any'));
    if (this.diskBytes + bytes.length > this.#limitBytes) throw new Error('the limit of the folder is reached');
    const place = this.#append(slot, bytes, digest) ?? this.#appendAgain(slot, bytes, digest);
    this.#places.set(slot, place);
    place.file.places.add(place);
    return digest;
  }

  /** Reads a value into memory of its size; false if it is not there, or is not what was written. */
  read(slot: number, into: Uint8Array): boolean {
    const place = this.#places.get(slot);
    if (!place || into.length !== place.sizeBytes) return false;
    return readFully(place.file, into, place.offset) && digestOf(into).equals(place.digest);
  }

  remove(slot: number): void {
    const place = this.#places.get(slot);
    if (!place) return;
    this.#places.delete(slot);
    const { file } = place;
    file.places.delete(place);
    file.liveBytes -= place.sizeBytes;
    if (file.places.size === 0) this.#discard(file);
  }

  /** Closes the gaps of the file that has most of them. Returns false if none has any, or none that are half of it. */
  closeUp(which: 'any' | 'half'): boolean {
    let worst: SpillFile | undefined;
    let most = 0;
    for (const file of this.#files) {
      const gaps = gapBytes(file);
      if (gaps <= most || (which === 'half' && gaps * 2 < file.endBytes)) continue;
      worst = file;
      most = gaps;
    }
    if (!worst) return false;
    this.#closeUp(worst);
    return true;
  }

  /** Removes everything. */
  clear(): void {
    this.#places.clear();
    for (const file of this.#files) this.#discard(file);
  }

  #append(slot: number, bytes: Uint8Array, digest: Buffer): Place | undefined {
    let file: SpillFile | undefined;
    try {
      file = this.#fileFor(bytes.length);
      const offset = file.endBytes;
      this.#writeFully(file, bytes, offset);
      file.endBytes += bytes.length;
      file.liveBytes += bytes.length;
      this.diskBytes += bytes.length;
      return { file, slot, offset, sizeBytes: bytes.length, digest };
    } catch (error) {
      if (file) this.#undo(file);
      if (!isFull(error)) throw error;
      return undefined;
    }
  }

  /** The disk is full: the gaps are room, too. */
  #appendAgain(slot: number, bytes: Uint8Array, digest: Buffer): Place {
    while (this.closeUp('any'));
    const place = this.#append(slot, bytes, digest);
    if (!place) throw new Error('the disk is full');
    return place;
  }

  #fileFor(sizeBytes: number): SpillFile {
    if (this.#current && this.#current.endBytes + sizeBytes <= this.#fileBytes) return this.#current;
    for (const file of this.#files) {
      if (file.endBytes + sizeBytes > this.#fileBytes) continue;
      this.#current = file;
      return file;
    }
    this.#names += 1;
    const name = path.join(this.#folder, `values-${this.#names}`);
    const descriptor = openSync(name, 'wx+', OWNER_ONLY);
    const file: SpillFile = { name, descriptor, places: new Set(), endBytes: 0, liveBytes: 0 };
    this.#files.add(file);
    this.#current = file;
    return file;
  }

  /** What was written of a value takes no room. */
  #undo(file: SpillFile): void {
    if (file.places.size === 0) this.#discard(file);
    else ftruncateSync(file.descriptor, file.endBytes);
  }

  #discard(file: SpillFile): void {
    if (!this.#files.delete(file)) return;
    if (this.#current === file) this.#current = undefined;
    this.diskBytes -= file.endBytes;
    closeSync(file.descriptor);
    rmSync(file.name, { force: true });
  }

  #closeUp(file: SpillFile): void {
    let endBytes = 0;
    for (const place of file.places) {
      if (place.offset !== endBytes && !this.#move(place, endBytes)) continue;
      endBytes += place.sizeBytes;
    }
    if (file.places.size === 0) {
      this.#discard(file);
      return;
    }
    ftruncateSync(file.descriptor, endBytes);
    this.diskBytes -= file.endBytes - endBytes;
    file.endBytes = endBytes;
  }

  #writeFully({ descriptor }: SpillFile, bytes: Uint8Array, offset: number): void {
    for (let done = 0; done < bytes.length;)
      done += this.#write(descriptor, bytes, done, Math.min(CALL_BYTES, bytes.length - done), offset + done);
  }

  /** Moves a value towards the start of its file. False if that failed: then it is lost, as by any other failure of a disk. */
  #move(place: Place, to: number): boolean {
    const { file, sizeBytes } = place;
    try {
      for (let done = 0; done < sizeBytes; done += MOVE_BYTES) {
        const piece = Buffer.allocUnsafe(Math.min(MOVE_BYTES, sizeBytes - done));
        if (!readFully(file, piece, place.offset + done)) throw new Error('the file is shorter than it was');
        this.#writeFully(file, piece, to + done);
      }
      place.offset = to;
      return true;
    } catch {
      this.#places.delete(place.slot);
      file.places.delete(place);
      file.liveBytes -= sizeBytes;
      return false;
    }
  }
}

function gapBytes({ endBytes, liveBytes }: SpillFile): number {
  return endBytes - liveBytes;
}

function readFully({ descriptor }: SpillFile, into: Uint8Array, offset: number): boolean {
  for (let done = 0; done < into.length;) {
    const count = readSync(descriptor, into, done, Math.min(CALL_BYTES, into.length - done), offset + done);
    if (count === 0) return false;
    done += count;
  }
  return true;
}

function isFull(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
