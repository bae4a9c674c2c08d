/*
 * Where Chromium is: the tests use the one of the machine, as its owner would, and bring none of their own. Also how it is
 * started for tests: without what a first start does in the background, and otherwise as users have it.
 */

import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Names under which distributions install it, in the order in which they are tried. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/**
 * Arguments of every Chromium that a test starts. The sandbox of the operating system does not work for root and in most
 * containers, which is where tests run; nothing else here changes what a page can do or how it is throttled.
 */
export const chromiumArguments: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Gives pages a GPU made of software, on machines without one: slow, right, and `isFallbackAdapter`. */
export const softwareGpuArguments: readonly string[] = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of the browser: what `DAYLIGHT_CHROMIUM` names, else the first one on the PATH; undefined without any. */
export function findChromium(environment: Readonly<Record<string, string | undefined>> = process.env) {
  const named = environment['DAYLIGHT_CHROMIUM'];
  if (named !== undefined && named !== '') return isExecutable(named) ? named : undefined;
  const folders = (environment['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(isExecutable);
}

/** Like `findChromium`. @throws Error that says what to do if there is none */
export function chromiumPath(): string {
  const found = findChromium();
  if (found === undefined) throw new Error(`there is no Chromium: ${CHROMIUM_ADVICE}`);
  return found;
}

/** What somebody can do who has none. */
export const CHROMIUM_ADVICE =
  'install the package `chromium` (or Chrome), or name an executable in the environment variable DAYLIGHT_CHROMIUM.';
