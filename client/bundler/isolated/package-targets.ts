// The maps of package.json from what is imported to what is meant: `exports` and `imports`, with conditions and patterns.

/**
 * What a map gives for a key: `.` and `./sub` for `exports`, `#name` for `imports`.
 * @returns the target as it is written; undefined if the map has none, or forbids it
 */
export function matchTarget(map: unknown, key: string, conditions: ReadonlySet<string>): string | undefined {
  if (!isMap(map) || !hasKeys(map)) return key === '.' ? choose(map, conditions) : undefined;
  if (Object.hasOwn(map, key) && !key.includes('*')) return choose(map[key], conditions);
  let best: { readonly pattern: string; readonly star: string } | undefined;
  for (const pattern of Object.keys(map)) {
    const star = matchPattern(pattern, key);
    if (star !== undefined && (best === undefined || isCloser(pattern, best.pattern))) best = { pattern, star };
  }
  if (best === undefined) return undefined;
  const { pattern, star } = best;
  return choose(map[pattern], conditions)?.replaceAll('*', () => star);
}

/** The longest text before the star wins, then the longest pattern. */
function isCloser(pattern: string, other: string): boolean {
  const [before, otherBefore] = [pattern.indexOf('*'), other.indexOf('*')];
  return before === otherBefore ? pattern.length > other.length : before > otherBefore;
}

function matchPattern(pattern: string, key: string): string | undefined {
  const at = pattern.indexOf('*');
  if (at < 0) return undefined;
  const [before, after] = [pattern.slice(0, at), pattern.slice(at + 1)];
  const fits = key.startsWith(before) && key.endsWith(after) && key.length > before.length + after.length;
  return fits ? key.slice(before.length, key.length - after.length) : undefined;
}

/** The first target whose conditions hold. */
function choose(target: unknown, conditions: ReadonlySet<string>): string | undefined {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) {
    for (const one of target) {
      const chosen = choose(one, conditions);
      if (chosen !== undefined) return chosen;
    }
    return undefined;
  }
  if (!isMap(target)) return undefined;
  for (const [condition, inner] of Object.entries(target)) {
    if (!conditions.has(condition)) continue;
    if (inner === null) return undefined;
    const chosen = choose(inner, conditions);
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it maps keys, and is not one target with conditions. */
function hasKeys(map: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(map).some((key) => key.startsWith('.') || key.startsWith('#'));
}
