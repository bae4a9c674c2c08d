// How this folder fails: with a `BundleError` at the line of the user's own file. What esbuild and the parser report is
// translated into it, so that nobody has to read positions in generated code.

import { BundleError } from '#shared/errors/daylight-error.ts';

/** Where in the user's file: the path relative to the bundle's root, line and column counted from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface BundleProblem extends SourceLocation {
  /** One sentence without the location. */
  readonly reason: string;
  /** What to do about it, if that is known. */
  readonly hint?: string | undefined;
}

/** The error for a problem. Its message is complete: `file:line:column: reason`, and the hint on a second line. */
export function bundleError(problem: BundleProblem): BundleError {
  const { reason, hint = '', file, line, column } = problem;
  return new BundleError(`${file}:${line}:${column}: ${reason}${hint === '' ? '' : `\n  ${hint}`}`, {
    file,
    line,
    column,
    hint,
  });
}
