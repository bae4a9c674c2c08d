/*
 * Which files the checks look at. One list for all of them, so that no check can look at fewer files than
 * another, and a floor under the count: a check that found nothing must fail, not pass.
 */

import { existsSync, globSync } from 'node:fs';
import path from 'node:path';

/** Absolute path of the repository. */
export const repositoryRoot: string = path.resolve(import.meta.dirname, '..');

/** The top-level folders that hold TypeScript; `web` and `bin` may be absent. */
export const topFolders = [
  'shared',
  'client',
  'server',
  'web',
  'bin',
  'datasets',
  'e2e',
  'bench',
  'examples',
  'scripts',
] as const;

/**
 * All TypeScript files below the top folders, sorted, as paths relative to `root` with forward slashes.
 * Ambient declarations (`.d.ts`) are left out.
 *
 * @throws Error when there are fewer than `minimumFiles`.
 */
export function listSourceFiles(root: string, minimumFiles: number): string[] {
  const patterns = topFolders
    .filter((folder) => existsSync(path.join(root, folder)))
    .map((folder) => `${folder}/**/*.{ts,tsx}`);
  const exclude = (entry: string): boolean => /(^|\/)(node_modules|dist)(\/|$)/.test(entry);
  const files = globSync(patterns, { cwd: root, exclude })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => !file.endsWith('.d.ts'));
  if (files.length < minimumFiles) {
    throw new Error(`found only ${files.length} source files below ${root}, expected at least ${minimumFiles}`);
  }
  return files.sort();
}

/** Whether the file is part of the tests and not of the product. */
export function isTestFile(file: string): boolean {
  return /\.(test|e2e|contract|test-d)\.ts$/.test(file) || /(^|\/)(testing|fixtures)\//.test(file);
}
