// The data sets that come with Daylight, as a bundle gets them: `daylight/datasets/digits` is `digits/index` in the folder of data
// sets, whatever else is installed, and the bytes are put into the bundle. The same for a job that is run from a file and for
// one that was pasted.

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Loader } from 'esbuild';

/** Namespace of their modules; keeps this machine's paths out of the bundle. */
export const DATA_SET_NAMESPACE = 'daylight-datasets';
/** How an import of one begins. */
export const DATA_SET_PREFIX = 'daylight/datasets/';

/** Where they lie. */
export const dataSetFolder: string = fileURLToPath(new URL('../../datasets', import.meta.url));

/** The data sets and the file with the bytes of each. */
const FILES: Readonly<Record<string, string>> = { digits: 'digits.bin.gz', opticks: 'opticks.txt.gz' };
/** Their names. */
export const DATA_SET_NAMES: readonly string[] = Object.keys(FILES);

/** `.ts` in the sources, `.js` in the installed package. */
const ENDING = path.extname(import.meta.filename);
/** The module that reads the file when no bundler put the bytes in. */
const BYTES = `bytes${ENDING}`;

/** The module that an import of a data set means, as a path below the folder; undefined if there is no such data set. */
export function dataSetModule(specifier: string): string | undefined {
  const name = specifier.slice(DATA_SET_PREFIX.length);
  return Object.hasOwn(FILES, name) ? `${name}/index${ENDING}` : undefined;
}

/** The module that an import in a module of a data set means. */
export function dataSetImport(specifier: string, importer: string): string {
  return path.posix.join(path.posix.dirname(importer), specifier);
}

/** What a module of a data set is. */
export async function loadDataSetModule(module: string): Promise<{ contents: string | Uint8Array; loader: Loader }> {
  const folder = path.posix.dirname(module);
  if (path.posix.basename(module) === BYTES)
    return { contents: `export { default as packed } from './${FILES[folder]}';`, loader: 'js' };
  const contents = await readFile(path.join(dataSetFolder, module));
  if (module.endsWith('.gz')) return { contents, loader: 'binary' };
  return { contents: contents.toString(), loader: ENDING === '.ts' ? 'ts' : 'js' };
}
