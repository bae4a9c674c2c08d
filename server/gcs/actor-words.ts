/**
 * What is told of actors to people: what an actor would do if it were lost now, and what a call of it waits for (rules A2, S2).
 */
import { hasGap, hasHistory } from './actor-history.ts';
import type { ActorRecord, TaskRecord } from './entities.ts';
import type { GcsState } from './state.ts';

/** What a next life would know of this one. */
export function describeNextLife(actor: ActorRecord): string {
  const { creation, history, retiring, state } = actor;
  if (state === 'dead') return 'it is over';
  if (creation.options.options.maxRestarts === 0) return 'it is not made again (maxRestarts is 0)';
  if (retiring !== '') return 'it is ending, and not made again';
  const restored = history.checkpoint === 0 ? '' : `restores what it saved after ${nounOf(history.checkpointNumber)}`;
  if (!hasHistory(actor))
    return `${restored || 'begins anew'}, and does nothing again: it runs several calls at a time`;
  if (hasGap(history)) return `${restored || 'begins anew'}, without what came since: that was too much to keep`;
  const repeated = history.calls.length === 0 ? '' : `does ${nounOf(history.calls.length)} again`;
  return [restored, repeated].filter((part) => part !== '').join(' and ') || 'begins anew';
}

/** Of the creation of an actor that lives, and of a call that waits for its actor; else undefined. */
export function describeActorOf(state: GcsState, task: TaskRecord): string | undefined {
  const made = state.actors.get(task.key);
  if (made && task.state === 'finished') return describeLife(made);
  const called = task.actor !== 0 && task.state === 'queued' ? state.actors.get(task.actor) : undefined;
  return called && `waits for its actor: ${describeLife(called)}`;
}

function describeLife(actor: ActorRecord): string {
  const { state, incarnation, history } = actor;
  const life = incarnation > 1 ? ` (life ${incarnation})` : '';
  switch (state) {
    case 'pending':
      return 'it is being made';
    case 'restarting': {
      const { size } = history.repeating;
      return size > 0 ? `it does ${nounOf(size)} again first${life}` : `it is being made again${life}`;
    }
    case 'alive':
      return `it lives${life}; if it were lost: ${describeNextLife(actor)}`;
    case 'dead':
      return 'it is over';
  }
}

function nounOf(calls: number): string {
  return calls === 1 ? '1 call' : `${calls} calls`;
}
