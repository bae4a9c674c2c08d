// Where a function that is given to `remote` stands in the user's file: a function knows its source but not its place. The stack
// of the call names file, line and column of `remote(…)`; the function begins after the bracket. TypeScript that Node runs has
// blanks where its types were, so the place is the same although the text is not.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourceLocation } from './bundle-problem.ts';

const FRAME = /(file:\/\/[^\s()]+?):(\d+):(\d+)\)?$/;

/**
 * The place of the function whose source is `source`, passed to a call on this stack.
 * @param stack of an error made below the call
 * @param ownFolder URL of the folder whose frames are not the user's
 * @returns undefined if it cannot be told: the caller does without
 */
export function functionLocation(stack: string, ownFolder: string, source: string): SourceLocation | undefined {
  for (const frame of stack.split('\n')) {
    const [, url = '', line = '', column = ''] = FRAME.exec(frame) ?? [];
    if (url === '' || url.startsWith(ownFolder)) continue;
    try {
      const file = fileURLToPath(url);
      return locate(readFileSync(file, 'utf8'), file, Number(line), Number(column), source);
    } catch {
      return undefined;
    }
  }
  return undefined;
}

function locate(text: string, file: string, line: number, column: number, source: string): SourceLocation | undefined {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1).reduce((length, one) => length + one.length + 1, 0) + column - 1;
  const bracket = text.indexOf('(', before);
  const start = bracket + 1 + (/^\s*/.exec(text.slice(bracket + 1))?.[0].length ?? 0);
  const firstWord = /^(?:\w+|\S)/.exec(source)?.[0] ?? '';
  if (bracket < 0 || firstWord === '' || !text.startsWith(firstWord, start)) return undefined;
  const head = text.slice(0, start).split('\n');
  const shown = path.relative(process.cwd(), file);
  return {
    file: shown.startsWith('..') ? file : shown,
    line: head.length,
    column: (head.at(-1)?.length ?? 0) + 1,
  };
}
