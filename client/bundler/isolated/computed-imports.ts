// What a submitted source may not do although a bundler would let it.

import type { BundleProblem } from '../bundle-problem.ts';
import { locationOf, parseModule, walk } from '../syntax-tree.ts';
import type { Node } from '../syntax-tree.ts';

/**
 * The first import that puts its path together while it runs. A bundler would look through folders for what might be meant.
 * @throws BundleError if the source does not parse
 */
export function findComputedImport(source: string, fileName: string): BundleProblem | undefined {
  if (!/\b(?:import|require)\b/.test(source)) return undefined;
  let found: Node | undefined;
  walk(parseModule(source, fileName).program, {
    enter(node) {
      const asked = importedExpression(node);
      if (asked !== undefined && isComputed(asked)) found ??= asked;
    },
  });
  if (found === undefined) return undefined;
  return {
    reason: 'an import must name its module in one piece',
    hint: "import each module that you need by its name: import('daylight/datasets/digits')",
    ...locationOf(source, found.start, fileName),
  };
}

function importedExpression(node: Node): Node | undefined {
  if (node.type === 'ImportExpression') return node.source;
  if (node.type !== 'CallExpression' || node.callee.type !== 'Identifier' || node.callee.name !== 'require')
    return undefined;
  return node.arguments[0];
}

function isComputed(node: Node): boolean {
  if (node.type === 'ParenthesizedExpression') return isComputed(node.expression);
  return node.type === 'BinaryExpression' || (node.type === 'TemplateLiteral' && node.expressions.length > 0);
}
