/**
 * Patterns in which `*` stands for any text. Small and capital letters are the same, of ASCII only: a database's `LIKE` can do
 * no more. The time a test takes grows with the text alone, whatever the pattern: it may come from anybody.
 */

/** Tests whether a text is like the pattern. */
export function textPattern(pattern: string): (text: string) => boolean {
  const parts = asciiLower(pattern).split('*');
  const [first = ''] = parts;
  if (parts.length === 1) return (text) => asciiLower(text) === first;
  const last = parts[parts.length - 1] ?? '';
  const between = parts.slice(1, -1).filter((part) => part !== '');
  return (given) => {
    const text = asciiLower(given);
    const end = text.length - last.length;
    if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let from = first.length;
    for (const part of between) {
      // The first place that fits leaves most for those behind it.
      const at = text.indexOf(part, from);
      if (at === -1 || at + part.length > end) return false;
      from = at + part.length;
    }
    return true;
  };
}

function asciiLower(text: string): string {
  return /[A-Z]/.test(text) ? text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase()) : text;
}
