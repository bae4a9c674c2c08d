// Problems as an editor shows them: everything is somewhere in the submitted file.

import type { Problem } from '#shared/api/schemas.ts';
import type { BundleProblem } from '../bundle-problem.ts';

/** An error of the bundler. What is wrong elsewhere, in a package, is shown at the beginning. */
export function problemOf({ file, line, column, reason, hint = '' }: BundleProblem, fileName: string): Problem {
  const text = hint === '' ? reason : `${reason}: ${hint}`;
  const inSource = file === fileName;
  return {
    file: fileName,
    line: inSource ? line : 1,
    column: inSource ? column : 1,
    message: inSource ? text : `${file}:${line}:${column}: ${text}`,
    severity: 'error',
    source: 'bundle',
  };
}
