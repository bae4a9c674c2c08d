// Functions and classes that travel as their own source: `remote(fn)` in a plain script, which no bundler has seen. The source is
// parsed at the call, and everything that could not work elsewhere is refused there, by name and line: a free variable found
// missing on another machine, minutes later, helps nobody. Captured values become part of the module, hence of its hash, so
// that a function with other captures is another function, and results are never confused (rule L1).

import { createHash } from 'node:crypto';
import MagicString, { SourceMap } from 'magic-string';
import { parseSync } from 'oxc-parser';
import { bundleError, type SourceLocation } from './bundle-problem.ts';
import { EditList } from './edit-list.ts';
import { freeVariables, originOf } from './free-variables.ts';
import type { FreeVariable } from './free-variables.ts';
import { locationOf, walk } from './syntax-tree.ts';
import type { Node, Program } from './syntax-tree.ts';
import { HELPER_PREFIX, TaskPass, isTaskPassed } from './task-pass.ts';
import { HELPER_PRELUDE } from './transform-pass.ts';
import type { BundleError } from '#shared/errors/daylight-error.ts';
import { PUBLIC_API_NAMES } from '#client/worker/runtime-binding.ts';

export interface CaptureOptions {
  /** Values for free variables, by variable name. The caller encodes them; here only the names matter. */
  readonly capture?: Readonly<Record<string, unknown>>;
}

/** A self-contained function or class. */
export interface InlineFunction {
  /** One parenthesised expression, as the user wrote it. */
  readonly source: string;
  readonly kind: 'function' | 'class';
  /** The function's own name, or `anonymous`. For people; it identifies nothing. */
  readonly name: string;
  /** Public API names that it uses: they mean the runtime's, as if imported from 'daylight'. */
  readonly apiNames: readonly string[];
  /** Its free variables that `capture` gives values for. */
  readonly captureNames: readonly string[];
}

export interface InlineModule {
  /** As of `BundledModule`. */
  readonly hash: string;
  readonly code: string;
  /** Positions map to the user's file, or, if that is not known, to `inline:<name>` with lines counted from the function's first. */
  readonly sourceMap: string;
  /** What the module registers: `inline#<hash of source and captures>`. */
  readonly registration: { readonly name: string; readonly kind: 'function' | 'class' };
}

/**
 * Takes the source of a function and checks that it works without its surroundings.
 * @throws BundleError that names every free variable with its line, or says what else is wrong
 */
// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- any function or class at all
export function captureInline(fn: Function, options: CaptureOptions = {}): InlineFunction {
  const name = fn.name === '' ? 'anonymous' : fn.name;
  const { source, program, expression } = parseFunction(Function.prototype.toString.call(fn), name);
  refuseSurroundings(program, source, name);
  const captures = new Set(Object.keys(options.capture ?? {}));
  const apiNames: string[] = [];
  const captureNames: string[] = [];
  const missing: FreeVariable[] = [];
  for (const variable of freeVariables(program)) {
    if (captures.has(variable.name)) captureNames.push(variable.name);
    else if (PUBLIC_API_NAMES.includes(variable.name)) apiNames.push(variable.name);
    else if (variable.name !== '__name' && !variable.name.startsWith(HELPER_PREFIX)) {
      missing.push(variable);
    }
  }
  const [first] = missing;
  if (first !== undefined) {
    const lines = missing.map((variable) =>
      describeMissing(variable.name, locationOf(source, variable.offset, name).line),
    );
    const reason = `${name} uses what is defined outside of it:\n  ${lines.join('\n  ')}`;
    throw refused(name, reason, locationOf(source, first.offset, name));
  }
  const kind = expression.type === 'ClassExpression' ? 'class' : 'function';
  return { source, kind, name, apiNames, captureNames };
}

/**
 * The module that registers an inline function when it is evaluated.
 * @param encodedCaptures the values of `captureNames`, encoded by the runtime, as base64; required if there are any
 * @param origin where the function's source begins, for stack traces; it makes no other function of it
 */
export function inlineModuleCode(
  inline: InlineFunction,
  encodedCaptures?: string,
  origin?: SourceLocation,
): InlineModule {
  const { source, apiNames, captureNames } = inline;
  if (captureNames.length > 0 && encodedCaptures === undefined)
    throw new TypeError('the values of the captured variables are missing');
  const bindings = ['const __name=(target)=>target;'];
  if (apiNames.length > 0) bindings.push(`const{${apiNames.join(',')}}=${HELPER_PREFIX}runtime.api;`);
  if (captureNames.length > 0) {
    bindings.push(
      `const{${captureNames.join(',')}}=${HELPER_PREFIX}runtime.decodeCaptures(${JSON.stringify(encodedCaptures)});`,
    );
  }
  const name = `inline#${hashOf(`${bindings.join('')}\n${source}`)}`;
  const text = new MagicString(source);
  if (!isTaskPassed(source)) rewrite(source, text);
  text.prepend(
    `${HELPER_PRELUDE}\n${bindings.join('')}\n${HELPER_PREFIX}named(${JSON.stringify(name)},${HELPER_PREFIX}runtime.api.remote,\n`,
  );
  text.append(');\n');
  const code = text.toString();
  const sourceMap = mapFrom(text, origin ?? { file: `inline:${inline.name}`, line: 1, column: 2 });
  return { hash: hashOf(code), code, sourceMap, registration: { name, kind: inline.kind } };
}

/** The map of an edited source whose text within its bracket begins at `origin` in its file. */
function mapFrom(text: MagicString, { file, line, column }: SourceLocation): string {
  const map = text.generateDecodedMap({ source: file, hires: 'boundary' });
  for (const segment of map.mappings.flat()) {
    if (segment.length === 1) continue;
    if (segment[2] === 0) segment[3] = Math.max(0, segment[3] + column - 2);
    segment[2] += line - 1;
  }
  return new SourceMap(map).toString();
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function rewrite(source: string, text: MagicString): void {
  const edits = new EditList();
  const pass = new TaskPass(source, 'inline.js', edits);
  const { program } = parseSync('inline.js', source, { sourceType: 'module' });
  walk(program, { enter: (node, ancestors) => pass.enter(node, ancestors.at(-1)), leave: (node) => pass.leave(node) });
  edits.applyTo(text);
}

interface ParsedFunction {
  /** The source as one parenthesised expression. */
  readonly source: string;
  readonly program: Program;
  readonly expression: Node;
}

function parseExpression(source: string): ParsedFunction | undefined {
  const { program, errors } = parseSync('inline.js', source, {
    sourceType: 'module',
    preserveParens: false,
    range: true,
  });
  const [statement] = program.body;
  if (errors.length > 0 || program.body.length !== 1 || statement?.type !== 'ExpressionStatement') return undefined;
  return { source, program, expression: statement.expression };
}

function parseFunction(text: string, name: string): ParsedFunction {
  if (/\{\s*\[native code\]\s*\}\s*$/.test(text)) {
    const kind = name.startsWith('bound ') ? 'a bound function' : 'a function of the engine';
    throw refused(name, `it is ${kind} and has no source to send; wrap it: remote((...args) => …)`);
  }
  // A line break at the end, in case the source ends with a line comment.
  const plain = parseExpression(`(${text}\n)`);
  if (plain !== undefined) return plain;
  // A method's source is only valid inside an object or class: `area() { … }`.
  const method = parseExpression(`({${text}\n})`);
  const property = method?.expression.type === 'ObjectExpression' ? method.expression.properties[0] : undefined;
  if (property?.type === 'Property' && property.kind !== 'init')
    throw refused(name, `it is a getter or setter; pass a function`);
  if (property?.type === 'Property' && property.method && !property.computed) {
    const key =
      property.key.type === 'Identifier'
        ? property.key.name
        : property.key.type === 'Literal'
          ? String(property.key.value)
          : undefined;
    const parsed = key === undefined ? undefined : parseExpression(`({${text}\n})[${JSON.stringify(key)}]`);
    if (parsed !== undefined) return parsed;
  }
  throw refused(name, `its source is not valid by itself; write it as a function or an arrow function`);
}

/** `this` of the surroundings, `super`, `import.meta` and relative imports have no meaning on another machine. */
function refuseSurroundings(program: Program, source: string, name: string): void {
  const refuse = (node: Node, what: string): never => {
    throw refused(name, `it uses ${what}`, locationOf(source, node.start, name));
  };
  walk(program, {
    enter(node, ancestors) {
      const inClass = ancestors.some(({ type }) => type === 'ClassBody');
      const hasThis =
        inClass || ancestors.some(({ type }) => type === 'FunctionExpression' || type === 'FunctionDeclaration');
      if (node.type === 'ThisExpression' && !hasThis)
        refuse(node, '`this` of the function around it; pass what it needs as an argument');
      if (node.type === 'Super' && !inClass) refuse(node, '`super`; only classes can');
      if (node.type === 'MetaProperty' && node.meta.name === 'import')
        refuse(node, '`import.meta`, which means another file there');
      if (
        node.type === 'ImportExpression' &&
        node.source.type === 'Literal' &&
        !String(node.source.value).startsWith('node:')
      ) {
        refuse(
          node,
          `import(${node.source.raw}), which cannot be found there; put the function into a module and use remoteModule`,
        );
      }
    },
  });
}

function describeMissing(name: string, line: number): string {
  const origin = originOf(name);
  if (origin !== undefined)
    return `line ${line}: \`${name}\` is ${origin}; put the function into a module and use remoteModule`;
  return `line ${line}: \`${name}\` is not defined inside the function; pass it as an argument or with { capture: { ${name} } }`;
}

function refused(
  name: string,
  reason: string,
  at: { line: number; column: number } = { line: 1, column: 1 },
): BundleError {
  return bundleError({ reason, file: `inline:${name}`, line: at.line, column: at.column });
}
