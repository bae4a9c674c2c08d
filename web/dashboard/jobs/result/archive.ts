/**
 * The archive of a result, opened in the browser: `result.json`, and a `.npy` file for each typed array in it.
 */
import { unzipSync } from 'fflate';
import { readNpyHeader, type NpyHeader } from './npy-header.ts';

/** A file of the archive. */
export interface ResultFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of a typed array. */
  readonly npy: NpyHeader | undefined;
}

/** What is in the archive. */
export interface Result {
  /** The value, where a typed array stands as the name of its file. */
  readonly value: unknown;
  readonly json: string;
  readonly files: readonly ResultFile[];
}

const JSON_FILE = 'result.json';

/** @throws Error for what is no such archive */
export function openResult(archive: Uint8Array): Result {
  const entries = unzipSync(archive);
  const json = entries[JSON_FILE];
  if (!json) throw new Error(`the archive has no ${JSON_FILE}`);
  const text = new TextDecoder().decode(json);
  const files = Object.entries(entries)
    .filter(([name]) => name !== JSON_FILE)
    .map(([name, bytes]) => ({ name, bytes: bytes as Uint8Array<ArrayBuffer>, npy: readNpyHeader(bytes) }));
  return { value: JSON.parse(text) as unknown, json: text, files };
}

/** A typed array as it stands in `result.json`. */
export interface ArrayPlace {
  readonly $npy: string;
  readonly dtype: string;
  readonly length: number;
}

/** Whether a value stands for a typed array. */
export function isArrayPlace(value: unknown): value is ArrayPlace {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, '$npy') === 'string';
}
