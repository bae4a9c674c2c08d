/**
 * Where in a text a problem is: lines and columns as compilers count them, offsets as editors do.
 */

/** The part of an editor's text that is needed. */
export interface Lines {
  readonly lines: number;
  readonly length: number;
  line(number: number): { readonly from: number; readonly to: number; readonly text: string };
}

/** From the place of a problem to the end of the word there; a problem behind the end of the text stands at its end. */
export function rangeOf(document: Lines, line: number, column: number): { readonly from: number; readonly to: number } {
  if (document.lines === 0) return { from: 0, to: 0 };
  const { from, to, text } = document.line(Math.min(Math.max(1, line), document.lines));
  const start = Math.min(Math.max(0, column - 1), text.length);
  const word = /^[\w$]+|^./.exec(text.slice(start))?.[0] ?? '';
  return { from: Math.min(from + start, to), to: Math.min(from + start + word.length, to) };
}
