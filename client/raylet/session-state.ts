/**
 * The life of a node's session as the node sees it: it comes and goes with its connections until it is over for good.
 */
import { StateMachine } from '#shared/state-machine.ts';

/** Where a session stands. */
export type LocalSessionState =
  /** Between two connections, or before the first. */
  | 'away'
  /** There is a connection, and the server has not said welcome. */
  | 'connecting'
  /** The server listens. */
  | 'open'
  /** The node left, or cannot go on. */
  | 'ended';

export const LOCAL_SESSION_LIFE = new StateMachine<LocalSessionState>('session of a node', {
  away: ['connecting', 'ended'],
  connecting: ['open', 'away', 'ended'],
  open: ['away', 'ended'],
  ended: [],
});
