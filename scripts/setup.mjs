// Installs what is missing, so that `npm start` and `npm test` work on a fresh machine.
//
// Plain JavaScript for Node 18 and without dependencies, because it runs before anything is installed
// and on whatever Node the machine has. "Missing" is decided by comparing package-lock.json with npm's
// own record of what it installed (node_modules/.package-lock.json, written last, so an interrupted
// installation does not count) and by asking the pinned Node for its version. No stamp of our own: that
// would be wrong after somebody ran npm by hand. Every failure ends in one sentence that says what to do.
//
// The commands after it must call `node_modules/.bin/node` by its path: a shell remembers where it found
// `node` for the first command of a line and would run the second one with the machine's old Node again.

import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OLDEST_HOST_NODE = 18;
const OLDEST_PROJECT_NODE = 26;
const LOCK_POLL_MS = 500;
const TAIL_LINES = 15;

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const modules = path.join(root, 'node_modules');
const binFolder = path.join(modules, '.bin');
const lockFile = path.join(root, '.data', 'setup.lock');

/** A failure whose message is the one sentence the user should read. */
class SetupError extends Error {}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether the packages that package.json names are installed, in the version it pins. */
function hasDirectDependencies(manifest, installed) {
  const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
  return wanted.every(([name, range]) => {
    const found = installed.packages[`node_modules/${name}`];
    return found !== undefined && (!/^\d/.test(range) || found.version === range);
  });
}

/** Says what is not installed as the lock has it; undefined when nothing is missing. */
function findMissing() {
  const manifest = readJson(path.join(root, 'package.json'));
  const lock = readJson(path.join(root, 'package-lock.json'));
  const installed = readJson(path.join(modules, '.package-lock.json'));
  if (installed === undefined) return 'nothing is installed yet';
  if (lock === undefined) return 'package-lock.json is missing';
  if (!hasDirectDependencies(manifest, installed)) return 'package.json has changed';
  for (const [place, wanted] of Object.entries(lock.packages)) {
    if (place === '') continue;
    const found = installed.packages[place];
    // Binaries for other platforms are in the lock and rightly absent here.
    if (found === undefined && wanted.optional === true) continue;
    if (found === undefined || found.version !== wanted.version) return `${place} is not as locked`;
    if (!existsSync(path.join(root, place))) return `${place} was removed`;
  }
  return projectNodeVersion() === undefined ? 'the pinned Node is not installed' : undefined;
}

/** Version of the Node that npm scripts use, such as 'v26.10.0'; undefined when it does not run. */
function projectNodeVersion() {
  const result = spawnSync(path.join(binFolder, 'node'), ['-v'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

function assertProjectNode() {
  const version = projectNodeVersion();
  if (version === undefined) {
    throw new SetupError(
      `the pinned Node did not arrive in node_modules/.bin; either npm runs no install scripts ` +
        `(see \`npm config get ignore-scripts\`) or there is no Node build for ${process.platform}-${process.arch}.`,
    );
  }
  if (Number.parseInt(version.slice(1), 10) < OLDEST_PROJECT_NODE) {
    throw new SetupError(
      `node_modules/.bin/node is ${version} but ${OLDEST_PROJECT_NODE} is needed; remove node_modules and try again.`,
    );
  }
}

/** The npm that started us, run by the Node it was started with: never by the one it is about to replace. */
function npmCommand() {
  const cli = process.env.npm_execpath;
  const node = process.env.npm_node_execpath;
  if (cli !== undefined && node !== undefined && path.basename(cli) === 'npm-cli.js' && existsSync(cli)) {
    if (!node.startsWith(modules)) return [node, cli];
  }
  return ['npm'];
}

/** Runs npm quietly and resolves to its exit code and everything it printed. */
function runNpm(args) {
  const [command, ...before] = npmCommand();
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-progress', '--no-update-notifier'];
  const searchPath = (process.env.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => path.resolve(folder) !== binFolder)
    .join(path.delimiter);
  // Development packages are wanted even under NODE_ENV=production; engine ranges speak of the pinned
  // Node, not of the one that runs npm here.
  const all = [...before, ...args, '--include=dev', '--engine-strict=false', ...quiet];
  return new Promise((resolve, reject) => {
    const child = spawn(command, all, {
      cwd: root,
      env: { ...process.env, PATH: searchPath },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => {
      reject(new SetupError(error.code === 'ENOENT' ? 'npm was not found on the PATH.' : error.message));
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** Turns npm's output into the sentence a newcomer can act on. */
function explain(output) {
  const registry =
    /registry[= ]+(https?:\S+)/.exec(output)?.[1] ?? process.env.npm_config_registry ?? 'the npm registry';
  if (/ENOSPC/.test(output)) return 'the disk is full.';
  if (/EACCES|EPERM|EROFS/.test(output)) return `${modules} cannot be written by this user.`;
  if (/EBADPLATFORM/.test(output)) return `a package has no build for ${process.platform}-${process.arch}.`;
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT|network/i.test(output)) {
    return `${registry} could not be reached; check the network or \`npm config get registry\`.`;
  }
  if (/E40[13]/.test(output)) return `${registry} refused the request; check its credentials in .npmrc.`;
  const tail = output.trim().split('\n').slice(-TAIL_LINES).join('\n');
  return `npm could not install the packages; it said:\n${tail}`;
}

function assertWritable() {
  try {
    accessSync(root, constants.W_OK);
    if (existsSync(modules)) accessSync(modules, constants.W_OK);
  } catch {
    throw new SetupError(`${existsSync(modules) ? modules : root} cannot be written by this user.`);
  }
}

async function install(missing) {
  console.error(`daylight: installing packages, about half a minute (${missing}) …`);
  const startedAtMs = Date.now();
  let result = await runNpm(['ci']);
  if (result.code !== 0 && /EUSAGE|in sync|can only install/.test(result.output)) {
    console.error('daylight: package-lock.json does not fit package.json, so `npm install` renews it.');
    result = await runNpm(['install']);
  }
  if (result.code !== 0) throw new SetupError(explain(result.output));
  assertProjectNode();
  const seconds = ((Date.now() - startedAtMs) / 1000).toFixed(0);
  console.error(`daylight: packages installed in ${seconds} s, Node ${projectNodeVersion()}.`);
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Makes the lock file ours; false while another living process has it. */
function tryLock() {
  mkdirSync(path.dirname(lockFile), { recursive: true });
  try {
    writeFileSync(lockFile, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
  try {
    const pid = Number.parseInt(readFileSync(lockFile, 'utf8'), 10);
    const ageMs = Date.now() - statSync(lockFile).mtimeMs;
    // Its owner is gone (or never got to write its id): the next attempt may have it.
    if (Number.isNaN(pid) ? ageMs > LOCK_POLL_MS : !isRunning(pid)) rmSync(lockFile, { force: true });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  return false;
}

/** Two set-ups at once would remove each other's files: the second waits, then looks again. */
async function withLock(action) {
  let told = false;
  while (!tryLock()) {
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
    if (!told && existsSync(lockFile)) {
      told = true;
      console.error('daylight: another set-up is at work here, waiting for it …');
    }
  }
  try {
    await action();
  } finally {
    rmSync(lockFile, { force: true });
  }
}

async function main() {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_HOST_NODE) {
    throw new SetupError(`Node ${OLDEST_HOST_NODE} or newer is needed to start, this is ${process.version}.`);
  }
  if (findMissing() !== undefined) {
    assertWritable();
    await withLock(async () => {
      const missing = findMissing();
      if (missing !== undefined) await install(missing);
    });
  }
  assertProjectNode();
}

main().catch((error) => {
  console.error(`daylight: set-up failed: ${error instanceof SetupError ? error.message : error.stack}`);
  process.exitCode = 1;
});
