/**
 * How a machine joins, as a line for its terminal, from the link for browsers: both carry the same key.
 */
export function joinCommand(joinUrl: string): string {
  const { origin, hash } = new URL(joinUrl);
  const key = new URLSearchParams(hash.slice(1)).get('key');
  return `daylight join ${origin}${key === null ? '' : ` --token ${key}`}`;
}
