/**
 * Asking before something is done that cannot be undone. A program, which nobody can answer for, says `--yes`.
 */
import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { EXIT, UsageError } from './exit-codes.ts';

/** What the answer was: to go on, to leave it, or Ctrl-C. */
export type Answer = 'yes' | 'no' | 'interrupted';

/** Where a person sits. */
export interface Conversation {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/**
 * Asks on standard error; `what` is said in the question after `verb` and in the advice.
 * @throws UsageError if there is nobody to ask
 */
export async function confirm(
  verb: 'stop' | 'delete',
  what: readonly string[],
  { input, output }: Conversation = { input: process.stdin, output: process.stderr },
): Promise<Answer> {
  const all = what.join(', ');
  if (input.isTTY !== true || output.isTTY !== true)
    throw new UsageError(`say --yes to ${verb} ${all}: there is nobody here to ask`);
  const asking = createInterface({ input, output, terminal: true });
  let isInterrupted = false;
  asking.once('SIGINT', () => {
    isInterrupted = true;
    asking.close();
  });
  try {
    const closed = once(asking, 'close').then(() => '');
    // The end of the input, which rejects, is no yes either.
    const asked = asking.question(`${verb === 'stop' ? 'Stop' : 'Delete'} ${all}? [y/N] `).catch(() => '');
    const answer = await Promise.race([asked, closed]);
    if (isInterrupted) output.write('\n');
    return isInterrupted ? 'interrupted' : /^y(es)?$/i.test(answer.trim()) ? 'yes' : 'no';
  } finally {
    asking.close();
  }
}

/** How a command ends that was not allowed to do what it should. */
export function exitCodeOf(answer: Exclude<Answer, 'yes'>): number {
  return answer === 'interrupted' ? EXIT.interrupted : EXIT.failed;
}
