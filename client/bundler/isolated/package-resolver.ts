// Which file an import of a package means, as Node and bundlers understand package.json (`exports`, `imports`, `browser`, `module`,
// `main`), inside one folder of packages. esbuild could do this, but it would look at the disk on its own, from the
// folder of the importer up to the root; here every look goes through the closed folder.

import path from 'node:path';
import type { ImportKind } from 'esbuild';
import type { ClosedFolder } from './closed-folder.ts';
import { matchTarget } from './package-targets.ts';

/** Where an import leads. `disabled`: the package says that there is nothing in a browser. */
export type Resolution =
  | { readonly file: string; readonly sideEffects: boolean; readonly disabled?: undefined }
  | { readonly disabled: true };

const PACKAGE_NAME = /^(?:@[A-Za-z0-9_~-][\w.~-]*\/)?[A-Za-z0-9_~-][\w.~-]*$/;
const ENDINGS = ['.tsx', '.ts', '.jsx', '.js', '.mjs', '.cjs', '.json'] as const;
const MAX_MANIFEST_BYTES = 1_000_000;

interface Manifest {
  readonly folder: string;
  readonly exports?: unknown;
  readonly imports?: unknown;
  readonly browser?: unknown;
  readonly module?: unknown;
  readonly main?: unknown;
  readonly sideEffects?: unknown;
}

/** `@scope/name/sub/path` in two; undefined if it cannot be an import of a package. */
export function splitSpecifier(specifier: string): { readonly name: string; readonly subpath: string } | undefined {
  const parts = specifier.split('/');
  const name = parts.splice(0, specifier.startsWith('@') ? 2 : 1).join('/');
  if (!PACKAGE_NAME.test(name) || name === 'node_modules') return undefined;
  const isPlain = parts.every((part) => !/^(?:\.{0,2}|node_modules)$|[\\%\0]/.test(part));
  return isPlain ? { name, subpath: parts.join('/') } : undefined;
}

export class PackageResolver {
  readonly #folder: ClosedFolder;
  readonly #manifests = new Map<string, Manifest | undefined>();

  constructor(folder: ClosedFolder) {
    this.#folder = folder;
  }

  /**
   * @param importer name of the importing file in the folder; empty for the job itself, which can name packages only
   * @returns undefined if there is nothing
   */
  resolve(specifier: string, importer: string, kind: ImportKind): Resolution | undefined {
    const conditions = new Set(['browser', 'worker', 'module', 'default', isRequire(kind) ? 'require' : 'import']);
    const own = importer === '' ? undefined : this.#manifestAbove(importer);
    if (importer !== '' && /^\.{1,2}(?:\/|$)/.test(specifier)) {
      const wanted = path.posix.join(path.posix.dirname(importer), specifier);
      return this.#result(wanted, own, isRequire(kind));
    }
    const replaced = own === undefined ? undefined : browserReplacement(own, specifier);
    if (replaced === false) return { disabled: true };
    if (replaced !== undefined && own !== undefined) {
      return replaced.startsWith('.')
        ? this.#result(path.posix.join(own.folder, replaced), own, isRequire(kind))
        : this.#package(replaced, importer, kind, conditions);
    }
    if (specifier.startsWith('#') && own !== undefined) {
      const target = matchTarget(own.imports, specifier, conditions);
      if (target === undefined) return undefined;
      return target.startsWith('./') ? this.#exact(own, target) : this.#package(target, importer, kind, conditions);
    }
    return this.#package(specifier, importer, kind, conditions);
  }

  #package(
    specifier: string,
    importer: string,
    kind: ImportKind,
    conditions: ReadonlySet<string>,
  ): Resolution | undefined {
    const parts = splitSpecifier(specifier);
    if (parts === undefined) return undefined;
    const manifest = this.#find(parts.name, importer);
    if (manifest === undefined) return undefined;
    if (manifest.exports !== undefined && manifest.exports !== null) {
      const target = matchTarget(manifest.exports, parts.subpath === '' ? '.' : `./${parts.subpath}`, conditions);
      return target === undefined ? undefined : this.#exact(manifest, target);
    }
    const wanted = parts.subpath === '' ? '.' : parts.subpath;
    return this.#result(path.posix.join(manifest.folder, wanted), manifest, isRequire(kind));
  }

  /** The package of that name as the importer sees it: in the `node_modules` beside it or above, at last in the folder itself. */
  #find(name: string, importer: string): Manifest | undefined {
    for (let at = path.posix.dirname(importer); importer !== '' && at !== '.'; at = path.posix.dirname(at)) {
      const place = path.posix.basename(at) === 'node_modules' ? at : `${at}/node_modules`;
      const manifest = this.#manifestOf(`${place}/${name}`);
      if (manifest !== undefined) return manifest;
    }
    return this.#manifestOf(name);
  }

  /** A file that `exports` or `imports` names: exactly that one. */
  #exact(manifest: Manifest, target: string): Resolution | undefined {
    if (!target.startsWith('./') || target.split('/').includes('..')) return undefined;
    const file = path.posix.join(manifest.folder, target);
    return this.#folder.isFile(file) ? this.#found(file, manifest) : undefined;
  }

  /** A file or folder as CommonJS knows it: endings may be left out, a folder has a main file. */
  #result(wanted: string, manifest: Manifest | undefined, required: boolean): Resolution | undefined {
    const file = this.#fileOrMain(wanted, required);
    if (file === undefined) return undefined;
    const replaced = manifest === undefined ? undefined : browserReplacement(manifest, file);
    if (replaced === false) return { disabled: true };
    if (typeof replaced !== 'string' || manifest === undefined) return this.#found(file, manifest);
    const other = this.#fileOrMain(path.posix.join(manifest.folder, replaced), required);
    return other === undefined ? undefined : this.#found(other, manifest);
  }

  #fileOrMain(wanted: string, required: boolean): string | undefined {
    const kind = this.#folder.kindOf(wanted);
    if (kind === 'file') return wanted;
    const file = this.#withEnding(wanted);
    if (file !== undefined || kind !== 'folder') return file;
    const manifest = this.#manifestOf(wanted);
    const fields = required
      ? [manifest?.browser, manifest?.main]
      : [manifest?.browser, manifest?.module, manifest?.main];
    for (const field of fields) {
      if (typeof field !== 'string') continue;
      const main = path.posix.join(wanted, field);
      const found = this.#folder.isFile(main) ? main : (this.#withEnding(main) ?? this.#withEnding(`${main}/index`));
      if (found !== undefined) return found;
    }
    return this.#withEnding(`${wanted}/index`);
  }

  #withEnding(wanted: string): string | undefined {
    const ending = ENDINGS.find((one) => this.#folder.isFile(wanted + one));
    if (ending !== undefined) return wanted + ending;
    // TypeScript names the file that it will become.
    const source = wanted.replace(/\.(m?)js$/, '.$1ts');
    return source !== wanted && this.#folder.isFile(source) ? source : undefined;
  }

  #found(file: string, manifest: Manifest | undefined): Resolution {
    const plain = this.#folder.plainName(file);
    return { file: plain, sideEffects: manifest === undefined || hasSideEffects(manifest, plain) };
  }

  #manifestAbove(file: string): Manifest | undefined {
    for (
      let at = path.posix.dirname(file);
      at !== '.' && path.posix.basename(at) !== 'node_modules';
      at = path.posix.dirname(at)
    ) {
      const manifest = this.#manifestOf(at);
      if (manifest !== undefined) return manifest;
    }
    return undefined;
  }

  #manifestOf(folder: string): Manifest | undefined {
    if (!this.#manifests.has(folder)) this.#manifests.set(folder, this.#readManifest(folder));
    return this.#manifests.get(folder);
  }

  #readManifest(folder: string): Manifest | undefined {
    const text = this.#folder.read(`${folder}/package.json`, MAX_MANIFEST_BYTES)?.toString();
    if (text === undefined) return undefined;
    try {
      const manifest: unknown = JSON.parse(text);
      return typeof manifest === 'object' ? { ...manifest, folder: this.#folder.plainName(folder) } : undefined;
    } catch {
      return undefined;
    }
  }
}

function isRequire(kind: ImportKind): boolean {
  return kind === 'require-call' || kind === 'require-resolve';
}

/** Whether a file of the package does something when it is evaluated, as far as the package says. */
function hasSideEffects({ sideEffects, folder }: Manifest, file: string): boolean {
  if (!Array.isArray(sideEffects)) return sideEffects !== false;
  const relative = file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
  return sideEffects.some((pattern: unknown) => {
    if (typeof pattern !== 'string') return true;
    const plain = pattern.replace(/^\.\//, '');
    return path.posix.matchesGlob(relative, plain.includes('/') ? plain : `**/${plain}`);
  });
}

/** What the `browser` field puts in the place of an import or of a file of the package. */
function browserReplacement({ browser, folder }: Manifest, wanted: string): string | false | undefined {
  if (typeof browser !== 'object' || browser === null) return undefined;
  const relative = wanted.startsWith(`${folder}/`) ? `./${wanted.slice(folder.length + 1)}` : wanted;
  const withoutEnding = relative.replace(/\.\w+$/, '');
  for (const key of relative.startsWith('./') ? [relative, withoutEnding, relative.slice(2)] : [relative]) {
    if (!Object.hasOwn(browser, key)) continue;
    const value: unknown = Reflect.get(browser, key);
    if (typeof value === 'string' || value === false) return value;
  }
  return undefined;
}
