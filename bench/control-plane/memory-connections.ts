// Connections within the process: frames cross between a node and the gateway as they would on a socket, each in a turn of the
// event loop of its own, without what sockets cost.
import type { Connection, ConnectionEvents, Connections } from '#server/gateway/connection.ts';
import type { Transport } from '#shared/ports/transport.ts';

/** Where a gateway listens, and nodes connect. */
export class MemoryConnections implements Connections {
  #opened: ((connection: Connection) => ConnectionEvents) | undefined;

  accept(opened: (connection: Connection) => ConnectionEvents): void {
    this.#opened = opened;
  }

  close(): Promise<void> {
    this.#opened = undefined;
    return Promise.resolve();
  }

  /** A node's end of a new connection. */
  connect(): Transport {
    if (!this.#opened) throw new Error('nobody listens');
    let receive: (bytes: Uint8Array, attachments: readonly never[]) => void = () => undefined;
    const events = this.#opened({
      address: 'memory',
      writable: true,
      send: (frame) => {
        setImmediate(() => receive(frame, []));
        setImmediate(() => events.drained());
      },
      // Nodes here wait until what they wrote is durable: they cannot run ahead.
      setPaused: () => undefined,
      close: () => events.closed('closed'),
      terminate: () => events.closed('closed'),
      identified: () => undefined,
    });
    return {
      send: (frame) => void setImmediate(() => events.frame(frame)),
      onFrame: (receiver) => (receive = receiver),
      onClose: () => undefined,
      close: () => events.closed('closed'),
    };
  }
}
