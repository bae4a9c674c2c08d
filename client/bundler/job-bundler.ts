// Turns a job module and everything it imports into one ES module that any node can evaluate: the unit in which code travels.
// TypeScript, npm packages, JSON, WebAssembly, text and binary files go in; `daylight` itself stays out and is bound to the
// node's runtime. The module is addressed by its hash, so the same sources give the same address on every machine: no absolute
// path of this machine is in the code or in its source map.

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import type { BuildResult, Message } from 'esbuild';
import { BundleError } from '#shared/errors/daylight-error.ts';
import { bundleError } from './bundle-problem.ts';
import type { SourceLocation } from './bundle-problem.ts';
import { BundleSession, HOST_NAMESPACE, isNodeBuiltin, shownName } from './bundle-session.ts';
import type { ModuleHost } from './bundle-session.ts';
import type { FoundRegistration } from './module-analysis.ts';
import { ModuleGraph } from './module-graph.ts';
import { locationOf } from './syntax-tree.ts';
import { HELPER_PRELUDE } from './transform-pass.ts';

/**
 * A file; or a text that is to be bundled as if it were `fileName` in `resolveDir` (absolute; without it, it can import only
 * `daylight` and data sets); or the entry of a host that gives all modules, so that nothing is read from the disk here.
 */
export type BundleInput =
  | { readonly entryFile: string }
  | { readonly source: string; readonly fileName: string; readonly resolveDir?: string }
  | { readonly host: ModuleHost };

export interface BundleOptions {
  /** The folder that paths in names, errors and the source map are relative to. Default: that of the nearest package.json, else the entry's. */
  readonly rootDir?: string;
}

export interface BundledRegistration {
  /** Name in the function table: `path/of/module#variable`, or what `{ name }` says. */
  readonly name: string;
  readonly kind: 'function' | 'class';
  /** The entry module's export that is this registration, if there is one. */
  readonly exportedAs?: string;
}

export interface BundleWarning extends SourceLocation {
  readonly message: string;
}

export interface BundledModule {
  /** First 128 bits of the code's SHA-256, in hexadecimal: 32 characters. */
  readonly hash: string;
  /** One ES module without imports (but `import('node:…')` inside functions). */
  readonly code: string;
  /** Source map (JSON, version 3), sources relative to the root, without their contents. */
  readonly sourceMap: string;
  /** Whether there is a default export: the job can be run, not only called. */
  readonly hasMain: boolean;
  readonly registrations: readonly BundledRegistration[];
  readonly warnings: readonly BundleWarning[];
}

/** A bundle, or everything that is wrong, at least one. */
export type BundleOutcome =
  | { readonly module: BundledModule; readonly failures?: undefined }
  | { readonly module?: undefined; readonly failures: readonly [BundleError, ...BundleError[]] };

/**
 * Bundles a job module.
 * @throws BundleError with the user's file, line and column if it does not bundle
 */
export async function bundleModule(input: BundleInput, options: BundleOptions = {}): Promise<BundledModule> {
  const { module, failures } = await tryBundle(input, options);
  if (failures !== undefined) throw failures[0];
  return module;
}

/** The same, but tells everything that is wrong with the source. */
export async function tryBundle(input: BundleInput, options: BundleOptions = {}): Promise<BundleOutcome> {
  try {
    const { session, root, entryPath } = begin(input, options);
    const { result, failures } = await runBuild(session, root, entryPath, 'host' in input);
    return failures === undefined ? { module: finish(session, result, entryPath) } : { failures };
  } catch (error) {
    if (error instanceof BundleError) return { failures: [error] };
    throw error;
  }
}

interface Beginning {
  readonly session: BundleSession;
  readonly root: string;
  /** The entry as the metafile calls it. */
  readonly entryPath: string;
}

function begin(input: BundleInput, options: BundleOptions): Beginning {
  if ('host' in input) {
    const session = new BundleSession('/', undefined, input.host);
    return { session, root: '/', entryPath: `${HOST_NAMESPACE}:${input.host.entry}` };
  }
  const virtual = 'source' in input;
  const resolvable = !virtual || input.resolveDir !== undefined;
  const entry = virtual ? path.resolve(input.resolveDir ?? '/', input.fileName) : path.resolve(input.entryFile);
  if (!virtual && !existsSync(entry)) {
    throw bundleError({
      ...startOf(path.basename(entry)),
      reason: 'there is no such file',
      hint: 'check the path of the job module',
    });
  }
  const root = options.rootDir ?? (resolvable ? nearestPackage(path.dirname(entry)) : '/');
  const session = new BundleSession(root, virtual ? { file: entry, source: input.source, resolvable } : undefined);
  return { session, root, entryPath: session.relative(entry) };
}

function finish(session: BundleSession, result: Build, entryPath: string): BundledModule {
  const [outputPath, output] = Object.entries(result.metafile.outputs).find(([file]) => !file.endsWith('.map')) ?? [];
  const code = result.outputFiles.find(({ path: file }) => !file.endsWith('.map'))?.text;
  const sourceMap = result.outputFiles.find(({ path: file }) => file.endsWith('.map'))?.text;
  if (outputPath === undefined || output === undefined || code === undefined || sourceMap === undefined) {
    throw bundleError({ ...startOf(shownName(entryPath)), reason: 'esbuild gave no output' });
  }
  const graph = new ModuleGraph(result.metafile, entryPath, (file) => session.analysisOf(file));
  refuseBuiltins(session, graph, Object.keys(result.metafile.inputs));
  return {
    hash: createHash('sha256').update(code).digest('hex').slice(0, 32),
    code,
    sourceMap: withShownNames(sourceMap),
    hasMain: output.exports.includes('default'),
    registrations: collectRegistrations(session, graph, entryPath, Object.keys(output.inputs)),
    warnings: result.warnings.map((warning) => ({
      message: warning.text,
      ...(session.locate(warning) ?? startOf(shownName(entryPath))),
    })),
  };
}

/** A source map whose sources are called what people see. */
function withShownNames(sourceMap: string): string {
  if (!sourceMap.includes(`"${HOST_NAMESPACE}:`)) return sourceMap;
  const map: { sources: string[] } = JSON.parse(sourceMap);
  return JSON.stringify({ ...map, sources: map.sources.map(shownName) });
}

/** For what has no better place than a file as a whole. */
function startOf(file: string): SourceLocation {
  return { file, line: 1, column: 1 };
}

type Build = BuildResult<{ write: false; metafile: true }>;

async function runBuild(
  session: BundleSession,
  root: string,
  entryPath: string,
  hosted: boolean,
): Promise<
  { result: Build; failures?: undefined } | { result?: undefined; failures: readonly [BundleError, ...BundleError[]] }
> {
  try {
    const result = await build({
      entryPoints: [entryPath],
      absWorkingDir: root,
      outdir: root,
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      // A worker of a tab or of a Node host: the packages' browser builds run in both.
      platform: 'browser',
      conditions: ['worker', 'module'],
      target: 'esnext',
      charset: 'utf8',
      sourcemap: 'external',
      sourcesContent: false,
      define: { 'process.env.NODE_ENV': '"production"' },
      loader: { '.wasm': 'binary', '.bin': 'binary', '.gz': 'binary', '.txt': 'text' },
      banner: { js: HELPER_PRELUDE },
      logLevel: 'silent',
      plugins: [session.plugin],
      // A host has no tsconfig.json, and none is looked for.
      ...(hosted ? { tsconfigRaw: '{}' } : {}),
    });
    return { result };
  } catch (error) {
    const [failure, ...others] = [
      ...session.failures,
      ...errorsOf(error)
        .filter(({ text }) => !session.failures.some(({ message }) => message === text))
        .map((message) => translated(message, session, entryPath)),
    ];
    if (failure === undefined) throw error;
    return { failures: [failure, ...others] };
  }
}

function errorsOf(error: unknown): readonly Message[] {
  if (typeof error !== 'object' || error === null || !('errors' in error) || !Array.isArray(error.errors)) return [];
  return error.errors;
}

/** esbuild's message as a failure in the user's file. */
function translated(message: Message, session: BundleSession, entryPath: string): BundleError {
  const location = session.locate(message) ?? startOf(shownName(entryPath));
  const missing = /^Could not resolve "(.+?)"/.exec(message.text)?.[1];
  if (missing !== undefined && isNodeBuiltin(missing)) {
    return bundleError({
      reason: `"${missing}" is a module of Node and does not exist in a browser`,
      hint: BUILTIN_HINT,
      ...location,
    });
  }
  const refusal = missing === undefined ? undefined : session.refusalOf(missing);
  if (refusal !== undefined) return bundleError({ ...refusal, ...location });
  if (isRefusal(message.detail)) return bundleError({ reason: message.text, hint: message.detail.hint, ...location });
  if (missing === undefined) {
    return bundleError({ reason: message.text.replaceAll(/"daylight-runtime:daylight"/g, "'daylight'"), ...location });
  }
  const relative = missing.startsWith('.') || missing.startsWith('/');
  const hint = relative
    ? 'check the path; it needs the file extension (./tasks.ts)'
    : `install it where the job module is: npm install ${missing}`;
  const reason = message.text.startsWith(`Could not resolve "${missing}":`)
    ? message.text
    : `Could not resolve "${missing}"`;
  return bundleError({ reason, hint, ...location });
}

function isRefusal(detail: unknown): detail is { readonly hint: string | undefined } {
  return typeof detail === 'object' && detail !== null && 'hint' in detail;
}

const BUILTIN_HINT =
  "modules of Node are allowed only behind await import() inside a function: const fs = await import('node:fs/promises')";

/** A module must evaluate in a bare worker: `node:*` at the top level is refused, with the chain of imports that leads there. */
function refuseBuiltins(session: BundleSession, graph: ModuleGraph, files: readonly string[]): void {
  const refuse = (file: string, specifier: string, offset: number | undefined): never => {
    const chain = [...graph.chainTo(file).map(shownName), specifier].join(' → ');
    const source = session.sourceOf(file);
    throw bundleError({
      reason: `"${specifier}" is imported when the module is evaluated, but does not exist in a browser: ${chain}`,
      hint: BUILTIN_HINT,
      ...(source === undefined || offset === undefined
        ? startOf(shownName(file))
        : locationOf(source, offset, shownName(file))),
    });
  };
  for (const { file, specifier } of session.staticBuiltins) {
    if (graph.chainTo(file).length === 0) continue;
    const site = session.analysisOf(file)?.staticImports.find((candidate) => candidate.specifier === specifier);
    refuse(file, specifier, site?.offset);
  }
  for (const file of files) {
    const source = session.sourceOf(file);
    if (source === undefined || !/\bimport\s*\(/.test(source)) continue;
    for (const { specifier, offset } of session.analysisOf(file)?.topLevelDynamicImports ?? []) {
      if (isNodeBuiltin(specifier)) refuse(file, specifier, offset);
    }
  }
}

function collectRegistrations(
  session: BundleSession,
  graph: ModuleGraph,
  entry: string,
  files: readonly string[],
): BundledRegistration[] {
  const exportNames = new Map<string, string>();
  for (const exported of graph.exportedNames(entry)) {
    const target = graph.resolveExport(entry, exported);
    if (target !== undefined) exportNames.set(`${target.file}#${target.name}`, exported);
  }
  const first = new Map<string, { file: string; registration: FoundRegistration }>();
  const registrations: BundledRegistration[] = [];
  for (const file of files.toSorted()) {
    if (session.sourceOf(file)?.includes('daylight') !== true) continue;
    for (const registration of session.analysisOf(file)?.registrations ?? []) {
      const { name, variable, offset } = registration;
      const location = locationOf(session.sourceOf(file) ?? '', offset, shownName(file));
      const earlier = first.get(name);
      if (earlier !== undefined) {
        const at = locationOf(
          session.sourceOf(earlier.file) ?? '',
          earlier.registration.offset,
          shownName(earlier.file),
        );
        throw bundleError({
          reason: `"${name}" is registered twice; the first is at ${at.file}:${at.line}:${at.column}`,
          hint: 'rename one of the variables, or give it another name: remote(fn, { name: "…" })',
          ...location,
        });
      }
      if (graph.chainTo(file, true).length === 0) {
        throw bundleError({
          reason: `"${name}" is registered in a module that is reached only through import(), so other nodes might never register it`,
          hint: `import ${shownName(file)} statically from the job module`,
          ...location,
        });
      }
      first.set(name, { file, registration });
      const exportedAs = exportNames.get(`${file}#${variable}`);
      registrations.push({
        name,
        kind: graph.kindOf(file, registration),
        ...(exportedAs === undefined ? {} : { exportedAs }),
      });
    }
  }
  return registrations;
}

function nearestPackage(folder: string): string {
  for (let at = folder; ; at = path.dirname(at)) {
    if (existsSync(path.join(at, 'package.json'))) return at;
    if (at === path.dirname(at)) return folder;
  }
}
