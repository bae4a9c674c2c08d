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
export function browserText(named: Named = navigator): string {
  const found = find(named);
  return found ? `browser ${found.family} ${found.version}` : 'browser';
}

/** The family alone, as a label: `chromium`; `other` if it is none of these. */
export function browserFamily(named: Named = navigator): string {
  return find(named)?.family.toLowerCase() ?? 'other';
}

function find({ userAgent }: Named): { family: string; version: string } | undefined {
  for (const [pattern, family] of FAMILIES) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return { family, version };
  }
  return undefined;
}
