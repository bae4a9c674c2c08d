/**
 * What job code prints goes to the job's owner, with the task it came from. Formatting is the host's: the language has
 * no way to show an object.
 */
import type { CoreWorker } from './core-worker.ts';
import { LOG_LEVEL } from './ports.ts';

const METHODS = {
  log: LOG_LEVEL.info,
  info: LOG_LEVEL.info,
  warn: LOG_LEVEL.warn,
  error: LOG_LEVEL.error,
  debug: LOG_LEVEL.debug,
} as const;
/** A text of this many characters fits the message's 64 KB whatever the characters are. */
const MAX_TEXT_CHARS = 20_000;

/** Sends one text as a line of the current task, or of none. */
export function sendLog(core: CoreWorker, level: number, text: string): void {
  const shown = text.length > MAX_TEXT_CHARS ? `${text.slice(0, MAX_TEXT_CHARS)} …[${text.length} characters]` : text;
  core.push(
    { kind: 'log', task: core.context.current()?.key ?? onlyTask(core), level, text: shown.toWellFormed() },
    shown.length,
  );
}

function onlyTask(core: CoreWorker): number {
  const { liveTasks } = core.context;
  if (liveTasks.size === 1) for (const task of liveTasks) return task.key;
  return 0;
}

/** Replaces the console methods that print; the others (timers, tables, groups) stay the engine's. */
export function captureConsole(core: CoreWorker, format: (args: readonly unknown[]) => string): void {
  const console: unknown = Reflect.get(globalThis, 'console');
  if (typeof console !== 'object' || console === null) return;
  const budget = new LineBudget(core);
  for (const [method, level] of Object.entries(METHODS)) {
    Reflect.set(console, method, (...args: unknown[]) => {
      if (budget.take()) sendLog(core, level, format(args));
    });
  }
}

/** Lines a worker may print at once, and per second (rule B1): a loop that prints must not take its node's time from others. */
const MAX_BURST_LINES = 10_000;
const LINES_PER_SECOND = 2_000;
const MS_PER_SECOND = 1_000;

/** Lets lines through up to a rate; says how many it dropped. */
class LineBudget {
  readonly #core: CoreWorker;
  #left = MAX_BURST_LINES;
  #lastMs = 0;
  #dropped = 0;

  constructor(core: CoreWorker) {
    this.#core = core;
  }

  take(): boolean {
    const nowMs = this.#core.ports.clock.nowMs();
    this.#left = Math.min(MAX_BURST_LINES, this.#left + ((nowMs - this.#lastMs) * LINES_PER_SECOND) / MS_PER_SECOND);
    this.#lastMs = nowMs;
    if (this.#left < 1) {
      this.#dropped += 1;
      return false;
    }
    this.#left -= 1;
    if (this.#dropped === 0) return true;
    const dropped = this.#dropped;
    this.#dropped = 0;
    sendLog(this.#core, LOG_LEVEL.warn, `${dropped} lines were dropped: a worker prints ${LINES_PER_SECOND} a second`);
    return true;
  }
}
