/**
 * What tasks print and throw, on its way to a terminal. It may come from machines of people nobody knows: colours are let
 * through, commands are not (they could clear the screen, write to the clipboard, or change what was printed before).
 */
import { plainWords } from '#shared/text/plain-words.ts';
import { truncate } from './text-width.ts';

/* oxlint-disable no-control-regex -- control characters are what this file is about */
const SEQUENCES =
  /\u001b\[[\d;:]*m|\u001b\[[\d;:<=>?]*[ -/]*[@-~]|\u001b[\]PX^_].*?(?:\u0007|\u001b\\|$)|[^\P{Cc}\t\n]/gsu;
const COLOUR = /^\u001b\[[\d;:]*m$/;

/** The text without anything that a terminal would obey, but for colours. */
export function printable(text: string): string {
  return text.replaceAll(SEQUENCES, (sequence) => (COLOUR.test(sequence) ? sequence : ''));
}

/** The text on one line and without colours: for cells of tables and notes beside a bar. */
export function plainLine(text: string): string {
  return plainWords(
    text.replaceAll(SEQUENCES, (sequence) => (COLOUR.test(sequence) ? '' : sequence === '\r' ? ' ' : '')),
  );
}

/** Columns of what somebody typed, where a message repeats it. */
const MAX_REPEATED_COLUMNS = 60;

/** What somebody typed as a message repeats it: on one line, and of a long text its beginning. */
export function shortened(text: string): string {
  return truncate(plainLine(text), MAX_REPEATED_COLUMNS);
}
