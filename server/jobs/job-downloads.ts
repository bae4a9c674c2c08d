/**
 * Files of jobs for whoever sends them on. They are opened, not read: there may be as many readers as there are people, and each as
 * slow as they are. Implemented by `job-files.ts`.
 */
import type { Readable } from 'node:stream';

/** An open file, as it was when it was opened: what takes its place under its name later is another one. */
export interface StoredFile {
  readonly sizeBytes: number;
  /** Its bytes, once. */
  stream(): Readable;
  /** To be called in the end by whom it was opened for, also when the stream is over. Safe to repeat. */
  close(): Promise<void>;
}

/** What jobs left. Both resolve with undefined for what is not there. */
export interface JobDownloads {
  /** A zip archive: `result.json` and `.npy` files. */
  openResult(job: number): Promise<StoredFile | undefined>;
  openArtefact(
    job: number,
    name: string,
  ): Promise<{ readonly mediaType: string; readonly file: StoredFile } | undefined>;
}
