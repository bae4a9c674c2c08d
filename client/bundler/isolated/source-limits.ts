// What a submitted source must be before a sandbox is given to it.

import type { BundleProblem } from '../bundle-problem.ts';

/** As many as a submission may have. */
export const MAX_SOURCE_CHARS = 2_000_000;

const FILE_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/;
const SCRIPT = /\.[cm]?[jt]sx?$/;

/** What is wrong with a source and its name at first sight; undefined if nothing is. */
export function objection(source: string, fileName: string): BundleProblem | undefined {
  const start = { file: fileName, line: 1, column: 1 };
  if (!FILE_NAME.test(fileName) || !SCRIPT.test(fileName) || /\.d\.[cm]?ts$/.test(fileName)) {
    return {
      ...start,
      reason: 'this is no name of a script',
      hint: 'call it job.ts: letters, digits, and .ts, .tsx, .mts, .js, .jsx or .mjs at the end',
    };
  }
  if (source.length <= MAX_SOURCE_CHARS) return undefined;
  return {
    ...start,
    reason: `the source has ${source.length} characters, at most ${MAX_SOURCE_CHARS} are taken`,
    hint: 'publish large data as a package of the server, or bundle the job on your own machine: daylight submit',
  };
}
