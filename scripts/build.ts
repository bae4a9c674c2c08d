/*
 * Makes dist/, the package that users install: one JavaScript file per source file and its declarations, in the
 * same folders, so that `new URL('./entry.ts', import.meta.url)` still means the file beside it. Node strips no
 * types below node_modules, and the `#shared/…` names of package.json mean the sources; so every specifier is
 * rewritten to a relative one with the ending of what it names there. Bundling would start a little faster, but
 * worker entries and files found by URL would move away from those who look for them.
 */

import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import { transform } from 'esbuild';
import MagicString from 'magic-string';

import { ensureWebBuilt } from './build-web.ts';
import { findModuleReferences } from './module-references.ts';
import { runCommand } from './run-command.ts';
import { isTestFile, listSourceFiles, repositoryRoot } from './source-files.ts';

const MINIMUM_FILES = 1;
const PUBLISHED = ['shared/', 'client/', 'server/', 'bin/', 'datasets/'];
/** Jobs that are shown as they are written, and may be changed: they are copied as text. */
const GALLERY = 'examples/gallery';
/** Parts of it that only pages need: they are in the pages. */
const FOR_BROWSERS = 'client/host/browser/';
const TARGET = 'node24';
const EXECUTABLE_MODE = 0o755;

/**
 * Rewrites the specifiers in the text of `file` (a path below dist/, which is also its path in the repository):
 * `#shared/a.ts` and `./a.ts` become relative and end in .js. Others stay.
 */
export function rewriteSpecifiers(file: string, text: string): string {
  const edited = new MagicString(text);
  for (const { specifier, start, end } of findModuleReferences(file, text)) {
    if (!specifier.endsWith('.ts') || !/^[.#]/.test(specifier)) continue;
    let target = specifier;
    if (specifier.startsWith('#')) {
      const relative = path.posix.relative(path.posix.dirname(file), specifier.slice(1));
      target = relative.startsWith('.') ? relative : `./${relative}`;
    }
    edited.update(start, end, target.replace(/\.ts$/, '.js'));
  }
  return edited.toString();
}

async function buildFile(file: string, outFolder: string): Promise<void> {
  const source = readFileSync(path.join(repositoryRoot, file), 'utf8');
  const { code } = await transform(source, { loader: 'ts', format: 'esm', target: TARGET, sourcefile: file });
  const outFile = path.join(outFolder, file.replace(/\.ts$/, '.js'));
  mkdirSync(path.dirname(outFile), { recursive: true });
  writeFileSync(outFile, rewriteSpecifiers(file.replace(/\.ts$/, '.js'), code));
  if (code.startsWith('#!')) chmodSync(outFile, EXECUTABLE_MODE);
}

async function buildDeclarations(outFolder: string): Promise<void> {
  const { exitCode, output } = await runCommand([
    'tsc',
    '-p',
    'tsconfig.build.json',
    '--outDir',
    outFolder,
    '--pretty',
    'false',
  ]);
  if (exitCode !== 0) throw new Error(`the declarations do not compile:\n${output}`);
  for (const file of globSync('**/*.d.ts', { cwd: outFolder })) {
    const place = path.join(outFolder, file);
    writeFileSync(place, rewriteSpecifiers(file.split(path.sep).join('/'), readFileSync(place, 'utf8')));
  }
}

/** Copies what the code finds by URL: pages, data, everything that is neither TypeScript nor its configuration. */
function copyAssets(outFolder: string): void {
  for (const file of globSync(
    PUBLISHED.map((folder) => `${folder}**/*.*`),
    { cwd: repositoryRoot },
  )) {
    if (/\.(ts|tsx)$|(^|[\\/])tsconfig[^\\/]*\.json$/.test(file) || !isPublished(file.split(path.sep).join('/')))
      continue;
    mkdirSync(path.dirname(path.join(outFolder, file)), { recursive: true });
    copyFileSync(path.join(repositoryRoot, file), path.join(outFolder, file));
  }
}

/** Copies the sources of the gallery. */
function copyGallery(outFolder: string): void {
  for (const file of globSync(`${GALLERY}/*.{ts,json}`, { cwd: repositoryRoot })) {
    if (isTestFile(file)) continue;
    mkdirSync(path.dirname(path.join(outFolder, file)), { recursive: true });
    copyFileSync(path.join(repositoryRoot, file), path.join(outFolder, file));
  }
}

/**
 * Writes dist/package.json. In dist/ every file lies as deep below it as its source lies below the repository, so
 * that code which reads the version from `../../package.json` is right in both, and so is `import 'daylight'`.
 */
function writeManifest(outFolder: string): void {
  const text = readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8');
  const { name, version } = JSON.parse(text) as { name: string; version: string };
  const manifest = {
    name,
    version,
    type: 'module',
    exports: { '.': './client/index.js', './datasets/*': './datasets/*/index.js' },
  };
  writeFileSync(path.join(outFolder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

function isPublished(file: string): boolean {
  return PUBLISHED.some((folder) => file.startsWith(folder)) && !file.startsWith(FOR_BROWSERS) && !isTestFile(file);
}

/** Removes what an earlier build left, but for the pages: they know by themselves whether they are up to date. */
function emptyFolder(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('web')) rmSync(path.join(folder, name), { recursive: true, force: true });
  }
}

async function buildPages(outFolder: string): Promise<void> {
  const built = await ensureWebBuilt();
  const place = path.join(outFolder, 'web');
  if (place === built) return;
  rmSync(place, { recursive: true, force: true });
  cpSync(built, place, { recursive: true });
}

/** Builds the whole package into `outFolder`, which is emptied first; returns the number of modules. */
export async function buildPackage(outFolder: string): Promise<number> {
  const files = listSourceFiles(repositoryRoot, MINIMUM_FILES).filter(isPublished);
  emptyFolder(outFolder);
  await Promise.all([
    ...files.map((file) => buildFile(file, outFolder)),
    buildDeclarations(outFolder),
    buildPages(outFolder),
  ]);
  copyAssets(outFolder);
  copyGallery(outFolder);
  writeManifest(outFolder);
  return files.length;
}

if (import.meta.main) {
  const startedAtMs = performance.now();
  const count = await buildPackage(path.join(repositoryRoot, 'dist'));
  // On standard error: `npm pack --json` owns standard output, and this runs as its prepack step.
  console.error(`built ${count} modules into dist/ in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
}
