/**
 * The lives of what the GCS keeps beside tasks: objects, actors, jobs and sessions, each as a table of legal steps.
 */
import { StateMachine } from '#shared/state-machine.ts';
import type { ActorState, JobStatus, ObjectStatus, SessionState } from './entities.ts';

/** A value that is made again (rule O1) is `pending` in between, for the length of a step. */
export const OBJECT_LIFE = new StateMachine<ObjectStatus>('object', {
  pending: ['inline', 'stored', 'error'],
  inline: ['freed'],
  stored: ['freed', 'pending'],
  error: ['freed'],
  freed: ['pending'],
});

export const ACTOR_LIFE = new StateMachine<ActorState>('actor', {
  pending: ['alive', 'dead'],
  alive: ['restarting', 'dead'],
  restarting: ['alive', 'dead'],
  dead: [],
});

export const JOB_LIFE = new StateMachine<JobStatus>('job', {
  running: ['succeeded', 'failed', 'stopped'],
  succeeded: [],
  failed: [],
  stopped: [],
});

export const SESSION_LIFE = new StateMachine<SessionState>('session', {
  connected: ['disconnected', 'dead'],
  disconnected: ['connected', 'dead'],
  dead: [],
});

export function moveObject(object: { status: ObjectStatus }, to: ObjectStatus): void {
  object.status = OBJECT_LIFE.step(object.status, to);
}

export function moveActor(actor: { state: ActorState }, to: ActorState): void {
  actor.state = ACTOR_LIFE.step(actor.state, to);
}

export function moveJob(job: { status: JobStatus }, to: JobStatus): void {
  job.status = JOB_LIFE.step(job.status, to);
}

export function moveSession(session: { state: SessionState }, to: SessionState): void {
  session.state = SESSION_LIFE.step(session.state, to);
}
