// Why a job module could not be bundled, at the line of the user's own file. Everything in this folder fails with this class;
// what esbuild and the parser report is translated into it.

/** What went wrong, for programs. The message says it for people. */
export type BundleFailureCode =
  | 'syntax'
  | 'unresolved-import'
  | 'node-builtin'
  | 'unnamed-registration'
  | 'duplicate-registration'
  | 'lazy-registration'
  | 'unsupported-syntax'
  | 'not-self-contained'
  | 'build';

/** Where in the user's file: the path relative to the bundle's root, line and column counted from 1. */
export interface SourceLocation {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface BundleFailureDetails extends Partial<SourceLocation> {
  readonly code: BundleFailureCode;
  /** One sentence without the location. */
  readonly reason: string;
  /** What to do about it, if that is known. */
  readonly hint?: string | undefined;
}

/** A job module could not be bundled. The message is complete: `file:line:column: reason` and the hint on a second line. */
export class BundleFailure extends Error {
  override readonly name = 'BundleFailure';
  readonly code: BundleFailureCode;
  readonly reason: string;
  readonly hint: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(details: BundleFailureDetails) {
    const { code, reason, hint, file, line, column } = details;
    const where = file === undefined ? '' : line === undefined ? `${file}: ` : `${file}:${line}:${column}: `;
    super(`${where}${reason}${hint === undefined ? '' : `\n  ${hint}`}`);
    this.code = code;
    this.reason = reason;
    this.hint = hint;
    this.file = file;
    this.line = line;
    this.column = column;
  }
}
