/**
 * The stack of an error that came from a task has two parts: where the job waited for the task, and where the task itself
 * failed. The second is what somebody looks for.
 */

/** See above. */
export interface SplitStack {
  /** Where it failed. */
  readonly here: string;
  /** Where it was waited for; empty if the error did not travel. */
  readonly waited: string;
}

const BORDER = /^\s*remote stack:\s*$/m;

/** Of several borders the last counts: an error may have gone through several tasks. */
export function splitStack(stack: string): SplitStack {
  const parts = stack.split(BORDER);
  const here = parts.pop() ?? '';
  return { here: here.trim(), waited: parts.join('\n').trim() };
}
