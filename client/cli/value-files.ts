/**
 * Values as files: what `daylight put` makes of a file, and what `daylight get` writes for a value. Bytes and texts are themselves,
 * everything else is JSON as in a job's result, with typed arrays as NumPy files beside it in a zip archive.
 */
import path from 'node:path';
import { strFromU8, unzipSync } from 'fflate';
import { ObjectRef } from '#client/api/object-ref.ts';
import { packResult } from '#client/worker/result-archive.ts';
import { SerializationError } from '#shared/errors/daylight-error.ts';
import { RESULT_FILE } from '#shared/task/main-function.ts';
import { UsageError } from './exit-codes.ts';
import { counted, formatBytes } from './format.ts';

/** How a file is read. */
export type FileForm = 'json' | 'text' | 'bytes';

const TEXT_ENDINGS = ['.txt', '.md', '.csv', '.tsv', '.log', '.html', '.xml', '.yaml', '.yml', '.svg', '.ts', '.js'];

/** How a file with this name is read, unless told otherwise. */
export function formOf(file: string): FileForm {
  const ending = path.extname(file).toLowerCase();
  if (ending === '.json') return 'json';
  return TEXT_ENDINGS.includes(ending) ? 'text' : 'bytes';
}

/** The value of a file. @throws UsageError for what does not have the form */
export function valueOf(bytes: Uint8Array, form: FileForm, file: string): unknown {
  if (form === 'bytes') return new Uint8Array(bytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: form === 'text' }).decode(bytes);
  } catch {
    throw new UsageError(`${file} is not UTF-8: put it with --as bytes`);
  }
  if (form === 'text') return text;
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${file} is not JSON (${reason}): put it with --as text or --as bytes`);
  }
}

/** What is written for a value. */
export interface WrittenValue {
  /** What stands where nothing else is asked for: bytes themselves, a text itself, or JSON. */
  readonly plain: Uint8Array | string;
  readonly isBytes: boolean;
  /** The value as JSON; typed arrays stand as `{ "$npy", "dtype", "length" }`, references as `{ "$ref": id }`. */
  json(): unknown;
  /** What a file of that name gets. */
  fileOf(name: string): Uint8Array | string;
}

/** A value on its way to a file or a terminal. @throws SerializationError for what no file can hold */
export function writeValue(value: unknown): WrittenValue {
  const bytes = value instanceof Uint8Array ? value : value instanceof ArrayBuffer ? new Uint8Array(value) : undefined;
  let packed: Uint8Array | undefined;
  const archive = (): Uint8Array => (packed ??= pack(value));
  const json = (): unknown => resultIn(archive());
  const plain = bytes ?? (typeof value === 'string' ? value : jsonText(json()));
  return {
    plain,
    isBytes: bytes !== undefined,
    json,
    fileOf(name) {
      const ending = path.extname(name).toLowerCase();
      if (ending === '.zip' && bytes === undefined) return archive();
      if (ending === '.json') return jsonText(json());
      return ending === '.npy' ? npyIn(archive(), name) : plain;
    },
  };
}

const RESULT_ENDINGS = ['.zip', '.json', '.npy', ''];

/** Checks the name of a file that is to get the result of a job. @throws UsageError for an ending that says something else */
export function checkResultFile(name: string): void {
  const ending = path.extname(name).toLowerCase();
  if (!RESULT_ENDINGS.includes(ending))
    throw new UsageError(`the result of a job goes to a .zip, .json or .npy file, and "${name}" ends in ${ending}`);
}

/** What a file of that name gets of a job's result: the archive, unless its ending says otherwise. */
export function resultFile(archive: Uint8Array, name: string): Uint8Array | string {
  const ending = path.extname(name).toLowerCase();
  if (ending === '.json') return jsonText(resultIn(archive));
  return ending === '.npy' ? npyIn(archive, name) : archive;
}

/** `result.json` of an archive. */
export function resultIn(archive: Uint8Array): unknown {
  const file = unzipSync(archive, { filter: ({ name }) => name === RESULT_FILE })[RESULT_FILE];
  return file === undefined ? null : JSON.parse(strFromU8(file));
}

function npyIn(archive: Uint8Array, name: string): Uint8Array {
  const files = unzipSync(archive, { filter: (file) => file.name.endsWith('.npy') });
  const [only, ...others] = Object.values(files);
  if (only !== undefined && others.length === 0) return only;
  const count = Object.keys(files).length;
  throw new UsageError(
    `the value has ${counted(count, 'typed array')}, and ${name} holds one: write it to a .zip or .json file`,
  );
}

function jsonText(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function pack(value: unknown): Uint8Array {
  try {
    return packResult(withReferencesNamed(value, new Set()));
  } catch (error) {
    if (!(error instanceof SerializationError)) throw error;
    throw new SerializationError(`no file can hold this value: ${error.message.replace(/^result/, 'it')}`);
  }
}

/** References name their object; {@link packResult} refuses them, because a job's end would free it. */
function withReferencesNamed(value: unknown, around: Set<object>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ObjectRef.isObjectRef(value)) return { $ref: value.id };
  const isPlain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
  // A cycle is packResult's to complain about.
  if (!isPlain || around.has(value)) return value;
  around.add(value);
  const named = Array.isArray(value)
    ? value.map((item) => withReferencesNamed(item, around))
    : Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withReferencesNamed(item, around)]));
  around.delete(value);
  return named;
}

/** What a terminal is told of bytes, which it cannot show. */
export function aboutBytes(bytes: Uint8Array): string {
  return `${formatBytes(bytes.length)} of bytes: name a file with --out`;
}
