import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type Answer, confirm, exitCodeOf } from './confirm.ts';

const CTRL_C = '\u0003';
const END_OF_INPUT = '\u0004';

function terminal(isTTY: boolean) {
  return Object.assign(new PassThrough(), { isTTY });
}

/** What becomes of the question when somebody types this. */
function answerTo(typed: string): Promise<Answer> {
  const input = terminal(true);
  const answer = confirm('stop', ['7 (digits)'], { input, output: terminal(true) });
  input.write(typed);
  return answer;
}

describe('what cannot be undone', () => {
  it('is done only after a yes', async () => {
    for (const yes of ['y\r', 'Yes\r']) expect(await answerTo(yes)).toBe('yes');
    for (const no of ['\r', 'n\r', 'yesterday\r', END_OF_INPUT]) expect(await answerTo(no)).toBe('no');
    expect(exitCodeOf('no')).toBe(1);
  });

  it('is not at Ctrl-C, which counts as an interruption', async () => {
    expect(await answerTo(CTRL_C)).toBe('interrupted');
    expect(exitCodeOf('interrupted')).toBe(130);
  });

  it('is a question only where somebody is there to ask', async () => {
    const alone = { input: terminal(true), output: terminal(false) };
    await expect(confirm('delete', ['7 (digits)'], alone)).rejects.toThrow('say --yes to delete 7 (digits)');
  });
});
