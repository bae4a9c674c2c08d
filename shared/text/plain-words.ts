/**
 * Words of nodes and drivers — names, purposes, reasons — as they are shown to people: in a terminal, where a control
 * character would be a command, and beside other words, which they must not turn around.
 */

const UNFIT = /[\s\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** The text on one line, without what is not for reading. */
export function plainWords(text: string): string {
  return text.replaceAll(UNFIT, ' ').trim();
}
