/**
 * A file that lines are added to and whose oldest lines go: when it is full it takes the place of the former one, and a new one is
 * begun. None of the two is ever larger than it may be, however much comes at once, but for a single line that is.
 */
import { appendFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** See above. One call at a time: each has to wait for the one before. */
export class RotatingFile {
  readonly #current: string;
  readonly #former: string;
  readonly #maxBytes: number;
  /** Unknown until it is looked at. */
  #sizeBytes: number | undefined;

  /** @param name without the ending */
  constructor(folder: string, name: string, maxBytes: number) {
    this.#current = path.join(folder, `${name}.jsonl`);
    this.#former = path.join(folder, `${name}-1.jsonl`);
    this.#maxBytes = maxBytes;
  }

  /** Adds lines, each with its end. What would be gone again with the last of them is not written. Rejects if the disk does. */
  async add(lines: readonly Buffer[]): Promise<void> {
    if (lines.length === 0) return;
    this.#sizeBytes ??= await sizeOf(this.#current);
    const [first, ...later] = this.#inFiles(lines, this.#sizeBytes);
    await mkdir(path.dirname(this.#current), { recursive: true });
    // Unknown again if one of the steps fails.
    this.#sizeBytes = undefined;
    if (first && later.length < 2) await appendFile(this.#current, Buffer.concat(first));
    for (const [index, each] of later.slice(-2).entries()) {
      // What is here now has no place any more when two follow; else it becomes the former.
      if (index > 0 || later.length < 2) await rename(this.#current, this.#former);
      await writeFile(this.#current, Buffer.concat(each));
    }
    this.#sizeBytes = await sizeOf(this.#current);
  }

  /** Everything that is kept, oldest first. */
  async read(): Promise<string> {
    const texts = await Promise.all(
      [this.#former, this.#current].map((file) => readFile(file, 'utf8').catch(() => '')),
    );
    return texts.join('');
  }

  async remove(): Promise<void> {
    this.#sizeBytes = undefined;
    await Promise.all([this.#current, this.#former].map((file) => rm(file, { force: true })));
  }

  /** The lines by the file they belong to: the present one, which may get none, and those to begin. */
  #inFiles(lines: readonly Buffer[], presentBytes: number): Buffer[][] {
    let last: Buffer[] = [];
    const files = [last];
    let sizeBytes = presentBytes;
    for (const line of lines) {
      if (sizeBytes > 0 && sizeBytes + line.length > this.#maxBytes) {
        files.push((last = []));
        sizeBytes = 0;
      }
      last.push(line);
      sizeBytes += line.length;
    }
    return files;
  }
}

function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
