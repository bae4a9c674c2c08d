/**
 * Connections whose node has not said yet who it is, by network address: each costs a socket and some memory, and nobody has
 * been asked for a key (rule T3).
 */

/** At one address: all machines behind one proxy come back at once after a start of the server. */
export const MAX_WAITING_PER_ADDRESS = 512;

/** What tells that a connection is over. */
interface Closable {
  once(event: 'close', listener: () => void): unknown;
}

/** Counts them. */
export class Threshold {
  readonly #addressOf = new Map<object, string>();
  readonly #waiting = new Map<string, number>();

  /** True if one more may stand there. */
  hasRoom(address: string): boolean {
    return (this.#waiting.get(address) ?? 0) < MAX_WAITING_PER_ADDRESS;
  }

  /** A connection was opened. */
  arrived(connection: Closable, address: string): void {
    this.#addressOf.set(connection, address);
    this.#waiting.set(address, (this.#waiting.get(address) ?? 0) + 1);
    connection.once('close', () => this.left(connection));
  }

  /** It is a node's now, or over. */
  left(connection: object): void {
    const address = this.#addressOf.get(connection);
    if (address === undefined) return;
    this.#addressOf.delete(connection);
    const count = (this.#waiting.get(address) ?? 1) - 1;
    if (count > 0) this.#waiting.set(address, count);
    else this.#waiting.delete(address);
  }
}
