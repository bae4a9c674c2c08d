// The modules of a submitted job: its one source text, and packages out of one folder. Nothing else of this machine can be
// imported, whatever the source says. Data sets and `daylight` itself are the session's business.

import path from 'node:path';
import type { ImportKind, Loader } from 'esbuild';
import type { HostedModule, ModuleHost, Refusal } from '../bundle-session.ts';
import { DATA_SET_NAMES, DATA_SET_PREFIX } from '../data-sets.ts';
import { ClosedFolder } from './closed-folder.ts';
import { PackageResolver, splitSpecifier } from './package-resolver.ts';

/** What packages may bring into one job. */
const MAX_PACKAGE_BYTES = 16_000_000;
/** Begins the names of modules of packages. */
const PACKAGES = 'node_modules/';
/** Stands for what a package has nothing for in a browser. */
const NOTHING = `${PACKAGES}(nothing)`;

const LOADERS: Readonly<Record<string, Loader>> = {
  '.ts': 'ts',
  '.mts': 'ts',
  '.cts': 'ts',
  '.tsx': 'tsx',
  '.js': 'js',
  '.mjs': 'js',
  '.cjs': 'js',
  '.jsx': 'jsx',
  '.json': 'json',
  '.txt': 'text',
  '.wasm': 'binary',
  '.bin': 'binary',
  '.gz': 'binary',
};

const WHAT_THERE_IS = `a submitted job is one file: it can import 'daylight', data sets (${DATA_SET_NAMES.map((name) => DATA_SET_PREFIX + name).join(', ')}) and the packages of this server`;

export class JobHost implements ModuleHost {
  readonly entry: string;
  readonly #source: string;
  readonly #packages: ClosedFolder;
  readonly #resolver: PackageResolver;
  #packageBytes = 0;

  /** @param packagesDir a folder like `node_modules`; may be missing */
  constructor(source: string, fileName: string, packagesDir: string) {
    this.entry = fileName;
    this.#source = source;
    this.#packages = new ClosedFolder(packagesDir);
    this.#resolver = new PackageResolver(this.#packages);
  }

  resolve(specifier: string, importer: string, kind: ImportKind): HostedModule | Refusal {
    const ofPackage = importer.startsWith(PACKAGES);
    const from = ofPackage ? importer.slice(PACKAGES.length) : '';
    const found = this.#resolver.resolve(specifier, from, kind);
    if (found?.disabled === true) return { path: NOTHING };
    if (found !== undefined) return { path: PACKAGES + found.file, sideEffects: found.sideEffects };
    const reason = `Could not resolve "${specifier}"`;
    const name = splitSpecifier(specifier)?.name;
    const isMissing = name !== undefined;
    if (ofPackage)
      return { reason, isMissing, hint: `${importer} asks for it: install all of what the package needs beside it` };
    if (name === undefined) return { reason, hint: WHAT_THERE_IS };
    return {
      reason,
      isMissing,
      hint: `this server has no package "${name}", or not this part of it; its operator can add it (daylight up --packages)`,
    };
  }

  load(module: string): { readonly contents: string | Uint8Array; readonly loader: Loader } | Refusal {
    const loader = LOADERS[path.posix.extname(module)] ?? 'js';
    if (module === this.entry) return { contents: this.#source, loader };
    if (module === NOTHING) return { contents: 'module.exports = {};', loader: 'js' };
    const file = module.slice(PACKAGES.length);
    if (!Object.hasOwn(LOADERS, path.posix.extname(file)))
      return { reason: `${module}: a job can import scripts, JSON, text and binary files, but not this` };
    const bytes = this.#packages.read(file, MAX_PACKAGE_BYTES - this.#packageBytes);
    if (bytes === undefined) {
      return {
        reason: `${module}: the packages of this job have more than ${MAX_PACKAGE_BYTES / 1e6} MB`,
        hint: 'import less of them, or bundle the job on your own machine: daylight submit',
      };
    }
    this.#packageBytes += bytes.length;
    return { contents: loader === 'binary' ? bytes : bytes.toString(), loader };
  }
}
