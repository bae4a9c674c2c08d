/**
 * The life of a pull until it is over, as a table of legal steps.
 */
import { StateMachine } from '#shared/state-machine.ts';

export type PullState =
  /** For room. */
  | 'waiting'
  /** The server is asked who has the object. */
  | 'locating'
  /** Pieces are asked for. */
  | 'asking'
  /** Who was asked is busy, or nobody is there to ask now: what is open is asked for again after a while. */
  | 'pausing';

export const PULL_LIFE = new StateMachine<PullState>('pull', {
  waiting: ['locating', 'asking'],
  locating: ['asking', 'pausing'],
  asking: ['locating', 'pausing'],
  pausing: ['asking', 'locating'],
});
