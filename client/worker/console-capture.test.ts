import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captureConsole } from './console-capture.ts';
import type { CoreWorker } from './core-worker.ts';
import { createTaskContext } from './task-context.ts';
import { TaskState } from './task-state.ts';

/** More than a worker may print at once. */
const MANY_LINES = 12_000;
const LINE_CHARS = 10;

interface Line {
  readonly task: number;
  readonly text: string;
}

const consoleBefore = { ...console };
let lines: Line[];
let core: CoreWorker;

beforeEach(() => {
  lines = [];
  const context = createTaskContext<TaskState>();
  const ports = { clock: { nowMs: () => 1_000, after: () => () => {} } };
  // What capturing needs of it.
  core = { context, ports, push: (line: Line) => void lines.push(line) } as unknown as CoreWorker;
  captureConsole(core, (args) => args.join(' '));
});
afterEach(() => void Object.assign(console, consoleBefore));

function printed(task: TaskState, count: number): void {
  core.context.begin(task);
  core.context.run(task, () => {
    for (let line = 0; line < count; line++) console.log('x'.repeat(LINE_CHARS));
  });
  core.context.end(task);
}

describe('what job code prints', () => {
  it('B1 that lines were dropped at the end of a task is told when it ends, as a line of that task', () => {
    printed(new TaskState(7, 1, 0, 0, 'task'), MANY_LINES);
    const kept = lines.filter(({ text }) => text.startsWith('x'));
    expect(kept.length).toBeLessThan(MANY_LINES);
    expect(lines.at(-1)).toMatchObject({
      task: 7,
      text: expect.stringContaining(`${MANY_LINES - kept.length} lines were dropped`),
    });
    expect(lines).toHaveLength(kept.length + 1);
  });

  it('ends without a word where nothing was dropped', () => {
    printed(new TaskState(8, 1, 0, 0, 'task'), 3);
    expect(lines.map(({ task }) => task)).toEqual([8, 8, 8]);
  });
});
