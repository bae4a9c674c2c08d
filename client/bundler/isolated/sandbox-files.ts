// Which files the processes of a sandbox are: the programs, and the folders that the one with our code may read.

import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { dataSetFolder } from '../data-sets.ts';

const require = createRequire(import.meta.url);

/** The folder that has `client`, `shared` and `datasets` in it: the repository, or the installed package. */
const ownRoot: string = fileURLToPath(new URL('../../../', import.meta.url));

/** Packages whose code runs in a sandbox, with what they load. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  esbuild: [`@esbuild/${process.platform}-${process.arch}`],
  'oxc-parser': [],
  'magic-string': ['@jridgewell/sourcemap-codec'],
  typebox: [],
  '@jridgewell/trace-mapping': ['@jridgewell/sourcemap-codec', '@jridgewell/resolve-uri'],
};

/** A program and its version. */
export interface Program {
  readonly file: string;
  readonly version: string;
}

/** The native esbuild, not the script of that name. */
export function esbuildProgram(): Program {
  const from = createRequire(require.resolve('esbuild'));
  const manifest: { version: string } = from('../package.json');
  const name = process.platform === 'win32' ? 'esbuild.exe' : 'bin/esbuild';
  return {
    file: from.resolve(`@esbuild/${process.platform}-${process.arch}/${name}`),
    version: manifest.version,
  };
}

/** TypeScript's native compiler, version 7 or newer, if it is installed; its declarations of the language lie beside it. */
export function typeScriptProgram(): Program | undefined {
  try {
    const manifestFile = require.resolve('typescript/package.json');
    const { version }: { version: string } = require(manifestFile);
    if (Number.parseInt(version, 10) < 7) return undefined;
    const name = `@typescript/typescript-${process.platform}-${process.arch}/package.json`;
    const folder = path.dirname(createRequire(manifestFile).resolve(name));
    const file = path.join(folder, 'lib', process.platform === 'win32' ? 'tsc.exe' : 'tsc');
    return existsSync(file) ? { file, version } : undefined;
  } catch {
    return undefined; // not installed
  }
}

/** Everything that our own process in a sandbox may read, as Node takes it. The folder of packages may come to be later. */
export function readablePlaces(packagesDir: string): string[] {
  const own = ['client', 'shared', 'package.json'].map((name) => path.join(ownRoot, name));
  const packages = Object.entries(PACKAGES).flatMap(([name, inner]) => {
    const folder = packageFolder(require, name);
    const from = createRequire(path.join(realpathSync(folder), 'package.json'));
    return [folder, ...inner.map((one) => packageFolder(from, one))];
  });
  // Which of its binaries it loads is known to oxc-parser alone.
  const parsers = path.join(path.dirname(realpathSync(packageFolder(require, 'oxc-parser'))), '@oxc-parser');
  const types = typeScriptProgram();
  const all = [...own, dataSetFolder, ...packages, parsers, ...(types ? [path.dirname(types.file)] : []), packagesDir];
  const found = all.filter((place) => existsSync(place));
  // A package may be a link, and so may the folder of its scope; Node looks at both ends.
  const scopes = found.map((place) => path.dirname(place)).filter((place) => path.basename(place).startsWith('@'));
  const later = existsSync(packagesDir) ? [] : [path.join(packagesDir, '*')];
  return withoutInner([...[...found, ...scopes].flatMap((place) => [place, realpathSync(place)]), ...later]);
}

/** The folders that lie in no other of them. Node loses a folder that it is told of after one inside it. */
function withoutInner(places: readonly string[]): string[] {
  const outer: string[] = [];
  for (const place of places.toSorted((a, b) => a.length - b.length))
    if (!outer.some((other) => `${place}${path.sep}`.startsWith(`${other}${path.sep}`))) outer.push(place);
  return outer;
}

function packageFolder(from: NodeJS.Require, name: string): string {
  for (const modules of from.resolve.paths(name) ?? []) {
    const folder = path.join(modules, name);
    if (existsSync(folder)) return folder;
  }
  throw new Error(`the package ${name} is not installed`);
}
