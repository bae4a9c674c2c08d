// The esbuild plugin of one bundling: gives every script to the pass, binds `daylight` to the node's runtime, and remembers what
// it saw, so that errors can be told in terms of the user's own files.

import { readFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping';
import type { Loader, Message, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin } from 'esbuild';
import type { SourceLocation } from './bundle-problem.ts';
import { transformModule, needsPass } from './transform-pass.ts';
import type { TransformedModule } from './transform-pass.ts';
import type { ModuleAnalysis } from './module-analysis.ts';
import { HELPER_PREFIX } from './task-pass.ts';
import { BundleError } from '#shared/errors/daylight-error.ts';
import { PUBLIC_API_NAMES } from '#client/worker/runtime-binding.ts';

/** Namespace of the module that stands for `daylight`; also how its frames are recognised in a source map. */
export const RUNTIME_NAMESPACE = 'daylight-runtime';

const SCRIPT = /\.[cm]?[jt]sx?$/;
const BUILTIN_NAMES = new Set(builtinModules);

/** Whether the specifier names a module of Node itself. */
export function isNodeBuiltin(specifier: string): boolean {
  return specifier.startsWith('node:') || BUILTIN_NAMES.has(specifier);
}

interface SeenModule {
  readonly source: string;
  transformed: TransformedModule | undefined;
}

export interface StaticBuiltinImport {
  /** Path of the importing module relative to the root. */
  readonly file: string;
  readonly specifier: string;
}

export class BundleSession {
  /** Failures of the pass; esbuild only sees their text. */
  readonly failures: BundleError[] = [];
  readonly staticBuiltins: StaticBuiltinImport[] = [];
  readonly #root: string;
  readonly #virtual: { readonly file: string; readonly source: string; readonly resolvable: boolean } | undefined;
  readonly #modules = new Map<string, SeenModule>();

  /**
   * @param root absolute folder; everything the user gets to see is relative to it
   * @param virtual an entry that exists only as text, under its absolute path; `resolvable`: it may import files
   */
  constructor(root: string, virtual?: { file: string; source: string; resolvable: boolean }) {
    this.#root = root;
    this.#virtual = virtual;
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
        build.onLoad({ filter: SCRIPT, namespace: 'file' }, (args) => this.#onLoad(args.path));
      },
    };
  }

  /** The analysis of a bundled module by its path in the metafile. Throws `BundleError` as the pass does. */
  analysisOf(file: string): ModuleAnalysis | undefined {
    const seen = this.#modules.get(file);
    if (seen === undefined) return undefined;
    seen.transformed ??= transformModule(seen.source, file);
    return seen.transformed.analysis;
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
    return { file: location.file, line: original?.line ?? location.line, column: (original?.column ?? column) + 1 };
  }

  #onResolve(args: OnResolveArgs): OnResolveResult | undefined {
    if (args.path === 'daylight') return { path: 'daylight', namespace: RUNTIME_NAMESPACE };
    if (args.kind === 'entry-point') return { path: path.resolve(this.#root, args.path) };
    if (this.#virtual?.resolvable === false && args.importer === this.#virtual.file) {
      return {
        errors: [
          { text: `Could not resolve "${args.path}": this source has no folder, so it can import only 'daylight'` },
        ],
      };
    }
    if (!isNodeBuiltin(args.path)) return undefined;
    // Where a package offers its own `events` or `buffer`, the bare name means that package.
    if (args.kind === 'dynamic-import')
      return { path: args.path.startsWith('node:') ? args.path : `node:${args.path}`, external: true };
    if (args.kind !== 'import-statement' || !args.path.startsWith('node:')) return undefined;
    this.staticBuiltins.push({ file: this.relative(args.importer), specifier: args.path });
    return { path: args.path, external: true };
  }

  async #onLoad(absolute: string): Promise<OnLoadResult> {
    const file = this.relative(absolute);
    const source = this.#virtual?.file === absolute ? this.#virtual.source : await readFile(absolute, 'utf8');
    const seen: SeenModule = { source, transformed: undefined };
    this.#modules.set(file, seen);
    const loader = loaderOf(absolute);
    if (!needsPass(source)) return { contents: source, loader };
    try {
      seen.transformed = transformModule(source, file);
    } catch (error) {
      if (!(error instanceof BundleError)) throw error;
      this.failures.push(error);
      return { errors: [{ text: error.message }] };
    }
    const { code, map } = seen.transformed;
    return { contents: `${code}\n//# sourceMappingURL=${map.toUrl()}`, loader };
  }

  relative(absolute: string): string {
    return path.relative(this.#root, absolute).split(path.sep).join('/');
  }
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
