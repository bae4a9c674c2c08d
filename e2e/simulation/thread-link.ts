/**
 * The two ends of a link between threads of one machine: frames arrive a moment later, in order, values beside them.
 */
import type { Attachment, Transport } from '#shared/ports/transport.ts';
import type { Machine } from './machine.ts';

/** What waking another thread costs. */
const WAKE_MS = 0.05;

class ThreadEnd implements Transport {
  readonly #machine: Machine;
  readonly #sharesMemory: boolean;
  other: ThreadEnd | undefined;
  #receive: ((frame: Uint8Array, attachments: readonly Attachment[]) => void) | undefined;
  isClosed = false;

  constructor(machine: Machine, sharesMemory: boolean) {
    this.#machine = machine;
    this.#sharesMemory = sharesMemory;
  }

  send(frame: Uint8Array, attachments: readonly Attachment[] = []): void {
    const beside = attachments.map((memory) => (this.#sharesMemory ? memory : memory.slice(0)));
    this.#machine.arrive(WAKE_MS, () => {
      const { other } = this;
      if (other && !other.isClosed) other.#receive?.(frame, beside);
    });
  }

  onFrame(receive: (frame: Uint8Array, attachments: readonly Attachment[]) => void): void {
    this.#receive = receive;
  }

  onClose(): void {}

  close(): void {
    this.isClosed = true;
  }
}

/** Two connected ends. */
export function threadLink(machine: Machine, sharesMemory: boolean): [Transport, Transport] {
  const left = new ThreadEnd(machine, sharesMemory);
  const right = new ThreadEnd(machine, sharesMemory);
  left.other = right;
  right.other = left;
  return [left, right];
}
