/**
 * What a raylet needs of its surroundings. Small enough that a thread of a Node host, a worker of a browser tab and the
 * simulator can each give it.
 */
import type { Clock } from '#shared/ports/clock.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import type { WorkerCommand } from '#shared/protocol/worker-messages.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { ColdStore } from '../object-store/cold-store.ts';
import type { PullDone, PullPriority } from '../object-manager/ports.ts';

/** What a worker is started for. */
export type WorkerKind = 'task' | 'actor';

/** The link to the server. Nothing here waits: answers come through callbacks. */
export interface ServerLink {
  /** Sends an encoded session frame, or drops it while there is no connection. */
  sendFrame(frame: Uint8Array): void;
  /** Asks a question of `shared/protocol/requests.ts`; asked again after a lost connection. */
  request(method: string, body: Uint8Array, onAnswer: (ok: boolean, body: Uint8Array) => void): void;
  /** Brings an object here; see `PullDone`. */
  fetch(key: ObjectKey, sizeBytes: number, priority: PullPriority, done: PullDone): void;
  /** Somebody else waits for an object that is being brought. */
  hasten(key: ObjectKey, priority: PullPriority): void;
  sendLog(task: ObjectKey, level: number, text: string): void;
  sendProgress(task: ObjectKey, fraction: number, note: string): void;
}

/** Room for large values, counted in memory that the node's workers share: they take of it without asking. */
export interface StoreRoom {
  /** Below 0 when what could not be refused was more than there was. */
  readonly freeBytes: number;
  /** Takes so many bytes, there or not. */
  take(sizeBytes: number): void;
  /** Gives room back, and tells those who wait for some. */
  release(sizeBytes: number): void;
  /** Tells those who wait that there will be none. */
  full(): void;
}

/** Everything a raylet needs. */
export interface RayletPorts {
  readonly clock: Clock;
  readonly server: ServerLink;
  /** Starts a worker for a job; it says `ready`, or its end is told to `onWorkerExit`. */
  spawnWorker(kind: WorkerKind, workerId: number, job: number): void;
  /** Ends a worker at once, even in an endless loop. Its end is told to `onWorkerExit` as for a crash. */
  stopWorker(workerId: number): void;
  /** Queues a message for a worker; `memory` travels beside it. */
  sendToWorker(workerId: number, command: WorkerCommand, memory?: Attachment): void;
  /** Posts what was queued for workers. */
  flushWorkers(): void;
  /**
   * Takes a run back from a worker's queue (by its place in the claim board, from 1) unless it has begun. Absent where
   * there is no shared memory: then the worker is asked for it by a message.
   */
  revoke?(workerId: number, claim: number): boolean;
  /** Where values go that memory has no room for; absent where memory is all there is. */
  readonly coldStore?: ColdStore;
  /** Absent where memory is not shared: then workers are told how much room there is. */
  readonly room?: StoreRoom;
}

/** What a node offers. */
export interface RayletOptions {
  readonly cpuMilli: number;
  readonly resources: ReadonlyMap<string, number>;
  /** Tells the raylet's driver from its workers: tasks of this worker have no parent. */
  readonly nodeName: string;
  /** Bytes of values to keep in memory (rule O4). Default: as many as come; a Node host counts in shared memory. */
  readonly memoryLimitBytes?: number;
  /**
   * Values kept for so long are written to cold storage even if there is room for them, so that a later life of this node
   * still has them (rule M4). Default: never.
   */
  readonly persistAfterMs?: number;
  /** Workers are told how much room there is, because they do not share the memory in which it is counted. */
  readonly tellsRoom?: boolean;
}
