/**
 * The search part of an address as names and texts, in both directions. Values stay text: `?job=7` is the job with the id
 * "7", not a number.
 */

/** Names and texts. */
export type Search = Readonly<Record<string, string | undefined>>;

/** From `?status=running&sort=-id`. */
export function readSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

/** To the same; what is undefined or empty is left out. */
export function writeSearch(search: Readonly<Record<string, unknown>>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') parameters.set(name, value);
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
