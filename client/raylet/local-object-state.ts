/**
 * The life of an object on a node. A value takes the place of another only by way of `pending`: what was is dropped first.
 */
import { StateMachine } from '#shared/state-machine.ts';
import type { LocalObjectStatus } from './entries.ts';

export const LOCAL_OBJECT_LIFE = new StateMachine<LocalObjectStatus>('local object', {
  pending: ['inline', 'local', 'spilled', 'remote', 'error'],
  inline: ['spilled', 'pending'],
  local: ['spilled', 'pending'],
  spilled: ['inline', 'local', 'pending'],
  remote: ['pending'],
  error: ['pending'],
});

/** Moves an object to another status. @throws Error if that step is not in the table */
export function moveObject(object: { status: LocalObjectStatus }, to: LocalObjectStatus): void {
  object.status = LOCAL_OBJECT_LIFE.step(object.status, to);
}
