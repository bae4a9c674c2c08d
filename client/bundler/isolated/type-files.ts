// The files that the type checker sees: the source, the types of `daylight`, of data sets and of packages, the declarations of
// the language. They are answers to its questions; it opens nothing itself. Our own folders have made-up names, so that no
// message tells where this server lies.

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClosedFolder } from './closed-folder.ts';

const JOB = '/job';
const DAYLIGHT = '/daylight';
const PACKAGES = `${JOB}/node_modules`;
export const PROJECT_FILE: string = `${JOB}/tsconfig.json`;
const GLOBALS_FILE = `${JOB}/globals.d.ts`;
const MAX_FILE_BYTES = 4_000_000;

/** Declarations beside a built module, the sources themselves elsewhere. */
const ENDING = import.meta.filename.endsWith('.ts') ? '.ts' : '.d.ts';

const OPTIONS = {
  target: 'esnext',
  module: 'esnext',
  moduleResolution: 'bundler',
  customConditions: ['worker', 'browser'],
  // What a worker of a tab has and a worker of a Node host too.
  lib: ['esnext', 'webworker', 'webworker.iterable', 'webworker.asynciterable'],
  types: [],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  jsx: 'preserve',
  paths: {
    daylight: [`${DAYLIGHT}/client/index${ENDING}`],
    'daylight/datasets/*': [`${DAYLIGHT}/datasets/*/index${ENDING}`],
    '#shared/*': [`${DAYLIGHT}/shared/*`],
    '#client/*': [`${DAYLIGHT}/client/*`],
  },
};

/** Names a job may use behind `await import()`: their types are not known here. */
const GLOBALS = "declare module 'node:*';\n";

interface Place {
  readonly at: string;
  readonly folder: ClosedFolder;
}

/** Answers of one check. The names are those of the checker's own questions. */
export class TypeFiles {
  readonly jobFile: string;
  readonly #texts: ReadonlyMap<string, string>;
  readonly #places: readonly Place[];

  /** @param library folder with the declarations of the language */
  constructor(source: string, fileName: string, packagesDir: string, library: string) {
    this.jobFile = `${JOB}/${fileName}`;
    const project = { compilerOptions: OPTIONS, files: [fileName, path.posix.basename(GLOBALS_FILE)] };
    this.#texts = new Map([
      [this.jobFile, source],
      [PROJECT_FILE, JSON.stringify(project)],
      [GLOBALS_FILE, GLOBALS],
    ]);
    const own = ['client', 'shared', 'datasets'].map((name) => ({
      at: `${DAYLIGHT}/${name}`,
      folder: new ClosedFolder(fileURLToPath(new URL(`../../../${name}`, import.meta.url))),
    }));
    this.#places = [
      ...own,
      { at: PACKAGES, folder: new ClosedFolder(packagesDir) },
      { at: library.split(path.sep).join('/'), folder: new ClosedFolder(library) },
    ];
  }

  /** What the checker gets for its question; it has no other way to a file. */
  answer(question: string, name: unknown): unknown {
    if (typeof name !== 'string') return null;
    if (question === 'readFile') return { content: this.#read(name) ?? null };
    if (question === 'fileExists') return this.#texts.has(name) || this.#kindOf(name) === 'file';
    if (question === 'directoryExists') return this.#isFolder(name);
    if (question === 'getAccessibleEntries') return { files: [], directories: [] };
    if (question === 'realpath') return this.#realName(name);
    return null;
  }

  #read(name: string): string | undefined {
    const text = this.#texts.get(name);
    if (text !== undefined) return text;
    const found = this.#find(name);
    // Types are in declarations, sources and manifests; there is no reason to read anything else.
    if (found === undefined || !/\.(?:[cm]?tsx?|json)$/.test(name)) return undefined;
    return found.folder.read(found.inner, MAX_FILE_BYTES)?.toString();
  }

  #kindOf(name: string): 'file' | 'folder' | undefined {
    const found = this.#find(name);
    return found?.folder.kindOf(found.inner);
  }

  #isFolder(name: string): boolean {
    return [JOB, DAYLIGHT].includes(name) || this.#kindOf(name) === 'folder';
  }

  /** Packages may be links to one another; one file must have one name. */
  #realName(name: string): string {
    const found = this.#find(name);
    return found === undefined || found.at !== PACKAGES ? name : `${PACKAGES}/${found.folder.plainName(found.inner)}`;
  }

  #find(name: string): (Place & { readonly inner: string }) | undefined {
    for (const place of this.#places) {
      if (name === place.at || name.startsWith(`${place.at}/`))
        return { ...place, inner: name.slice(place.at.length + 1) };
    }
    return undefined;
  }
}
