// The modules of a finished bundle and how they import each other: for the chain of imports in an error, for registrations
// reached only lazily, and for following an export through re-exports to the registration it is.

import type { Metafile } from 'esbuild';
import type { Binding, FoundRegistration, ModuleAnalysis } from './module-analysis.ts';

export interface ResolvedBinding {
  readonly file: string;
  /** The local name in that module. */
  readonly name: string;
}

export class ModuleGraph {
  readonly #inputs: Metafile['inputs'];
  readonly #entry: string;
  readonly #analysisOf: (file: string) => ModuleAnalysis | undefined;

  /** @param analysisOf the analysis of a module by its path in the metafile; undefined for what is no JavaScript */
  constructor(metafile: Metafile, entry: string, analysisOf: (file: string) => ModuleAnalysis | undefined) {
    this.#inputs = metafile.inputs;
    this.#entry = entry;
    this.#analysisOf = analysisOf;
  }

  /** The shortest chain of imports from the entry to `file`, both included. Empty if there is none. */
  chainTo(file: string, staticOnly = false): string[] {
    const cameFrom = new Map<string, string | undefined>([[this.#entry, undefined]]);
    for (const [at] of cameFrom) {
      for (const { path, kind } of this.#inputs[at]?.imports ?? []) {
        if (cameFrom.has(path) || (staticOnly && kind === 'dynamic-import')) continue;
        cameFrom.set(path, at);
      }
    }
    if (!cameFrom.has(file)) return [];
    const chain: string[] = [];
    for (let at: string | undefined = file; at !== undefined; at = cameFrom.get(at)) chain.unshift(at);
    return chain;
  }

  /** Names that the module exports, through `export *` as well. */
  exportedNames(file: string, seen = new Set<string>()): Set<string> {
    const names = new Set<string>();
    const analysis = seen.has(file) ? undefined : this.#analysisOf(file);
    if (analysis === undefined) return names;
    seen.add(file);
    for (const name of analysis.exports.keys()) names.add(name);
    for (const specifier of analysis.starExports) {
      const target = this.#resolve(file, specifier);
      if (target !== undefined)
        for (const name of this.exportedNames(target, seen)) if (name !== 'default') names.add(name);
    }
    return names;
  }

  /** Follows an export to the module and variable it stands for. */
  resolveExport(file: string, exported: string, depth = 0): ResolvedBinding | undefined {
    const analysis = this.#analysisOf(file);
    if (analysis === undefined || depth > 100) return undefined;
    const binding = analysis.exports.get(exported);
    if (binding !== undefined) return this.#follow(file, binding, depth);
    for (const specifier of analysis.starExports) {
      const target = this.#resolve(file, specifier);
      const found = target === undefined ? undefined : this.resolveExport(target, exported, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Whether a registration's target is a function or a class, also if it is imported. */
  kindOf(file: string, registration: FoundRegistration): 'function' | 'class' {
    if (typeof registration.target === 'string') return registration.target;
    const resolved = this.#follow(file, { specifier: undefined, name: registration.target.imported }, 0);
    const isClass = resolved !== undefined && this.#analysisOf(resolved.file)?.classes.has(resolved.name) === true;
    return isClass ? 'class' : 'function';
  }

  #follow(file: string, binding: Binding, depth: number): ResolvedBinding | undefined {
    const source = binding.specifier === undefined ? this.#analysisOf(file)?.imports.get(binding.name) : binding;
    if (source?.specifier === undefined) return { file, name: binding.name };
    const target = this.#resolve(file, source.specifier);
    return target === undefined ? undefined : this.resolveExport(target, source.name, depth + 1);
  }

  #resolve(file: string, specifier: string): string | undefined {
    return this.#inputs[file]?.imports.find(({ original }) => original === specifier)?.path;
  }
}
