/**
 * What the gateway needs of the network: connections that bring frames and take frames. socket.io gives them in life
 * (`socket-io-connections.ts`), the simulator in its world.
 */

/** One connection of a node, as the gateway uses it. */
export interface Connection {
  /** Where it comes from on the network. */
  readonly address: string;
  /** False while the transport is busy: what is sent now leaves after it has drained. */
  readonly writable: boolean;
  send(frame: Uint8Array): void;
  /** Stops to read, so that the sender feels it; or goes on. */
  setPaused(paused: boolean): void;
  /** Ends the connection after what was written; `closed` is told at once. */
  close(): void;
  /** Ends it without waiting for the other side. */
  terminate(): void;
  /** The node behind it has said who it is. */
  identified(): void;
}

/** What the gateway is told of a connection. */
export interface ConnectionEvents {
  frame(bytes: Uint8Array): void;
  /** Something came that is no frame. */
  stray(message: string): void;
  /** What was given to the transport has been written out. */
  drained(): void;
  closed(reason: string): void;
}

/** Where connections come from. */
export interface Connections {
  /**
   * Sets who takes new connections.
   * @param opened gives who is told of what happens to this one
   * @param turnedAway told why somebody was not even connected
   */
  accept(opened: (connection: Connection) => ConnectionEvents, turnedAway: (reason: string) => void): void;
  /** Takes no more, and resolves when all are closed. */
  close(): Promise<void>;
}
