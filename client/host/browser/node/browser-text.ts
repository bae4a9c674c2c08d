/**
 * Which browser this is, in a few words: its family and main version, no more (what tells people apart is nobody's business).
 */

/** The part of `navigator` that says so. */
interface Named {
  readonly userAgent: string;
}

const FAMILIES: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:A|iOS)?\/(\d+)/, 'Edge'],
  [/\bFirefox\/(\d+)/, 'Firefox'],
  [/\bFxiOS\/(\d+)/, 'Firefox'],
  [/\b(?:Headless)?Chrome\/(\d+)/, 'Chromium'],
  [/\bCriOS\/(\d+)/, 'Chromium'],
  [/\bVersion\/(\d+)\S* (?:Mobile\/\S+ )?Safari\//, 'Safari'],
];

/** For example `browser Chromium 156`. */
export function browserText({ userAgent }: Named = navigator): string {
  for (const [pattern, family] of FAMILIES) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return `browser ${family} ${version}`;
  }
  return 'browser';
}
