/**
 * The functions of a job as a tree: methods below the class of their actor, what has most to do first.
 */
import type { FunctionProgress } from '#shared/api/schemas.ts';
import { shortFunction } from '../format/function-name.ts';

/** A function with those below it. */
export interface FunctionRow {
  readonly progress: FunctionProgress;
  readonly methods: readonly FunctionProgress[];
}

/** All calls of a function. */
export function callsOf(row: FunctionProgress): number {
  return row.waiting + row.queued + row.running + row.succeeded + row.failed + row.cancelled;
}

/** Calls that are over, as a share of all. */
export function shareOver(row: FunctionProgress): number {
  const all = callsOf(row);
  return all === 0 ? 0 : (row.succeeded + row.failed + row.cancelled) / all;
}

/** See above. */
export function functionRows(functions: readonly FunctionProgress[]): FunctionRow[] {
  const ordered = [...functions].sort((one, other) => callsOf(other) - callsOf(one) || one.fn.localeCompare(other.fn));
  const actors = ordered.filter(({ kind }) => kind === 'actor');
  // A method's name begins with that of its class, which may not be the variable's by which the class is registered.
  const ownerOf = ({ fn }: FunctionProgress): FunctionProgress | undefined =>
    actors.find((actor) => fn.startsWith(`${shortFunction(actor.fn)}.`)) ??
    (actors.length === 1 ? actors[0] : undefined);
  const rows: FunctionRow[] = [];
  for (const progress of ordered) {
    if (progress.kind === 'method' && ownerOf(progress)) continue;
    const methods = ordered.filter((each) => each.kind === 'method' && ownerOf(each) === progress);
    rows.push({ progress, methods });
  }
  return rows;
}
