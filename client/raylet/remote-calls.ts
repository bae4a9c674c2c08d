/**
 * Calls of actors that are on their way through the server (rule A1): as long as there are some, later calls of that actor
 * from this node take the same way, to stay behind them.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { TaskEntry } from './entries.ts';

/** Such calls of one node, counted by actor. */
export class RemoteCalls {
  readonly #counts = new Map<ObjectKey, number>();

  has(actor: ObjectKey): boolean {
    return this.#counts.has(actor);
  }

  /** A task went to the server; only actor calls count. */
  left({ actor }: TaskEntry): void {
    if (actor !== 0) this.#counts.set(actor, (this.#counts.get(actor) ?? 0) + 1);
  }

  /** It is over, or back on this node. */
  returned({ actor }: TaskEntry): void {
    if (actor === 0) return;
    const left = (this.#counts.get(actor) ?? 1) - 1;
    if (left > 0) this.#counts.set(actor, left);
    else this.#counts.delete(actor);
  }
}
