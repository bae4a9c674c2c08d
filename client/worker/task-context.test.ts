import { describe, expect, it } from 'vitest';
import { createTaskContext } from './task-context.ts';

describe('task context', () => {
  it('L8 run makes a task current for its synchronous part and puts back what was current, also after an exception', () => {
    const context = createTaskContext<string>();
    const seen = context.run('A', () => [
      context.current(),
      context.run('B', () => context.current()),
      context.current(),
    ]);
    expect(seen).toEqual(['A', 'B', 'A']);
    expect(() =>
      context.run('A', () => {
        throw new Error('inner');
      }),
    ).toThrow('inner');
    expect(context.current()).toBeUndefined();
  });

  it('L8 where no task is current the only live one is taken, and with several the call throws and says what to do', () => {
    const context = createTaskContext<string>();
    expect(() => context.currentOrOnly()).toThrow('only inside a task');
    context.begin('A');
    expect(context.currentOrOnly()).toBe('A');
    context.begin('B');
    expect(() => context.currentOrOnly()).toThrow('context().bind(fn)');
    expect(context.run('B', () => context.currentOrOnly())).toBe('B');
    context.end('A');
    expect(context.currentOrOnly()).toBe('B');
    expect([...context.liveTasks]).toEqual(['B']);
  });

  it('L8 a bound function runs as the task that bound it, wherever it is called', () => {
    const context = createTaskContext<string>();
    context.begin('A');
    context.begin('B');
    const bound = context.run('A', () => context.bind((suffix: string) => `${context.current()}${suffix}`));
    expect(bound('!')).toBe('A!');
    expect(context.run('B', () => [bound('?'), context.current()])).toEqual(['A?', 'B']);
  });

  it('L8 the first suspension returns to a caller that still sees the task, later ones leave none', () => {
    const context = createTaskContext<string>();
    const { enter, suspend, resume, leave } = context.transform;
    const invocation = context.run('A', () => {
      const entered = enter();
      suspend(entered, 1);
      expect(context.current()).toBe('A');
      return entered;
    });
    expect(context.current()).toBeUndefined();
    expect(resume(invocation, 'value')).toBe('value');
    expect(context.current()).toBe('A');
    suspend(invocation, 2);
    expect(context.current()).toBeUndefined();
    resume(invocation, 3);
    leave(invocation);
    expect(context.current()).toBeUndefined();
  });
});
