/**
 * Who holds what, as the programs said it to their raylets (rule O3): a book beside the server's lists, written from the
 * messages of workers and drivers. What somebody holds by it must be there, whatever the server's own list says.
 */
import type { RayletShell } from '#client/host/raylet-shell.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import type { TaskRecord } from '#server/gcs/entities.ts';
import type { GcsState } from '#server/gcs/state.ts';

/** True for a task that runs again, and for what such a task makes. */
export function isReplayed(state: GcsState, task: TaskRecord): boolean {
  for (let at: TaskRecord | undefined = task; at; at = state.task(at.parent)) if (at.replayed) return true;
  return false;
}

/** Objects by holder: 0 is the driver, else a task or an actor of the node. */
type Holdings = Map<ObjectKey, Set<ObjectKey>>;

/** The book of one life of a node's process. */
export class HolderBook {
  readonly #shell: RayletShell;
  readonly #holdings: Holdings = new Map();

  /** Listens to everything that the workers of a node say from now on. */
  constructor(shell: RayletShell) {
    this.#shell = shell;
    const onMessages = shell.onMessages.bind(shell);
    shell.onMessages = (id, messages, attachments) => {
      for (const message of messages) this.#hear(message);
      onMessages(id, messages, attachments);
    };
  }

  #hear(message: WorkerRequest): void {
    switch (message.kind) {
      case 'submit':
        this.#holds(message.parent, message.task);
        return;
      case 'put':
        this.#holds(message.parent, message.object);
        return;
      case 'hold':
        this.#holds(message.holder, message.object);
        return;
      case 'release':
        this.#holdings.get(message.holder)?.delete(message.object);
        return;
      case 'result':
        this.#holdings.delete(message.task);
        return;
      default:
        return;
    }
  }

  #holds(holder: ObjectKey, object: ObjectKey): void {
    const held = this.#holdings.get(holder);
    if (held) held.add(object);
    else this.#holdings.set(holder, new Set([object]));
  }

  /** Who holds one of these by this book, if the server believes in the holder. */
  holderOf(state: GcsState, keys: readonly ObjectKey[]): string | undefined {
    for (const [holder, objects] of this.#holdings) {
      if (!keys.some((key) => objects.has(key))) continue;
      const name = this.#nameOf(state, holder);
      if (name !== undefined) return name;
    }
    return undefined;
  }

  /** Nobody counts any more on what an attempt held that is over. */
  forgetEnded(state: GcsState): void {
    for (const holder of this.#holdings.keys())
      if (holder !== 0 && !state.actors.has(holder) && state.task(holder)?.state === 'finished')
        this.#holdings.delete(holder);
  }

  /** The holder in words, if the server believes in it. */
  #nameOf(state: GcsState, holder: ObjectKey): string | undefined {
    const session = state.sessions.get(this.#shell.session.session);
    if (!session || session.state === 'dead') return undefined;
    if (holder === 0) return session.job?.status === 'running' ? `the driver of job ${session.job.id}` : undefined;
    const actor = state.actors.get(state.resolve(holder));
    if (actor && actor.state === 'alive' && actor.session === session.id) return `actor ${holder}`;
    const task = state.task(holder);
    const isRunner = task?.assigned === session.id || task?.copy?.session === session.id;
    if (!task || task.state === 'finished' || !isRunner) return undefined;
    // What was let go is made again for a task that runs again.
    return isReplayed(state, task) ? undefined : `task ${holder} (attempt ${task.attempt})`;
  }
}
