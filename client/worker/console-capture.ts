/**
 * What job code prints goes to the job's owner, with the task it came from. Formatting is the host's: the language has
 * no way to show an object.
 */
import type { CoreWorker } from './core-worker.ts';
import { LineBudget, RATE_WORDS } from './line-budget.ts';
import { LOG_LEVEL } from './ports.ts';
import type { TaskState } from './task-state.ts';

const METHODS = {
  log: LOG_LEVEL.info,
  info: LOG_LEVEL.info,
  warn: LOG_LEVEL.warn,
  error: LOG_LEVEL.error,
  debug: LOG_LEVEL.debug,
} as const;
/** A text of this many characters fits the message's 64 KB whatever the characters are. */
const MAX_TEXT_CHARS = 20_000;

/** Sends one text as a line of a task: of the current one or of none, unless another is named. */
export function sendLog(core: CoreWorker, level: number, text: string, of?: number): void {
  const shown = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)} …[${text.length} characters]` : text;
  core.push(
    {
      kind: 'log',
      task: of ?? core.context.current()?.key ?? onlyLive(core)?.key ?? 0,
      level,
      text: shown.toWellFormed(),
    },
    shown.length,
  );
}

function onlyLive(core: CoreWorker): TaskState | undefined {
  const { liveTasks } = core.context;
  if (liveTasks.size === 1) for (const task of liveTasks) return task;
  return undefined;
}

/** Replaces the console methods that print; the others (timers, tables, groups) stay the engine's. */
export function captureConsole(core: CoreWorker, format: (args: readonly unknown[]) => string): void {
  const console: unknown = Reflect.get(globalThis, 'console');
  if (typeof console !== 'object' || console === null) return;
  const budget = new LineBudget();
  const tellDropped = (task?: number): void => {
    const dropped = budget.takeDropped();
    if (dropped > 0) sendLog(core, LOG_LEVEL.warn, `${counted(dropped)} dropped: a worker prints ${RATE_WORDS}`, task);
  };
  const end = core.context.end.bind(core.context);
  // The line after those that were dropped, which tells of them, may never come.
  core.context.end = (task) => {
    tellDropped(task.key);
    end(task);
  };
  for (const [method, level] of Object.entries(METHODS)) {
    Reflect.set(console, method, (...args: unknown[]) => {
      const task = core.context.current() ?? onlyLive(core);
      // Seen before, when an earlier run of a `main` printed it (rule J1).
      if (task?.main?.mutesLine() === true) return;
      if (task?.isInsideOnce === true) task.lines += 1;
      // Before anything is formatted: a loop that prints must not take its node's time from others.
      if (!budget.take(core.ports.clock.nowMs())) return;
      tellDropped();
      const text = format(args);
      budget.use(Math.min(text.length, MAX_TEXT_CHARS));
      sendLog(core, level, text);
    });
  }
}

function counted(lines: number): string {
  return lines === 1 ? '1 line was' : `${lines} lines were`;
}
