/**
 * States of jobs, tasks, nodes, actors and objects as people read them. A tone is never the only difference: every state has
 * words, and each tone an icon.
 */

/** How a state feels. */
export type Tone = 'busy' | 'good' | 'bad' | 'waiting' | 'calm';

/** A state in words. */
export interface StateWords {
  readonly label: string;
  readonly tone: Tone;
}

const STATES: Readonly<Record<string, StateWords>> = {
  // Jobs and tasks
  running: { label: 'Running', tone: 'busy' },
  succeeded: { label: 'Succeeded', tone: 'good' },
  failed: { label: 'Failed', tone: 'bad' },
  stopped: { label: 'Stopped', tone: 'calm' },
  waiting: { label: 'Waits for inputs', tone: 'calm' },
  queued: { label: 'Waits for a node', tone: 'waiting' },
  local: { label: 'On its node', tone: 'busy' },
  leased: { label: 'With a node', tone: 'busy' },
  cancelled: { label: 'Cancelled', tone: 'calm' },
  infeasible: { label: 'No node fits', tone: 'bad' },
  held: { label: 'Held back', tone: 'bad' },
  // Nodes
  connected: { label: 'Connected', tone: 'good' },
  disconnected: { label: 'Connection lost', tone: 'bad' },
  dead: { label: 'Gone', tone: 'calm' },
  paused: { label: 'Paused', tone: 'calm' },
  // Actors
  pending: { label: 'Pending', tone: 'waiting' },
  alive: { label: 'Alive', tone: 'good' },
  restarting: { label: 'Restarting', tone: 'waiting' },
  // Objects
  inline: { label: 'On the server', tone: 'good' },
  stored: { label: 'On nodes', tone: 'good' },
  error: { label: 'An error', tone: 'bad' },
  freed: { label: 'Freed', tone: 'calm' },
};

/** Words and tone of a state; one that is not known is shown as it is. */
export function wordsOf(state: string): StateWords {
  return STATES[state] ?? { label: state, tone: 'calm' };
}

/** The state of a node with what its owner decided. */
export function nodeState(node: { readonly state: string; readonly paused: boolean }): string {
  return node.state === 'connected' && node.paused ? 'paused' : node.state;
}

/** What a node is. */
export function roleWords(node: { readonly role: string; readonly trusted: boolean }): string {
  const kind = node.role === 'tab' ? 'Browser tab' : node.role === 'driver' ? 'Driver' : 'Host';
  return node.trusted ? kind : `${kind} of a stranger`;
}
