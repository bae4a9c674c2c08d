/*
 * Builds dist/web: the pages for browsers with their workers (vite.config.ts), and two classic scripts that the server
 * puts into the sandbox document — one file each, without imports, because nothing can be loaded in there. A note of
 * what it was built from lies in it, so that who needs it pays for a build only after a change, and two who need it at
 * once (tests, `npm start`) do not build into each other's files.
 */

import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { build as bundle } from 'esbuild';
import { build as buildPages } from 'vite';

import { withFileLock } from './file-lock.ts';
import { isTestFile, repositoryRoot } from './source-files.ts';

const OUT_FOLDER = path.join(repositoryRoot, 'dist', 'web');
const LOCK_FILE = path.join(repositoryRoot, '.data', 'web-build.lock');
/** Its presence also tells the server that the build was completed: see server/http/web-files.ts. */
const NOTE = 'build.json';
/** Everything that decides what comes out. */
const INPUTS = [
  '{web,client,shared}/**/*.*',
  'vite.config.ts',
  'package.json',
  'package-lock.json',
  'scripts/build-web.ts',
];
/** The scripts of the sandbox, and what they are called there. */
const SANDBOX_SCRIPTS = { frame: 'web/sandbox/frame.ts', worker: 'client/host/browser/sandbox-worker.ts' };

/** A digest of the names and contents of all inputs. */
function digestInputs(): string {
  const hash = createHash('sha256');
  for (const file of globSync(INPUTS, { cwd: repositoryRoot }).sort()) {
    if (isTestFile(file)) continue;
    hash
      .update(`${file}\0`)
      .update(readFileSync(path.join(repositoryRoot, file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** The digest of the inputs that dist/web was built from; undefined if there is none. */
function builtFrom(): string | undefined {
  const note = path.join(OUT_FOLDER, NOTE);
  if (!existsSync(note)) return undefined;
  return (JSON.parse(readFileSync(note, 'utf8')) as { inputs?: string }).inputs;
}

async function buildSandboxScripts(outFolder: string): Promise<void> {
  for (const [name, entry] of Object.entries(SANDBOX_SCRIPTS)) {
    if (!existsSync(path.join(repositoryRoot, entry))) throw new Error(`${entry} is missing`);
    const result = await bundle({
      absWorkingDir: repositoryRoot,
      entryPoints: [entry],
      outfile: path.join(outFolder, 'sandbox', `${name}.js`),
      bundle: true,
      format: 'iife',
      platform: 'browser',
      target: 'es2022',
      charset: 'ascii',
      minify: true,
      legalComments: 'none',
      sourcemap: 'external',
      // Started from a `data:` address, of which every stack frame would hold the whole: frames of the runtime go by this
      // name, and are dropped from what users see.
      footer: { js: `//# sourceURL=daylight://sandbox-${name}.js` },
      logLevel: 'silent',
      // A classic script has no `import.meta`; esbuild would put an empty object in its place.
      logOverride: { 'empty-import-meta': 'error' },
    });
    for (const { text, location } of result.warnings) console.error(`${location?.file ?? entry}: ${text}`);
  }
}

async function buildInto(outFolder: string): Promise<void> {
  await asForUsers(() =>
    buildPages({
      configFile: path.join(repositoryRoot, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: outFolder },
    }),
  );
  await buildSandboxScripts(outFolder);
}

/** Under a test runner the pages would come out slow, large, and with the names of folders of this machine in them. */
async function asForUsers(build: () => Promise<unknown>): Promise<void> {
  const before = process.env['NODE_ENV'];
  process.env['NODE_ENV'] = 'production';
  try {
    await build();
  } finally {
    if (before === undefined) delete process.env['NODE_ENV'];
    else process.env['NODE_ENV'] = before;
  }
}

/** Builds beside dist/web and puts it in its place only when it is whole: a server may be reading there. */
async function replace(inputs: string): Promise<void> {
  const made = `${OUT_FOLDER}.new`;
  const former = `${OUT_FOLDER}.old`;
  for (const folder of [made, former]) rmSync(folder, { recursive: true, force: true });
  try {
    await buildInto(made);
    writeFileSync(path.join(made, NOTE), `${JSON.stringify({ inputs })}\n`);
    mkdirSync(path.dirname(OUT_FOLDER), { recursive: true });
    if (existsSync(OUT_FOLDER)) renameSync(OUT_FOLDER, former);
    renameSync(made, OUT_FOLDER);
  } finally {
    for (const folder of [made, former]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds dist/web if an input has changed since it was built; gives its path. Safe in several processes at once. */
export async function ensureWebBuilt({ always = false }: { readonly always?: boolean } = {}): Promise<string> {
  if (!always && builtFrom() === digestInputs()) return OUT_FOLDER;
  return withFileLock(LOCK_FILE, async () => {
    const inputs = digestInputs();
    if (always || builtFrom() !== inputs) await replace(inputs);
    return OUT_FOLDER;
  });
}

if (import.meta.main) {
  const startedAtMs = performance.now();
  await ensureWebBuilt({ always: true });
  console.error(`built dist/web in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
}
