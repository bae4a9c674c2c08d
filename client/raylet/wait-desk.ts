/**
 * `get` and `wait` calls of workers (rule S3): a task gives its CPU back while it waits and has it again before it goes on.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerCommand, WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import { Block } from './block-table.ts';
import type { LocalObject, TaskEntry } from './entries.ts';
import type { LocalObjects } from './local-objects.ts';
import type { LocalScheduler } from './local-scheduler.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** What waiting calls need of the raylet. */
export interface WaitDeskHooks {
  task(key: ObjectKey): TaskEntry | undefined;
  send(worker: WorkerEntry, command: WorkerCommand): void;
  sendObject(worker: WorkerEntry, object: LocalObject): void;
}

/** All waiting calls of a node. */
export class WaitDesk {
  readonly #nowMs: () => number;
  readonly #objects: LocalObjects;
  readonly #scheduler: LocalScheduler;
  readonly #hooks: WaitDeskHooks;

  constructor(nowMs: () => number, objects: LocalObjects, scheduler: LocalScheduler, hooks: WaitDeskHooks) {
    this.#nowMs = nowMs;
    this.#objects = objects;
    this.#scheduler = scheduler;
    this.#hooks = hooks;
  }

  block(worker: WorkerEntry, message: WorkerRequestOf<'block'>): void {
    const caller = message.task === 0 ? undefined : this.#hooks.task(message.task);
    const task = caller?.worker === worker ? caller : undefined;
    const expiresAtMs = message.timeoutMs === 0 ? Infinity : this.#nowMs() + message.timeoutMs;
    const block = new Block(
      { id: message.id, worker, task, fetch: message.fetch, needed: message.needed, expiresAtMs },
      this.#objects,
      {
        ready: (_block, object, ownerKnows) => {
          if (!ownerKnows || object.owner !== worker) this.#hooks.sendObject(worker, object);
        },
        satisfied: (done, timedOut) => this.#satisfied(done, timedOut),
      },
    );
    worker.blocks.set(message.id, block);
    if (task) {
      this.#pauseRun(task);
      this.#scheduler.blocked(task);
      (task.blocks ??= []).push(block);
      this.#tellWaitsOver(task);
    }
    for (const key of message.objects) {
      const object = this.#objects.obtain(key);
      if (!this.#hooks.task(key)) this.#objects.awaitObject(object);
    }
    block.start(message.objects);
  }

  unblock(worker: WorkerEntry, id: number): void {
    const block = worker.blocks.get(id);
    if (!block) return;
    block.abandon();
    this.#satisfied(block, false);
  }

  #satisfied(block: Block, timedOut: boolean): void {
    const { id, worker, task } = block;
    worker.blocks.delete(id);
    if (task) task.blocks = task.blocks?.length === 1 ? undefined : task.blocks?.filter((other) => other !== block);
    // While other calls of the task wait it has no CPU; or `Promise.all` of two `get`s would hold it through the second.
    if (!task || task.blocks || task.state !== 'blocked') {
      this.#hooks.send(worker, { kind: 'unblocked', id, timedOut });
      return;
    }
    (task.waitsOver ??= []).push({ id, timedOut });
    this.#scheduler.wantsToResume(task);
  }

  resume(task: TaskEntry): void {
    task.runningSinceMs = this.#nowMs();
    this.#tellWaitsOver(task);
  }

  /** Tells the worker of waits that were over while their task waited for a CPU. */
  #tellWaitsOver(task: TaskEntry): void {
    const over = task.waitsOver;
    if (!over) return;
    task.waitsOver = undefined;
    this.#scheduler.waitsAgain(task);
    if (task.worker)
      for (const { id, timedOut } of over) this.#hooks.send(task.worker, { kind: 'unblocked', id, timedOut });
  }

  /** Calls of `get` that an ended attempt left behind are answered without it: the worker still has promises for them. */
  attemptEnded(task: TaskEntry): void {
    this.#tellWaitsOver(task);
    if (task.blocks) for (const block of task.blocks) block.task = undefined;
    task.blocks = undefined;
  }

  #pauseRun(task: TaskEntry): void {
    if (task.runningSinceMs > 0) task.ranMs += this.#nowMs() - task.runningSinceMs;
    task.runningSinceMs = 0;
  }
}
