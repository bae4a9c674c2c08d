/**
 * Problems of a job's source on their way to a person: those that the server found and those that bundling here met, with the lines
 * of the files that lie around the job module.
 */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Problem } from '#shared/api/schemas.ts';
import type { BundleError } from '#shared/errors/daylight-error.ts';
import { formatProblem, type FramePaint } from './code-frame.ts';
import { say, styled } from './output.ts';

/** What bundling failed of. */
export function problemOf({ file, line, column, message }: BundleError): Problem {
  const place = `${file}:${line}:${column}: `;
  const reason = message.startsWith(place) ? message.slice(place.length) : message;
  return { file, line, column, message: reason, severity: 'error', source: 'bundle' };
}

/** Prints problems on standard error; `entry` is the job module, beside which or above which their files lie. */
export function showProblems(problems: readonly Problem[], entry: string): void {
  for (const problem of problems) say(formatProblem(problem, (file) => sourceNear(entry, file), PAINT));
}

const PAINT: FramePaint = {
  severity: (severity, text) => styled(severity === 'error' ? 'red' : 'yellow', text, process.stderr),
  dim: (text) => styled('dim', text, process.stderr),
};

/** The text of a file that is named relative to the bundle's root: that is the entry's folder or one above it. */
function sourceNear(entry: string, file: string): string | undefined {
  for (let folder = path.dirname(path.resolve(entry)); ; folder = path.dirname(folder)) {
    const candidate = path.resolve(folder, file);
    // A bundle may be said to come from a folder, which has no text.
    if (statSync(candidate, { throwIfNoEntry: false })?.isFile() === true) return readFileSync(candidate, 'utf8');
    if (folder === path.dirname(folder)) return undefined;
  }
}
