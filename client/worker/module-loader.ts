// Evaluates a bundle in this worker. A module's top level runs once per worker; what it registers is collected in a map by
// registration name. The code is imported from an address that contains it, because workers have neither files nor network:
// `blob:` where the engine imports it (browsers; half the time of `data:` for large bundles), else `data:` (Node). The
// appended `sourceURL` is what stack traces show instead.

import { installedRuntime } from './runtime-binding.ts';
import type { RegisteredTarget } from './runtime-binding.ts';

/** The address under which a module appears in stack traces, by its hash. */
export function moduleAddress(hash: string): string {
  return `job://${hash}.mjs`;
}

/** Where a stack formatter that overrides the engine's own shows the whole `data:` address instead. */
const DATA_ADDRESS = /data:text\/javascript;charset=utf-8,\S*?%23%20sourceURL%3Djob%3A%2F%2F(\w+)\.mjs/g;

/** A stack in which every module goes by its `moduleAddress`. */
export function withModuleAddresses(stack: string): string {
  return stack.includes('data:text/javascript')
    ? stack.replace(DATA_ADDRESS, (_address, hash: string) => moduleAddress(hash))
    : stack;
}

export interface EvaluatedModule {
  readonly hash: string;
  /** All exports. */
  readonly namespace: Readonly<Record<string, unknown>>;
  /** The default export: a job's entry point, if it is a function. */
  readonly main: unknown;
  /** What the module registered, by registration name. */
  readonly registrations: ReadonlyMap<string, RegisteredTarget>;
}

const evaluated = new Map<string, Promise<EvaluatedModule>>();
let lastEvaluation: Promise<unknown> = Promise.resolve();

/**
 * Evaluates a bundle, once per worker: a second call with the same hash gives the same module, or the same error. Evaluations
 * follow one another, so that each registration belongs to exactly one module. Rejects with whatever the module's top level
 * throws, and with `SyntaxError` for what is no module. The runtime must be installed.
 * @param code an ES module, as `bundleModule` makes it
 * @param hash its hash: names it in stack traces
 */
export async function evaluateModule(code: string, hash: string): Promise<EvaluatedModule> {
  const known = evaluated.get(hash);
  if (known !== undefined) return known;
  const evaluation = lastEvaluation.then(() => evaluateAlone(code, hash));
  evaluated.set(hash, evaluation);
  lastEvaluation = evaluation.catch(() => undefined);
  return evaluation;
}

async function evaluateAlone(code: string, hash: string): Promise<EvaluatedModule> {
  const runtime = installedRuntime();
  const registrations = new Map<string, RegisteredTarget>();
  const source = `${code}\n//# sourceURL=${moduleAddress(hash)}`;
  runtime.evaluation = { hash, registrations };
  try {
    const namespace = await importSource(source);
    return { hash, namespace, main: namespace['default'], registrations };
  } finally {
    runtime.evaluation = undefined;
  }
}

type Namespace = Readonly<Record<string, unknown>>;

/** What browsers have and Node lacks or does not import from. */
interface BlobGlobals {
  readonly Blob?: new (parts: readonly string[], options: { type: string }) => object;
  readonly URL?: { createObjectURL?: (blob: object) => string; revokeObjectURL?: (url: string) => void };
}

let importsBlobs: boolean | undefined;

async function importSource(source: string): Promise<Namespace> {
  importsBlobs ??= await canImportBlobs();
  // As fast as base64 (about 50 ms per MB in Node), and part of the language everywhere.
  return importsBlobs
    ? importBlob(source)
    : importUrl(`data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`);
}

async function canImportBlobs(): Promise<boolean> {
  try {
    await importBlob('export {}');
    return true;
  } catch {
    return false;
  }
}

async function importBlob(source: string): Promise<Namespace> {
  // Neither environment's own declarations fit both.
  const { Blob, URL } = globalThis as unknown as BlobGlobals;
  if (Blob === undefined || URL?.createObjectURL === undefined) throw new Error('no blob: addresses here');
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  try {
    return await importUrl(url);
  } finally {
    URL.revokeObjectURL?.(url);
  }
}

async function importUrl(url: string): Promise<Namespace> {
  return import(/* @vite-ignore */ url);
}
