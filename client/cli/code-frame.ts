/**
 * What is wrong with a source, as compilers say it: `file:line:column: message`, and the line itself with its neighbours.
 */
import type { Problem } from '#shared/api/schemas.ts';
import { printable } from './printable.ts';
import { displayWidth } from './text-width.ts';

const LINES_AROUND = 1;
const MAX_LINE_CHARS = 160;
const TAB = '  ';
/** Control characters, and those that turn text around. */
const UNFIT = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** How the parts are coloured; plain text without it. */
export interface FramePaint {
  severity(severity: Problem['severity'], text: string): string;
  dim(text: string): string;
}

const PLAIN: FramePaint = { severity: (_, text) => text, dim: (text) => text };

/** One problem; `sourceOf` gives the text of a file by its name in the problem, if it is at hand. */
export function formatProblem(
  problem: Problem,
  sourceOf: (file: string) => string | undefined,
  paint: FramePaint = PLAIN,
): string {
  const { file, line, column, message, severity } = problem;
  const [first = '', ...more] = printable(message).split('\n');
  const kind = severity === 'warning' ? `${paint.severity(severity, 'warning')}: ` : '';
  const head = `${file}:${line}:${column}: ${kind}${first}`;
  const source = sourceOf(file);
  const frame = source === undefined ? [] : codeFrame(source, problem, paint);
  return [head, ...frame, ...more].join('\n');
}

/** The lines around a place, the place marked; nothing if the source has no such line. */
export function codeFrame(
  source: string,
  { line, column, severity }: Pick<Problem, 'line' | 'column' | 'severity'>,
  paint: FramePaint = PLAIN,
): string[] {
  const lines = source.split(/\r?\n/);
  if (lines[line - 1] === undefined) return [];
  const first = Math.max(1, line - LINES_AROUND);
  const last = Math.min(lines.length, line + LINES_AROUND);
  const digits = String(last).length;
  const shown: string[] = [];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? '';
    const mark = number === line ? paint.severity(severity, '>') : ' ';
    shown.push(`${mark} ${paint.dim(`${String(number).padStart(digits)} │`)} ${visible(text)}`.trimEnd());
    if (number === line) {
      const before = displayWidth(visible(text.slice(0, column - 1)));
      const caret = paint.severity(severity, '^');
      shown.push(`  ${paint.dim(`${' '.repeat(digits)} │`)} ${' '.repeat(before)}${caret}`);
    }
  }
  return shown;
}

/** A line as it is shown: tabs as two columns, without anything that a terminal would obey. */
function visible(text: string): string {
  return text.slice(0, MAX_LINE_CHARS).replaceAll('\t', TAB).replaceAll(UNFIT, '');
}
