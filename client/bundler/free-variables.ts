// The free variables of an inline function: names it uses and does not define. Its source is sent to other machines, where the
// variables around it do not exist, so each of them must be known at the call. What every worker has is listed here.

import { analyze } from 'eslint-scope';
import { walk } from './syntax-tree.ts';
import type { Node, Program } from './syntax-tree.ts';

/** Globals of every worker, in tabs and on Node hosts alike, besides those of the language itself. */
const WORKER_GLOBALS = [
  'AbortController',
  'AbortSignal',
  'Blob',
  'BroadcastChannel',
  'ByteLengthQueuingStrategy',
  'CompressionStream',
  'CountQueuingStrategy',
  'CustomEvent',
  'DOMException',
  'DecompressionStream',
  'Event',
  'EventTarget',
  'File',
  'FormData',
  'Headers',
  'MessageChannel',
  'MessageEvent',
  'MessagePort',
  'Performance',
  'ReadableStream',
  'Request',
  'Response',
  'TextDecoder',
  'TextDecoderStream',
  'TextEncoder',
  'TextEncoderStream',
  'TransformStream',
  'URL',
  'URLSearchParams',
  'WebAssembly',
  'WebSocket',
  'WritableStream',
  'atob',
  'btoa',
  'clearInterval',
  'clearTimeout',
  'console',
  'crypto',
  'fetch',
  'navigator',
  'performance',
  'queueMicrotask',
  'setInterval',
  'setTimeout',
  'structuredClone',
];

/** Globals of the language, listed so that the answer does not depend on the engine that asks. */
const LANGUAGE_GLOBALS =
  'AggregateError Array ArrayBuffer AsyncDisposableStack Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date DisposableStack ' +
  'Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array ' +
  'Intl Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set SharedArrayBuffer String ' +
  'SuppressedError Symbol SyntaxError Temporal TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray WeakMap WeakRef WeakSet ' +
  'decodeURI decodeURIComponent encodeURI encodeURIComponent escape globalThis isFinite isNaN parseFloat parseInt undefined unescape';

const KNOWN_GLOBALS: ReadonlySet<string> = new Set([...WORKER_GLOBALS, ...LANGUAGE_GLOBALS.split(' ')]);

/** Names that tools add to functions, and how to say so. */
const TOOL_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^__vi(te|_)/, 'added by Vite or Vitest for an import'],
  [/^cov_/, 'added by Istanbul for code coverage'],
  [/^_jsxs?(DEV)?$|^_Fragment$|^React$/, 'added by the JSX compiler'],
  [
    /^__(publicField|private\w+|spread\w+|objRest|async|await|yieldStar|forAwait|decorate\w*|toESM|require|using|callDispose)$/,
    'added by esbuild or tsx',
  ],
  [
    /^__(awaiter|generator|importDefault|importStar|rest|assign|esDecorate|runInitializers)$/,
    'added by the TypeScript compiler',
  ],
  [/^_(class_\w+|define_property|object_spread\w*|async_to_generator|ts_\w+|interop_\w+)$/, 'added by SWC'],
  [/^(require|module|exports|__dirname|__filename)$/, 'a variable of CommonJS modules'],
  [
    /^(process|Buffer|global|setImmediate|clearImmediate)$/,
    'a global of Node that tabs do not have; reach it as globalThis.… after a check, or import it inside the function',
  ],
  [/^(window|document|localStorage|alert)$/, 'a global of web pages that workers do not have'],
  [/^arguments$/, 'of the function around this arrow function'],
];

export interface FreeVariable {
  readonly name: string;
  /** Offset of its first use. */
  readonly offset: number;
}

/** The tool or environment a free variable comes from, in words, if it is recognised. */
export function originOf(name: string): string | undefined {
  return TOOL_NAMES.find(([pattern]) => pattern.test(name))?.[1];
}

/** Names used in the program and defined neither there nor in every worker, by first use. `typeof name` alone is no use. */
export function freeVariables(program: Program): FreeVariable[] {
  const guarded = new Set<number>();
  walk(program, {
    enter(node) {
      if (node.type === 'UnaryExpression' && node.operator === 'typeof' && node.argument.type === 'Identifier')
        guarded.add(node.argument.start);
    },
  });
  // oxc's tree is ESTree, but its declarations are not those of @types/estree.
  const tree = program as unknown as Parameters<typeof analyze>[0];
  const scopes = analyze(tree, { ecmaVersion: 2022, sourceType: 'module', fallback: 'iteration' });
  const found = new Map<string, number>();
  for (const { identifier } of scopes.globalScope?.through ?? []) {
    const { name } = identifier;
    if (typeof name !== 'string' || KNOWN_GLOBALS.has(name)) continue;
    const { start } = identifier as unknown as Node;
    if (!guarded.has(start)) found.set(name, Math.min(start, found.get(name) ?? Infinity));
  }
  return Array.from(found, ([name, offset]) => ({ name, offset })).toSorted((a, b) => a.offset - b.offset);
}
