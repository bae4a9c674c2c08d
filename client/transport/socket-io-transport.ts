/**
 * The transport to a server: one WebSocket by socket.io, one binary event per frame (DESIGN §5). It never reconnects by
 * itself: what a new connection means is the session's business.
 */
import { io } from 'socket.io-client';
import type { Transport } from '#shared/ports/transport.ts';

const CONNECT_LIMIT_MS = 10_000;
const NOTHING_BESIDE: readonly never[] = [];

/** A transport that says how far it is behind. */
export interface SocketIoTransport extends Transport {
  /** Bytes given to `send` and not yet written out. */
  unsentBytes(): number;
  /** Sets who is told when what was unsent has been written. */
  onDrain(drained: () => void): void;
}

/** How to connect. */
export interface SocketIoOptions {
  /**
   * The server runs in this very process: its certificate, made for the name that others use, proves nothing here. Not for
   * browsers, which do not ask.
   */
  readonly isOwnServer?: boolean;
}

/** Opens a connection to `url` (`http://host:port`). Frames sent before it stands wait for it. */
export function connectSocketIo(url: string, { isOwnServer = false }: SocketIoOptions = {}): SocketIoTransport {
  const socket = io(url, {
    transports: ['websocket'],
    reconnection: false,
    forceNew: true,
    timeout: CONNECT_LIMIT_MS,
    ...(isOwnServer ? { rejectUnauthorized: false } : {}),
  });
  const early: Uint8Array[] = [];
  let receive: ((frame: Uint8Array, attachments: readonly never[]) => void) | undefined;
  let tellClosed: ((reason: string) => void) | undefined;
  let closedFor: string | undefined;
  // Given to the engine and not written out; and given to it since its last write began.
  let inTransitBytes = 0;
  let heldBytes = 0;
  let drained: (() => void) | undefined;

  const closed = (reason: string): void => {
    if (closedFor !== undefined) return;
    closedFor = reason;
    tellClosed?.(reason);
    socket.disconnect();
  };
  socket.on('f', (data: unknown) => {
    const frame = bytesOf(data);
    if (!frame) return;
    if (receive) receive(frame, NOTHING_BESIDE);
    else early.push(frame);
  });
  socket.on('connect', () => {
    // Frames that waited for the connection are written by it in one go.
    socket.io.engine.on('drain', () => {
      inTransitBytes = heldBytes;
      heldBytes = 0;
      drained?.();
    });
  });
  socket.on('disconnect', (reason) => closed(`the connection was lost (${reason})`));
  socket.on('connect_error', (error) => closed(`${url} cannot be reached (${causeOf(error)})`));

  return {
    send(frame) {
      if (closedFor !== undefined) return;
      if (socket.connected && socket.io.engine.transport.writable) inTransitBytes += frame.length;
      else heldBytes += frame.length;
      socket.emit('f', frame);
    },
    onFrame(receiver) {
      receive = receiver;
      for (const frame of early.splice(0)) receiver(frame, NOTHING_BESIDE);
    },
    onClose(listener) {
      tellClosed = listener;
      if (closedFor !== undefined) listener(closedFor);
    },
    close() {
      if (closedFor === undefined) closedFor = 'closed here';
      // Not `disconnect`: on its packet the server drops what came just before, a good-bye for instance.
      if (socket.connected) socket.io.engine.close();
      else socket.disconnect();
    },
    unsentBytes: () => inTransitBytes + heldBytes,
    onDrain(listener) {
      drained = listener;
    },
  };
}

/** A Buffer in Node, an ArrayBuffer in a browser. */
function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof Uint8Array) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : undefined;
}

/** socket.io hides what the network said two levels down. */
function causeOf(error: Error): string {
  const described: unknown = Reflect.get(error, 'description');
  const inner: unknown =
    typeof described === 'object' && described !== null ? Reflect.get(described, 'error') : undefined;
  const { code, message } =
    inner instanceof Error
      ? { code: Reflect.get(inner, 'code') as unknown, message: inner.message }
      : { code: undefined, message: error.message };
  return typeof code === 'string' ? code : message || error.message;
}
