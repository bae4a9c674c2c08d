/*
 * Enforces who may import whom, from one allow-list (layers.json). Type-only imports count: a type that crosses
 * a forbidden border still ties both sides together. The compiler cannot do this, because one tsconfig per
 * environment stops `window` in shared code but not `#server/…` in the client.
 */

import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import path from 'node:path';

import { findModuleReferences, lineAt } from './module-references.ts';
import { isTestFile, listSourceFiles, repositoryRoot } from './source-files.ts';

/** The content of layers.json; its own `comment` explains the fields. */
export interface LayerRules {
  readonly minimumFiles: number;
  readonly folders: Readonly<Record<string, { readonly imports: readonly string[] }>>;
  readonly modules: Readonly<Record<string, readonly string[]>>;
  readonly testModules: readonly string[];
}

const SEE = 'see docs/architecture.md';

function isInside(file: string, folder: string): boolean {
  return file === folder || file.startsWith(`${folder}/`);
}

/** The longest key of `folders` that the file lies in. */
function findFolder(rules: LayerRules, file: string): string | undefined {
  const keys = Object.keys(rules.folders).filter((key) => isInside(file, key));
  return keys.reduce<string | undefined>(
    (best, key) => (best === undefined || key.length > best.length ? key : best),
    undefined,
  );
}

/** The repository path that a relative or `#` specifier means; undefined for npm and Node modules. */
function resolveInside(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return path.posix.join(path.posix.dirname(file), specifier);
  return specifier.startsWith('#') ? specifier.slice(1) : undefined;
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function complainAboutFile(rules: LayerRules, file: string, folder: string, target: string): string | undefined {
  // Files at the top of the repository, package.json above all, belong to nobody and carry no code.
  if (!target.includes('/')) return target.endsWith('.ts') ? `${file} may not import ${target}, ${SEE}` : undefined;
  const allowed = [folder, ...(rules.folders[folder]?.imports ?? [])];
  if (isTestFile(file)) allowed.push('shared/testing');
  if (allowed.some((entry) => isInside(target, entry))) return undefined;
  return `${folder} may not import ${target}, ${SEE}`;
}

function complainAboutModule(rules: LayerRules, file: string, folder: string, specifier: string): string | undefined {
  const builtin = isBuiltin(specifier);
  if (builtin && !specifier.startsWith('node:')) return `${specifier} must be written node:${specifier}`;
  if (builtin && /\.node\.(test|contract)\.ts$/.test(file)) return undefined;
  if (isTestFile(file) && rules.testModules.includes(packageName(specifier))) return undefined;
  const name = builtin ? specifier : packageName(specifier);
  const places = rules.modules[name] ?? (builtin ? rules.modules['node:*'] : undefined) ?? [];
  if (places.some((place) => isInside(file, place))) return undefined;
  return `${folder} may not import ${specifier}, ${SEE}`;
}

/** The broken rules of one file, each as `path:line: what`; `file` is relative to the repository. */
export function checkFile(rules: LayerRules, file: string, text: string): string[] {
  const folder = findFolder(rules, file);
  if (folder === undefined) return [`${file}: no entry for its folder in scripts/layers.json, ${SEE}`];
  const complaints: string[] = [];
  for (const { specifier, start, kind } of findModuleReferences(file, text)) {
    // A worker's entry must exist beside its user; data files named by URL are nobody's import.
    if (kind === 'url' && !specifier.endsWith('.ts')) continue;
    const target = resolveInside(file, specifier);
    const complaint =
      target === undefined
        ? complainAboutModule(rules, file, folder, specifier)
        : complainAboutFile(rules, file, folder, target);
    if (complaint !== undefined) complaints.push(`${file}:${lineAt(text, start)}: ${complaint}`);
  }
  return complaints;
}

/** Checks the whole repository at `root`; returns how many files were read and what they break. */
export function checkLayers(root: string, rules: LayerRules): { files: number; complaints: string[] } {
  const files = listSourceFiles(root, rules.minimumFiles);
  const complaints = files.flatMap((file) => checkFile(rules, file, readFileSync(path.join(root, file), 'utf8')));
  // A rule about an npm module that is not installed is a misspelling that would forbid nothing.
  const names = Object.keys(rules.modules).filter((name) => !name.startsWith('node:') && name !== 'daylight');
  for (const name of names) {
    if (!existsSync(path.join(root, 'node_modules', name)))
      complaints.push(`scripts/layers.json: ${name} is not installed`);
  }
  return { files: files.length, complaints };
}

/** Reads scripts/layers.json. */
export function readLayerRules(): LayerRules {
  return JSON.parse(readFileSync(path.join(import.meta.dirname, 'layers.json'), 'utf8')) as LayerRules;
}

if (import.meta.main) {
  const { files, complaints } = checkLayers(repositoryRoot, readLayerRules());
  for (const complaint of complaints) console.error(complaint);
  console.log(`${files} files, ${complaints.length} forbidden imports`);
  if (complaints.length > 0) process.exitCode = 1;
}
