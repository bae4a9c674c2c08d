/**
 * Where tasks run that ask for a place (rules S1, S2): every node that has one by lease is among those that were asked for, second
 * copies included.
 */
import type { GcsState } from '#server/gcs/state.ts';
import { isChosen } from '#server/scheduler/fit.ts';
import { meetsRule } from '#shared/task/node-labels.ts';

/** What is wrong, in words; `undefined` if nothing is. */
export function misplaced({ sessions }: GcsState): string | undefined {
  for (const session of sessions.values()) {
    const { labels, assigned, id } = session;
    // A node that has not come back to a new server has not said its labels again.
    if (!labels || session.state === 'dead') continue;
    for (const { key, options, state } of assigned) {
      const { place } = options.options;
      if (!place || state === 'local') continue;
      const isElsewhere = place.node && !place.node.soft && !isChosen(session, place.node);
      if (isElsewhere || place.labels.some((rule) => !meetsRule(labels, rule)))
        return `S1 task ${key} is on node ${id}, and asked for another`;
    }
  }
  return undefined;
}
