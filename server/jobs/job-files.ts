/**
 * What is kept of a job beside its row: the source and argument it was submitted with, its result, the files it published, the
 * progress of its functions when it ended. One folder per job; a file appears whole or not at all. The server keeps bytes and
 * never looks into them.
 */
import { access, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Artefact, FunctionProgress } from '#shared/api/schemas.ts';
import type { JobDownloads, StoredFile } from './job-downloads.ts';

/** What was submitted: on the disk alone, for there may be many and they may be large. */
export interface JobMeta {
  /** Hash of its module. */
  readonly module: string;
  readonly fileName: string;
  /** Text that was pasted or uploaded; null for a bundle. */
  readonly source: string | null;
  /** Absent if `main` was given none. */
  readonly args?: unknown;
}

/** Files of one job, and all of them together. */
const MAX_FILES = 64;
const MAX_FILES_BYTES = 64 * 1024 * 1024;
const PICTURES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/webp', 'image/gif']);
/** No path, nothing hidden. */
const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;

/** A job has published as much as it may, or under a name that is none. */
export class PublishError extends Error {}

/** The folders of all jobs. */
export class JobFiles implements JobDownloads {
  readonly #root: string;
  readonly #artefacts = new Map<number, Map<string, Artefact>>();
  /** Writes of one job happen one after the other. */
  readonly #writing = new Map<number, Promise<unknown>>();

  /** @param root created when it is needed */
  constructor(root: string) {
    this.#root = root;
  }

  /**
   * The submitted jobs that earlier lives of the server left. The folder of a job that has no row goes: the server died while it was made or
   * deleted, and it must not become another job's.
   */
  async load(isKnown: (job: number) => boolean): Promise<Set<number>> {
    const submitted = new Set<number>();
    for (const name of await readdir(this.#root).catch(() => [])) {
      const job = Number(name);
      if (!Number.isInteger(job)) continue;
      if (!isKnown(job)) {
        await this.remove(job);
        continue;
      }
      if (await this.#exists(job, 'job.json')) submitted.add(job);
      const artefacts = await this.#readJson<Artefact[]>(job, 'artefacts.json');
      if (artefacts) this.#artefacts.set(job, new Map(artefacts.map((artefact) => [artefact.name, artefact])));
    }
    return submitted;
  }

  meta(job: number): Promise<JobMeta | undefined> {
    return this.#readJson<JobMeta>(job, 'job.json');
  }

  writeMeta(job: number, meta: JobMeta): Promise<void> {
    return this.#inTurn(job, () => this.#write(job, 'job.json', JSON.stringify(meta)));
  }

  writeResult(job: number, archive: Uint8Array): Promise<void> {
    return this.#inTurn(job, () => this.#write(job, 'result.zip', archive));
  }

  hasResult(job: number): Promise<boolean> {
    return this.#exists(job, 'result.zip');
  }

  openResult(job: number): Promise<StoredFile | undefined> {
    return this.#open(job, 'result.zip');
  }

  /** Written by earlier releases at the end of a job; now the job's row has it. */
  functions(job: number): Promise<FunctionProgress[] | undefined> {
    return this.#readJson<FunctionProgress[]>(job, 'functions.json');
  }

  /** Published files, in the order in which they first came. */
  artefacts(job: number): readonly Artefact[] {
    return [...(this.#artefacts.get(job)?.values() ?? [])];
  }

  /** In turn with what is published, so that type and bytes are of the same version. */
  openArtefact(job: number, name: string): Promise<{ mediaType: string; file: StoredFile } | undefined> {
    return this.#inTurn(job, async () => {
      const known = this.#artefacts.get(job)?.get(name);
      const file = known && (await this.#open(job, fileOf(name)));
      return known && file ? { mediaType: known.mediaType, file } : undefined;
    });
  }

  /** Takes a file in the place of the one of that name. Rejects with {@link PublishError}. */
  publish(job: number, file: { name: string; mediaType: string; data: Uint8Array }, atMs: number): Promise<void> {
    return this.#inTurn(job, async () => {
      const { name, mediaType, data } = file;
      let artefacts = this.#artefacts.get(job);
      if (!artefacts) this.#artefacts.set(job, (artefacts = new Map()));
      const former = artefacts.get(name);
      refuse(artefacts, name, data.length - (former?.sizeBytes ?? 0));
      await this.#write(job, fileOf(name), data);
      artefacts.set(name, {
        name,
        mediaType,
        sizeBytes: data.length,
        updatedAt: new Date(atMs).toISOString(),
        version: (former?.version ?? 0) + 1,
        isPicture: PICTURES.has(mediaType),
      });
      await this.#write(job, 'artefacts.json', JSON.stringify([...artefacts.values()]));
    });
  }

  remove(job: number): Promise<void> {
    this.#artefacts.delete(job);
    return this.#inTurn(job, () => rm(this.#folder(job), { recursive: true, force: true }));
  }

  /** Resolves when everything that was asked for is written. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writing.values());
  }

  #folder(job: number): string {
    return path.join(this.#root, String(job));
  }

  #exists(job: number, name: string): Promise<boolean> {
    return access(path.join(this.#folder(job), name)).then(
      () => true,
      () => false,
    );
  }

  async #inTurn<T>(job: number, work: () => Promise<T>): Promise<T> {
    const before = this.#writing.get(job) ?? Promise.resolve();
    const turn = before.then(work, work);
    this.#writing.set(job, turn);
    try {
      return await turn;
    } finally {
      if (this.#writing.get(job) === turn) this.#writing.delete(job);
    }
  }

  async #write(job: number, name: string, content: string | Uint8Array): Promise<void> {
    const target = path.join(this.#folder(job), name);
    await mkdir(path.dirname(target), { recursive: true });
    const file = await open(`${target}.new`, 'w');
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${target}.new`, target);
  }

  #read(job: number, name: string): Promise<Uint8Array | undefined> {
    return ifThere(readFile(path.join(this.#folder(job), name)));
  }

  async #open(job: number, name: string): Promise<StoredFile | undefined> {
    const file = await ifThere(open(path.join(this.#folder(job), name)));
    if (!file) return undefined;
    const close = (): Promise<void> => file.close();
    try {
      const { size } = await file.stat();
      return { sizeBytes: size, stream: () => file.createReadStream(), close };
    } catch (error) {
      await close();
      throw error;
    }
  }

  async #readJson<T>(job: number, name: string): Promise<T | undefined> {
    const bytes = await this.#read(job, name);
    // Written by this server alone, whole or not at all.
    return bytes === undefined ? undefined : (JSON.parse(new TextDecoder().decode(bytes)) as T);
  }
}

/** Undefined if there is no such file. */
async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && Reflect.get(error, 'code') === 'ENOENT') return undefined;
    throw error;
  }
}

function fileOf(name: string): string {
  return path.join('artefacts', name);
}

function refuse(artefacts: ReadonlyMap<string, Artefact>, name: string, moreBytes: number): void {
  if (!FILE_NAME.test(name) || name.endsWith('.new'))
    throw new PublishError(`"${name.slice(0, 100)}" is no plain file name: use letters, digits, . - and _`);
  if (!artefacts.has(name) && artefacts.size >= MAX_FILES)
    throw new PublishError(`a job publishes at most ${MAX_FILES} files: publish under a name it has used`);
  let bytes = moreBytes;
  for (const { sizeBytes } of artefacts.values()) bytes += sizeBytes;
  if (bytes > MAX_FILES_BYTES)
    throw new PublishError(`a job publishes at most ${MAX_FILES_BYTES / 1024 / 1024} MB: return large data from main`);
}
