// Parsing and walking: the ESTree (with TypeScript) that oxc gives for a source text, and one walker that knows the ancestors.

import { parseSync, visitorKeys } from 'oxc-parser';
import type { EcmaScriptModule, Node, Program } from 'oxc-parser';
import { bundleError } from './bundle-problem.ts';
import type { SourceLocation } from './bundle-problem.ts';

export type { EcmaScriptModule, Node, Program } from 'oxc-parser';

export interface ParsedModule {
  readonly program: Program;
  readonly module: EcmaScriptModule;
}

/** Line and column, both from 1, of an offset in UTF-16 units. */
export function locationOf(source: string, offset: number, file: string): SourceLocation {
  let line = 1;
  let lineStart = 0;
  for (let at = source.indexOf('\n'); at !== -1 && at < offset; at = source.indexOf('\n', at + 1)) {
    line += 1;
    lineStart = at + 1;
  }
  return { file, line, column: offset - lineStart + 1 };
}

/** Parses by the file's extension. Throws `BundleError` at the first error. */
export function parseModule(source: string, file: string): ParsedModule {
  const commonjs = /\.c[jt]s$/.test(file);
  const result = parseSync(file, source, { sourceType: commonjs ? 'commonjs' : 'unambiguous', preserveParens: true });
  const error = result.errors.find(({ severity }) => severity === 'Error');
  if (error !== undefined) {
    const offset = error.labels[0]?.start ?? 0;
    throw bundleError({
      reason: error.message,
      hint: error.helpMessage ?? undefined,
      ...locationOf(source, offset, file),
    });
  }
  return { program: result.program, module: result.module };
}

/** Called before and after a node's children. `ancestors` ends with the node's parent; it is the walker's, do not keep it. */
export interface Visitor {
  enter(node: Node, ancestors: readonly Node[]): void;
  leave?(node: Node, ancestors: readonly Node[]): void;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Visits every node in source order. */
export function walk(root: Node, visitor: Visitor): void {
  const ancestors: Node[] = [];
  const visit = (node: Node): void => {
    visitor.enter(node, ancestors);
    ancestors.push(node);
    for (const key of visitorKeys[node.type] ?? []) {
      const child: unknown = Reflect.get(node, key);
      for (const item of Array.isArray(child) ? child : [child]) if (isNode(item)) visit(item);
    }
    ancestors.pop();
    visitor.leave?.(node, ancestors);
  };
  visit(root);
}

/** Whether the node's body runs later, when it is called, rather than where it stands. */
export function isFunctionLike(node: Node): boolean {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression' ||
    (node.type === 'PropertyDefinition' && !node.static)
  );
}
