// The form of a job's argument: a job module may export `args`, a JSON Schema written as a literal. It is read from the syntax
// tree and never run, so that a server that runs no job code can show a form for it.

import type { BundleProblem } from './bundle-problem.ts';
import { locationOf, parseModule } from './syntax-tree.ts';
import type { Node } from './syntax-tree.ts';

/** JSON Schema of an object. */
export type ArgsSchema = Readonly<Record<string, unknown>>;

/** What a module says of its argument. */
export interface FoundArgsSchema {
  readonly schema: ArgsSchema | null;
  /** Why there is no form although the module exports `args`. */
  readonly problem?: BundleProblem;
}

const EXPORTED_NAME = 'args';
const MAX_DEPTH = 32;
const MAX_VALUES = 5_000;

/** A part of the literal that is none. */
class NotLiteral extends Error {
  readonly offset: number;

  constructor(offset: number) {
    super();
    this.offset = offset;
  }
}

/**
 * Reads `export const args = { type: 'object', … }`.
 * @param source of a module that parses; `file` says by its ending which language
 */
export function findArgsSchema(source: string, file: string): FoundArgsSchema {
  if (!source.includes(EXPORTED_NAME)) return { schema: null };
  const literal = exportedValue(parseModule(source, file).program.body);
  if (literal === undefined) return { schema: null };
  const complain = (offset: number, reason: string): FoundArgsSchema => ({
    schema: null,
    problem: {
      reason,
      hint: "write it as a literal: export const args = { type: 'object', properties: { n: { type: 'integer', default: 10 } } } as const",
      ...locationOf(source, offset, file),
    },
  });
  try {
    const schema = new LiteralReader().read(literal, 0);
    if (typeof schema !== 'object' || schema === null || !('type' in schema) || schema.type !== 'object')
      return complain(literal.start, "`args` gives no form: it must be a JSON Schema with type: 'object'");
    return { schema: { ...schema } };
  } catch (error) {
    if (!(error instanceof NotLiteral)) throw error;
    return complain(
      error.offset,
      '`args` gives no form: this part of it is not a literal, and a form is made without running the job',
    );
  }
}

/** The value that the module exports under the name. */
function exportedValue(body: readonly Node[]): Node | undefined {
  let local: string = EXPORTED_NAME;
  let exported = false;
  for (const statement of body) {
    if (statement.type !== 'ExportNamedDeclaration' || statement.source !== null) continue;
    if (statement.declaration !== null && declared(statement.declaration, EXPORTED_NAME) !== undefined) exported = true;
    for (const specifier of statement.specifiers) {
      if (nameOf(specifier.exported) !== EXPORTED_NAME) continue;
      exported = true;
      local = nameOf(specifier.local) ?? local;
    }
  }
  if (!exported) return undefined;
  for (const statement of body) {
    const declaration =
      statement.type === 'ExportNamedDeclaration' && statement.declaration !== null ? statement.declaration : statement;
    const value = declared(declaration, local);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The initial value of the `const` of that name. */
function declared(node: Node, name: string): Node | undefined {
  if (node.type !== 'VariableDeclaration' || node.kind !== 'const') return undefined;
  for (const { id, init } of node.declarations)
    if (id.type === 'Identifier' && id.name === name && init !== null) return init;
  return undefined;
}

function nameOf(node: Node): string | undefined {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

/** Literals as values: no names, no calls, nothing computed. */
class LiteralReader {
  #values = 0;

  read(node: Node, depth: number): unknown {
    this.#values += 1;
    if (depth > MAX_DEPTH || this.#values > MAX_VALUES) throw new NotLiteral(node.start);
    switch (node.type) {
      case 'ParenthesizedExpression':
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
        return this.read(node.expression, depth);
      case 'ObjectExpression':
        return this.#object(node, depth);
      case 'ArrayExpression':
        return node.elements.map((element) => {
          if (element === null) throw new NotLiteral(node.start);
          return this.read(element, depth + 1);
        });
      case 'TemplateLiteral': {
        const [text] = node.quasis;
        if (node.expressions.length > 0 || typeof text?.value.cooked !== 'string') throw new NotLiteral(node.start);
        return text.value.cooked;
      }
      case 'UnaryExpression': {
        const value = node.argument.type === 'Literal' ? node.argument.value : undefined;
        if (node.operator !== '-' || typeof value !== 'number') throw new NotLiteral(node.start);
        return -value;
      }
      case 'Literal':
        if (node.value === null ? node.raw !== 'null' : !['string', 'number', 'boolean'].includes(typeof node.value))
          throw new NotLiteral(node.start);
        return node.value;
      default:
        throw new NotLiteral(node.start);
    }
  }

  #object(node: Extract<Node, { type: 'ObjectExpression' }>, depth: number): object {
    const entries = node.properties.map((property): [string, unknown] => {
      if (property.type !== 'Property' || property.computed || property.kind !== 'init' || property.shorthand)
        throw new NotLiteral(property.start);
      const key =
        property.key.type === 'Literal' && typeof property.key.value === 'number'
          ? String(property.key.value)
          : nameOf(property.key);
      // `__proto__: …` of a literal is no property.
      if (key === undefined || key === '__proto__') throw new NotLiteral(property.start);
      return [key, this.read(property.value, depth + 1)];
    });
    return Object.fromEntries(entries);
  }
}

/** The argument that a form starts with: the schema's default, else the defaults of its properties. */
export function defaultArgs(schema: ArgsSchema | null): Record<string, unknown> {
  const whole = schema?.['default'];
  if (typeof whole === 'object' && whole !== null) return { ...whole };
  const properties = schema?.['properties'];
  if (typeof properties !== 'object' || properties === null) return {};
  const defaults = Object.entries(properties).flatMap(([name, property]: [string, unknown]) =>
    typeof property === 'object' && property !== null && 'default' in property
      ? [[name, property.default] as const]
      : [],
  );
  return Object.fromEntries(defaults);
}
