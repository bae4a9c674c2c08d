/*
 * Every place where a TypeScript or JavaScript text names another module: imports and re-exports, type-only or
 * not, `import('…')` as a value and as a type, and `new URL('…', import.meta.url)`, the way a worker's entry is
 * named. Found in the syntax tree; a regular expression would also find them in comments and strings.
 */

import { parseSync, Visitor } from 'oxc-parser';

/** One mention of a module: `start` and `end` are UTF-16 offsets of the specifier inside its quotes. */
export interface ModuleReference {
  readonly specifier: string;
  readonly start: number;
  readonly end: number;
  readonly kind: 'import' | 'url';
}

interface LiteralLike {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly value?: unknown;
}

/**
 * The modules named in `text`, in the order of their places; `file` only tells the language by its ending.
 *
 * @throws Error when the text does not parse.
 */
export function findModuleReferences(file: string, text: string): ModuleReference[] {
  const { program, errors } = parseSync(file, text);
  const [firstError] = errors;
  if (firstError !== undefined) throw new Error(`${file}: ${firstError.message}`);

  const references: ModuleReference[] = [];
  const add = (node: LiteralLike | null, kind: ModuleReference['kind']): void => {
    if (node === null || node.type !== 'Literal' || typeof node.value !== 'string') return;
    references.push({ specifier: node.value, start: node.start + 1, end: node.end - 1, kind });
  };
  const visitor = new Visitor({
    ImportDeclaration: (node) => add(node.source, 'import'),
    ExportNamedDeclaration: (node) => add(node.source, 'import'),
    ExportAllDeclaration: (node) => add(node.source, 'import'),
    ImportExpression: (node) => add(node.source, 'import'),
    TSImportType: (node) => add(node.source, 'import'),
    NewExpression: (node) => {
      const [specifier, base] = node.arguments;
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL') return;
      if (specifier === undefined || base === undefined) return;
      if (text.slice(base.start, base.end) === 'import.meta.url') add(specifier, 'url');
    },
  });
  visitor.visit(program);
  return references.sort((a, b) => a.start - b.start);
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let index = text.indexOf('\n'); index !== -1 && index < offset; index = text.indexOf('\n', index + 1)) line += 1;
  return line;
}
