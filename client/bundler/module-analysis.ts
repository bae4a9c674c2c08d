// What the bundler must know about one module beyond its text: which registrations it makes and under which name, what it
// imports and exports, and which imports of Node's own modules would break it in a browser. A registration is named by module
// path and the variable it is assigned to, because a function has no name that survives: arrows have none, bundlers rename.

import type { BundleError } from '#shared/errors/daylight-error.ts';
import { bundleError } from './bundle-problem.ts';
import type { EditList } from './edit-list.ts';
import { isFunctionLike, locationOf } from './syntax-tree.ts';
import type { EcmaScriptModule, Node, ParsedModule } from './syntax-tree.ts';
import { HELPER_PREFIX } from './task-pass.ts';

/** A `remote(…)` at the top level of a module. */
export interface FoundRegistration {
  /** The full name: `path/of/module#variable`, or what `{ name }` says. */
  readonly name: string;
  /** The variable that holds the result, if it is a plain one. */
  readonly variable: string | undefined;
  /** `imported` gives the local name when the target comes from elsewhere, so that its kind is known only there. */
  readonly target: 'function' | 'class' | { readonly imported: string };
  readonly offset: number;
}

/** Where an exported or imported name comes from. `specifier` undefined: from this module. `name` `*`: the whole namespace. */
export interface Binding {
  readonly specifier: string | undefined;
  readonly name: string;
}

export interface ImportSite {
  readonly specifier: string;
  readonly offset: number;
}

export interface ModuleAnalysis {
  readonly registrations: readonly FoundRegistration[];
  readonly imports: ReadonlyMap<string, Binding>;
  readonly exports: ReadonlyMap<string, Binding>;
  readonly starExports: readonly string[];
  /** Classes declared at the module's top level. */
  readonly classes: ReadonlySet<string>;
  readonly staticImports: readonly ImportSite[];
  /** `import('literal')` outside any function. */
  readonly topLevelDynamicImports: readonly ImportSite[];
}

/** `src/tasks.ts` → `src/tasks`: the first half of a registration's name. */
export function moduleName(file: string): string {
  return file.replace(/\.[cm]?[jt]sx?$/, '');
}

/** The names under which a module knows `remote`. */
interface RemoteNames {
  readonly direct: ReadonlySet<string>;
  readonly namespaces: ReadonlySet<string>;
}

/** Collects one module's analysis. Give every node of a walk to `enter`; registrations are renamed through `edits`. */
export class AnalysisPass {
  readonly #source: string;
  readonly #file: string;
  readonly #edits: EditList;
  readonly #module: EcmaScriptModule;
  readonly #remote: RemoteNames;
  readonly #registrations: FoundRegistration[] = [];
  readonly #classes = new Set<string>();
  readonly #imports: ReadonlyMap<string, Binding>;
  readonly #topLevelDynamicImports: ImportSite[] = [];

  constructor(source: string, file: string, parsed: ParsedModule, edits: EditList) {
    this.#source = source;
    this.#file = file;
    this.#edits = edits;
    this.#module = parsed.module;
    this.#imports = importsOf(parsed.module);
    const daylight = [...this.#imports].filter(([, { specifier }]) => specifier === 'daylight');
    this.#remote = {
      direct: new Set(daylight.filter(([, { name }]) => name === 'remote').map(([local]) => local)),
      namespaces: new Set(daylight.filter(([, { name }]) => name === '*').map(([local]) => local)),
    };
    for (const statement of parsed.program.body) {
      const declaration =
        (statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration') &&
        statement.declaration !== null
          ? statement.declaration
          : statement;
      if (declaration.type === 'ClassDeclaration' && declaration.id !== null) this.#classes.add(declaration.id.name);
      if (declaration.type !== 'VariableDeclaration') continue;
      for (const { id, init } of declaration.declarations) {
        if (id.type === 'Identifier' && init?.type === 'ClassExpression') this.#classes.add(id.name);
      }
    }
  }

  enter(node: Node, ancestors: readonly Node[]): void {
    if (node.type === 'ImportExpression') {
      const { source } = node;
      if (source.type !== 'Literal' || typeof source.value !== 'string' || ancestors.some(isFunctionLike)) return;
      this.#topLevelDynamicImports.push({ specifier: source.value, offset: node.start });
    } else if (node.type === 'CallExpression' && this.#isRemote(node.callee) && !ancestors.some(isFunctionLike)) {
      this.#register(node, ancestors);
    }
  }

  finish(): ModuleAnalysis {
    const exports = new Map<string, Binding>();
    const starExports: string[] = [];
    for (const { entries } of this.#module.staticExports) {
      for (const entry of entries) {
        if (entry.isType) continue;
        const specifier = entry.moduleRequest?.value;
        const exported = entry.exportName.kind === 'Default' ? 'default' : entry.exportName.name;
        if (exported === null) {
          if (specifier !== undefined) starExports.push(specifier);
        } else if (specifier !== undefined) {
          exports.set(exported, {
            specifier,
            name: entry.importName.kind === 'Name' ? (entry.importName.name ?? '*') : '*',
          });
        } else {
          exports.set(exported, { specifier: undefined, name: entry.localName.name ?? 'default' });
        }
      }
    }
    return {
      registrations: this.#registrations,
      imports: this.#imports,
      exports,
      starExports,
      classes: this.#classes,
      staticImports: staticImportsOf(this.#module),
      topLevelDynamicImports: this.#topLevelDynamicImports,
    };
  }

  #isRemote(callee: Node): boolean {
    if (callee.type === 'Identifier') return this.#remote.direct.has(callee.name);
    if (callee.type !== 'MemberExpression' || callee.computed || callee.object.type !== 'Identifier') return false;
    return (
      this.#remote.namespaces.has(callee.object.name) &&
      callee.property.type === 'Identifier' &&
      callee.property.name === 'remote'
    );
  }

  #register(node: Extract<Node, { type: 'CallExpression' }>, ancestors: readonly Node[]): void {
    const [target, options] = node.arguments;
    if (target === undefined) return;
    const variable = assignedVariable(node, ancestors);
    const explicit = this.#explicitName(options);
    const fail = (reason: string, hint: string): BundleError =>
      bundleError({ reason, hint, ...locationOf(this.#source, node.start, this.#file) });
    if (variable === undefined && explicit === undefined) {
      throw fail(
        'this remote() is not assigned to a variable, so it has no name by which other nodes could find it',
        'assign it to a const at the top level of the module (export const work = remote(…)), or give it a name: remote(fn, { name: "work" })',
      );
    }
    const name = explicit ?? `${moduleName(this.#file)}#${variable}`;
    this.#registrations.push({ name, variable, target: this.#kindOf(target), offset: node.start });
    // remote<T>(fn, options) → named("…", remote, fn, options)
    this.#edits.insert(node.start, { text: `${HELPER_PREFIX}named(${JSON.stringify(name)},` });
    this.#edits.replace(node.callee.end, target.start, ',');
  }

  #explicitName(options: Node | undefined): string | undefined {
    if (options?.type !== 'ObjectExpression') return undefined;
    for (const property of options.properties) {
      if (property.type !== 'Property' || property.computed) continue;
      const key =
        property.key.type === 'Identifier'
          ? property.key.name
          : property.key.type === 'Literal'
            ? property.key.value
            : undefined;
      if (key !== 'name') continue;
      const { value } = property;
      if (value.type === 'Literal' && typeof value.value === 'string') return value.value;
      throw bundleError({
        reason: 'the name of a registration must be a string literal',
        hint: 'it must be known when the module is bundled',
        ...locationOf(this.#source, value.start, this.#file),
      });
    }
    return undefined;
  }

  #kindOf(target: Node): FoundRegistration['target'] {
    const inner = unwrapped(target);
    if (inner.type === 'ClassExpression') return 'class';
    if (inner.type !== 'Identifier') return 'function';
    if (this.#classes.has(inner.name)) return 'class';
    return this.#imports.has(inner.name) ? { imported: inner.name } : 'function';
  }
}

function importsOf(module: EcmaScriptModule): ReadonlyMap<string, Binding> {
  const imports = new Map<string, Binding>();
  for (const { moduleRequest, entries } of module.staticImports) {
    for (const { importName, localName, isType } of entries) {
      if (isType) continue;
      const name = importName.kind === 'Default' ? 'default' : importName.kind === 'Name' ? importName.name : '*';
      imports.set(localName.value, { specifier: moduleRequest.value, name: name ?? '*' });
    }
  }
  return imports;
}

function staticImportsOf(module: EcmaScriptModule): ImportSite[] {
  const sites = module.staticImports.map(({ moduleRequest }) => ({
    specifier: moduleRequest.value,
    offset: moduleRequest.start,
  }));
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest } of entries) {
      if (moduleRequest !== null) sites.push({ specifier: moduleRequest.value, offset: moduleRequest.start });
    }
  }
  return sites;
}

/** The expression without parentheses and type assertions. */
function unwrapped(node: Node): Node {
  let inner = node;
  while (isTransparent(inner)) inner = inner.expression;
  return inner;
}

type Transparent = Extract<
  Node,
  {
    type:
      | 'ParenthesizedExpression'
      | 'TSAsExpression'
      | 'TSSatisfiesExpression'
      | 'TSNonNullExpression'
      | 'TSTypeAssertion';
  }
>;

function isTransparent(node: Node): node is Transparent {
  return (
    node.type === 'ParenthesizedExpression' ||
    node.type === 'TSAsExpression' ||
    node.type === 'TSSatisfiesExpression' ||
    node.type === 'TSNonNullExpression' ||
    node.type === 'TSTypeAssertion'
  );
}

/** The variable that a call initialises, also through type assertions and `.options(…)`. */
function assignedVariable(call: Node, ancestors: readonly Node[]): string | undefined {
  let value = call;
  for (let index = ancestors.length - 1; index >= 0; index -= 1) {
    const parent = ancestors[index];
    if (parent === undefined) return undefined;
    const chained =
      (parent.type === 'MemberExpression' && parent.object === value) ||
      (parent.type === 'CallExpression' && parent.callee === value && value !== call);
    if (isTransparent(parent) || chained) {
      value = parent;
    } else if (parent.type === 'VariableDeclarator') {
      return parent.id.type === 'Identifier' ? parent.id.name : undefined;
    } else if (parent.type === 'ExportDefaultDeclaration') {
      return 'default';
    } else if (
      parent.type === 'PropertyDefinition' &&
      parent.static &&
      !parent.computed &&
      parent.key.type === 'Identifier'
    ) {
      const owner = className(ancestors.slice(0, index));
      return owner === undefined ? undefined : `${owner}.${parent.key.name}`;
    } else {
      return undefined;
    }
  }
  return undefined;
}

function className(ancestors: readonly Node[]): string | undefined {
  const [owner, holder] = [ancestors.at(-2), ancestors.at(-3)];
  if (owner?.type !== 'ClassDeclaration' && owner?.type !== 'ClassExpression') return undefined;
  if (owner.id !== null) return owner.id.name;
  return holder?.type === 'VariableDeclarator' && holder.id.type === 'Identifier' ? holder.id.name : undefined;
}
