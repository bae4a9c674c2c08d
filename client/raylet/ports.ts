/**
 * What a raylet needs of its surroundings. Small enough that a thread of a Node host, a worker of a browser tab and the
 * simulator can each give it.
 */
import type { Clock } from '#shared/ports/clock.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import type { WorkerCommand } from '#shared/protocol/worker-messages.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';

/** What a worker is started for. */
export type WorkerKind = 'task' | 'actor';

/** The link to the server. Nothing here waits: answers come through callbacks. */
export interface ServerLink {
  /** Sends an encoded session frame, or drops it while there is no connection. */
  sendFrame(frame: Uint8Array): void;
  /** Asks a question of `shared/protocol/requests.ts`; asked again after a lost connection. */
  request(method: string, body: Uint8Array, onAnswer: (ok: boolean, body: Uint8Array) => void): void;
  /** Brings an object here; `undefined` if no node has it any more. */
  fetch(key: ObjectKey, sizeBytes: number, done: (memory: Attachment | undefined) => void): void;
  sendLog(task: ObjectKey, level: number, text: string): void;
  sendProgress(task: ObjectKey, fraction: number, note: string): void;
}

/** Everything a raylet needs. */
export interface RayletPorts {
  readonly clock: Clock;
  readonly server: ServerLink;
  /** Starts a worker; it says `ready`, or its end is told to `onWorkerExit`. */
  spawnWorker(kind: WorkerKind, workerId: number): void;
  /** Ends a worker at once, even in an endless loop. Its end is told to `onWorkerExit` as for a crash. */
  stopWorker(workerId: number): void;
  /** Queues a message for a worker; `memory` travels beside it. */
  sendToWorker(workerId: number, command: WorkerCommand, memory?: Attachment): void;
  /** Posts what was queued for workers. */
  flushWorkers(): void;
  /**
   * Takes a run back from a worker's queue (by its place in the claim board, from 1) unless it has begun. Absent where
   * there is no shared memory: then nothing is queued behind a running task.
   */
  revoke?(workerId: number, claim: number): boolean;
}

/** What a node offers. */
export interface RayletOptions {
  readonly cpuMilli: number;
  readonly resources: ReadonlyMap<string, number>;
  /** Tells the raylet's driver from its workers: tasks of this worker have no parent. */
  readonly nodeName: string;
}
