import { describe, expect, it } from 'vitest';
import { Terminal } from './terminal.ts';

function terminal(isTTY: boolean) {
  let written = '';
  let nowMs = 0;
  const shown = new Terminal({ isTTY, columns: 60, write: (text: string) => (written += text) }, () => nowMs);
  return { shown, written: () => written, later: (ms: number) => (nowMs += ms) };
}

describe('Terminal', () => {
  it('puts the task before each line', () => {
    const { shown, written } = terminal(false);
    shown.log('3.17', 'a\nb\n');
    shown.log('', 'c');
    expect(written()).toBe('[3.17] a\n[3.17] b\nc\n');
  });

  it('shows progress as a line now and then where nobody watches', () => {
    const { shown, written, later } = terminal(false);
    shown.progress(0.1, 'one');
    shown.progress(0.2, 'two');
    later(2000);
    shown.progress(0.3, 'three');
    shown.progress(1, 'end');
    expect(written()).toBe(' 10 %  one\n 30 %  three\n100 %  end\n');
  });

  it('keeps the bar below the lines on a terminal, within its width', () => {
    const { shown, written } = terminal(true);
    shown.progress(0.5, 'x'.repeat(100));
    shown.log('', 'line');
    shown.end();
    const parts = written().split('\r\u001b[2K');
    expect(parts.map((part) => part.length)).toEqual([0, 59, 'line\n'.length + 59, 0]);
    expect(written()).toContain('█'.repeat(15) + '░'.repeat(15));
  });

  it('says what is left once that can be told', () => {
    const { shown, written, later } = terminal(false);
    shown.progress(0, 'a');
    later(10_000);
    shown.progress(0.2, 'b');
    expect(written()).toBe('  0 %  a\n 20 %  40 s left  b\n');
  });

  it('repeats no line where nobody watches', () => {
    const { shown, written, later } = terminal(false);
    for (let times = 0; times < 5; times++) {
      shown.progress(0.1, 'one');
      later(2000);
    }
    expect(written()).toBe(' 10 %  one\n');
  });

  it('T1 a note of several lines stays one line', () => {
    const { shown, written } = terminal(true);
    shown.progress(0.5, 'one\ntwo\u001b[2J');
    expect(written()).toMatch(/one two$/);
  });
});
