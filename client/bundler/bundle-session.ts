// The esbuild plugin of one bundling: gives every script to the pass, binds `daylight` to the node's runtime, finds data sets, and
// remembers what it saw, so that errors can be told in terms of the user's own files.

import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping';
import type {
  ImportKind,
  Loader,
  Message,
  OnLoadArgs,
  OnLoadResult,
  OnResolveArgs,
  OnResolveResult,
  PartialMessage,
  Plugin,
} from 'esbuild';
import type { SourceLocation } from './bundle-problem.ts';
import {
  DATA_SET_NAMES,
  DATA_SET_NAMESPACE,
  DATA_SET_PREFIX,
  dataSetImport,
  dataSetModule,
  loadDataSetModule,
} from './data-sets.ts';
import { transformModule, needsPass } from './transform-pass.ts';
import type { TransformedModule } from './transform-pass.ts';
import type { ModuleAnalysis } from './module-analysis.ts';
import { HELPER_PREFIX } from './task-pass.ts';
import { BundleError } from '#shared/errors/daylight-error.ts';
import { PUBLIC_API_NAMES } from '#client/worker/runtime-binding.ts';

/** Namespace of the module that stands for `daylight`; also how its frames are recognised in a source map. */
export const RUNTIME_NAMESPACE = 'daylight-runtime';
/** Namespace of the modules of a `ModuleHost`. */
export const HOST_NAMESPACE = 'job';

const SCRIPT = /\.[cm]?[jt]sx?$/;
const BUILTIN_NAMES = new Set(builtinModules);

/** Whether the specifier names a module of Node itself. */
export function isNodeBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || BUILTIN_NAMES.has(specifier);
}

/** Why an import or a file is not taken, and what to do about it. */
export interface Refusal {
  readonly reason: string;
  readonly hint?: string;
  /** It is only missing: a `require` in a `try` may do without. */
  readonly isMissing?: boolean;
}

/** A module of a host: where it is, by its `/`-separated name there. */
export interface HostedModule {
  readonly path: string;
  /** False if it may be left out when nothing of it is used. */
  readonly sideEffects?: boolean;
}

/**
 * Where the modules of a bundle come from if not from the disk through esbuild: it answers every import and gives every text.
 */
export interface ModuleHost {
  readonly entry: string;
  resolve(specifier: string, importer: string, kind: ImportKind): HostedModule | Refusal;
  load(module: string): { readonly contents: string | Uint8Array; readonly loader: Loader } | Refusal;
}

interface SeenModule {
  readonly source: string;
  transformed: TransformedModule | undefined;
}

export interface StaticBuiltinImport {
  /** The importing module, as the metafile calls it. */
  readonly file: string;
  readonly specifier: string;
}

export class BundleSession {
  /** Failures of the pass; esbuild only sees their text. */
  readonly failures: BundleError[] = [];
  readonly staticBuiltins: StaticBuiltinImport[] = [];
  readonly #root: string;
  readonly #virtual: { readonly file: string; readonly source: string; readonly resolvable: boolean } | undefined;
  readonly #host: ModuleHost | undefined;
  readonly #modules = new Map<string, SeenModule>();
  readonly #refusals = new Map<string, Refusal>();

  /**
   * @param root absolute folder; everything the user gets to see is relative to it
   * @param virtual an entry that exists only as text, under its absolute path; `resolvable`: it may import files
   * @param host where all other modules come from; without it from the disk
   */
  constructor(root: string, virtual?: { file: string; source: string; resolvable: boolean }, host?: ModuleHost) {
    this.#root = root;
    this.#virtual = virtual;
    this.#host = host;
  }

  get plugin(): Plugin {
    return {
      name: 'daylight',
      setup: (build) => {
        build.onResolve({ filter: /.*/ }, (args) => this.#onResolve(args));
        build.onLoad({ filter: /.*/, namespace: RUNTIME_NAMESPACE }, () => ({
          contents: runtimeModule(),
          loader: 'js',
        }));
        build.onLoad({ filter: /.*/, namespace: DATA_SET_NAMESPACE }, (args) => this.#onDataSet(args));
        if (this.#host === undefined)
          build.onLoad({ filter: SCRIPT, namespace: 'file' }, (args) => this.#onFile(args.path));
        // Whatever esbuild found by itself is refused: with a host it has no business on the disk.
        else build.onLoad({ filter: /.*/ }, (args) => this.#onHosted(args));
      },
    };
  }

  /** The analysis of a bundled module by its path in the metafile. Throws `BundleError` as the pass does. */
  analysisOf(file: string): ModuleAnalysis | undefined {
    const seen = this.#modules.get(file);
    if (seen === undefined) return undefined;
    seen.transformed ??= transformModule(seen.source, shownName(file));
    return seen.transformed.analysis;
  }

  /** What the host said of a `require` that led nowhere. */
  refusalOf(specifier: string): Refusal | undefined {
    return this.#refusals.get(specifier);
  }

  /** The user's text of a bundled module. */
  sourceOf(file: string): string | undefined {
    return this.#modules.get(file)?.source;
  }

  /** Where a message of esbuild points to in the user's file; esbuild itself saw the text after the pass. */
  locate(message: Message): SourceLocation | undefined {
    const { location } = message;
    if (location === null) return undefined;
    // esbuild counts columns in bytes of UTF-8.
    const bytes = new TextEncoder().encode(location.lineText).subarray(0, location.column);
    const column = new TextDecoder().decode(bytes).length;
    const map = this.#modules.get(location.file)?.transformed?.map;
    const original =
      map === undefined
        ? undefined
        : originalPositionFor(new TraceMap(map.toString()), { line: location.line, column });
    return {
      file: shownName(location.file),
      line: original?.line ?? location.line,
      column: (original?.column ?? column) + 1,
    };
  }

  #onResolve(args: OnResolveArgs): OnResolveResult | undefined {
    if (args.path === 'daylight') return { path: 'daylight', namespace: RUNTIME_NAMESPACE };
    if (args.path.startsWith(DATA_SET_PREFIX)) return resolveDataSet(args.path);
    if (args.namespace === DATA_SET_NAMESPACE)
      return { path: dataSetImport(args.path, args.importer), namespace: DATA_SET_NAMESPACE };
    if (args.kind === 'entry-point') {
      return this.#host === undefined
        ? { path: path.resolve(this.#root, args.path) }
        : { path: this.#host.entry, namespace: HOST_NAMESPACE };
    }
    const builtin = this.#resolveBuiltin(args);
    if (builtin !== undefined) return builtin;
    if (this.#host !== undefined) {
      const found = this.#host.resolve(args.path, args.importer, args.kind);
      if (!('reason' in found)) return { namespace: HOST_NAMESPACE, ...found };
      if (found.isMissing !== true || args.kind !== 'require-call') return { errors: [messageOf(found)] };
      // esbuild knows about `try`, and has no folder in which it could look for the module.
      this.#refusals.set(args.path, found);
      return undefined;
    }
    if (this.#virtual?.resolvable === false && args.importer === this.#virtual.file) {
      return {
        errors: [
          {
            text: `Could not resolve "${args.path}": this source has no folder, so it can import only 'daylight' and its data sets`,
          },
        ],
      };
    }
    return undefined;
  }

  #resolveBuiltin(args: OnResolveArgs): OnResolveResult | undefined {
    if (!isNodeBuiltin(args.path) || this.#virtual?.resolvable === false) return undefined;
    // Where a package offers its own `events` or `buffer`, the bare name means that package.
    if (args.kind === 'dynamic-import')
      return { path: args.path.startsWith('node:') ? args.path : `node:${args.path}`, external: true };
    if (args.kind !== 'import-statement' || !args.path.startsWith('node:')) return undefined;
    this.staticBuiltins.push({ file: this.#metafileName(args), specifier: args.path });
    return { path: args.path, external: true };
  }

  #metafileName({ namespace, importer }: OnResolveArgs): string {
    return namespace === 'file' ? this.relative(importer) : `${namespace}:${importer}`;
  }

  async #onFile(absolute: string): Promise<OnLoadResult> {
    const source = this.#virtual?.file === absolute ? this.#virtual.source : await readFile(absolute, 'utf8');
    return this.#pass(this.relative(absolute), source, loaderOf(absolute));
  }

  async #onDataSet({ path: module }: OnLoadArgs): Promise<OnLoadResult> {
    const { contents, loader } = await loadDataSetModule(module);
    return typeof contents === 'string'
      ? this.#pass(`${DATA_SET_NAMESPACE}:${module}`, contents, loader)
      : { contents, loader };
  }

  #onHosted({ namespace, path: module }: OnLoadArgs): OnLoadResult {
    if (namespace !== HOST_NAMESPACE || this.#host === undefined)
      return { errors: [{ text: 'a job has no files beside it' }] };
    const loaded = this.#host.load(module);
    if ('reason' in loaded) return { errors: [messageOf(loaded)] };
    const { contents, loader } = loaded;
    return typeof contents === 'string' && SCRIPT.test(module)
      ? this.#pass(`${HOST_NAMESPACE}:${module}`, contents, loader)
      : { contents, loader };
  }

  /** @param file as the metafile calls it */
  #pass(file: string, source: string, loader: Loader): OnLoadResult {
    const seen: SeenModule = { source, transformed: undefined };
    this.#modules.set(file, seen);
    if (!needsPass(source)) return { contents: source, loader };
    try {
      seen.transformed = transformModule(source, shownName(file));
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.failures.push(error);
      return { errors: [{ text: error.message }] };
    }
    const { code, map } = seen.transformed;
    // Outside the disk's namespace esbuild takes the names of sources as they are.
    if (isNamespaced(file)) map.sources = [file];
    return { contents: `${code}\n//# sourceMappingURL=${map.toUrl()}`, loader };
  }

  relative(absolute: string): string {
    return path.relative(this.#root, absolute).split(path.sep).join('/');
  }
}

/** Whether the metafile's name is that of a module that does not come from the disk by its path. */
function isNamespaced(file: string): boolean {
  return [HOST_NAMESPACE, DATA_SET_NAMESPACE].some((namespace) => file.startsWith(`${namespace}:`));
}

/** What a person is shown for a module of the metafile: a host's modules as if they lay in the root. */
export function shownName(file: string): string {
  return file.startsWith(`${HOST_NAMESPACE}:`) ? file.slice(HOST_NAMESPACE.length + 1) : file;
}

function resolveDataSet(specifier: string): OnResolveResult {
  const module = dataSetModule(specifier);
  if (module !== undefined) return { path: module, namespace: DATA_SET_NAMESPACE };
  const all = DATA_SET_NAMES.map((name) => DATA_SET_PREFIX + name).join(', ');
  return { errors: [messageOf({ reason: `There is no data set "${specifier}"`, hint: `there are ${all}` })] };
}

function messageOf({ reason, hint }: Refusal): PartialMessage {
  return { text: reason, detail: { hint } };
}

function loaderOf(file: string): Loader {
  if (file.endsWith('.tsx')) return 'tsx';
  if (file.endsWith('.jsx')) return 'jsx';
  return /\.[cm]?ts$/.test(file) ? 'ts' : 'js';
}

/** What `import … from 'daylight'` means in a bundle: the node's own runtime. Marked pure, so that unused names are dropped. */
function runtimeModule(): string {
  return PUBLIC_API_NAMES.map(
    (name) => `export const ${name} = /* @__PURE__ */ (() => ${HELPER_PREFIX}runtime.api.${name})();`,
  ).join('\n');
}
