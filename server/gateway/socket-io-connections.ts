/**
 * Connections of nodes over socket.io: one binary event `f` per frame, WebSocket only. Who has not said who it is stands on
 * the {@link Threshold}.
 */
import type { IncomingMessage, Server as HttpServer } from 'node:http';
import { type Namespace, type Socket, Server as SocketServer } from 'socket.io';
import { MAX_FRAME_BYTES } from '#shared/protocol/limits.ts';
import type { Connection, ConnectionEvents, Connections } from './connection.ts';
import { HELLO_LIMIT_MS } from './gateway.ts';
import { addressOf } from './stranger-door.ts';
import { Threshold } from './threshold.ts';

/** What socket.io adds around a frame. */
const FRAME_SLACK_BYTES = 64 * 1024;

/** What of socket.io's connection is used beyond its public types: the WebSocket under it can be paused. */
interface Pausable {
  pause(): void;
  resume(): void;
}

/** The sockets of one server. */
export class SocketIoConnections implements Connections {
  readonly #io: SocketServer;
  readonly #threshold = new Threshold();
  #turnedAway: (reason: string) => void = () => undefined;

  /** @param allowOrigin rule X6: whether a request may become a session's socket. Default: every one. */
  constructor(http: HttpServer, allowOrigin?: (request: IncomingMessage) => boolean) {
    this.#io = new SocketServer(http, {
      transports: ['websocket'],
      maxHttpBufferSize: MAX_FRAME_BYTES + FRAME_SLACK_BYTES,
      perMessageDeflate: false,
      serveClient: false,
      connectTimeout: HELLO_LIMIT_MS,
      allowRequest: (request, answer) => {
        const isWelcome = allowOrigin?.(request) ?? true;
        const hasRoom = isWelcome && this.#threshold.hasRoom(addressOf(request));
        if (!hasRoom) this.#turnedAway(isWelcome ? 'crowd' : 'origin');
        answer(null, hasRoom);
      },
    });
    this.#io.engine.on('connection', (connection) =>
      this.#threshold.arrived(connection, addressOf(connection.request)),
    );
  }

  accept(opened: (connection: Connection) => ConnectionEvents, turnedAway: (reason: string) => void): void {
    this.#turnedAway = turnedAway;
    this.#io.on('connection', (socket) => {
      const events = opened(new SocketIoConnection(socket, () => this.#threshold.left(socket.conn)));
      // Not 'drain', which comes before the engine has written what was held back meanwhile: the count would be of what is gone.
      socket.conn.transport.on('ready', () => events.drained());
      socket.on('disconnect', (reason) => events.closed(reason));
      socket.on('f', (bytes: unknown) => {
        if (bytes instanceof Uint8Array) events.frame(bytes);
        else events.stray('a frame is one binary attachment');
      });
      socket.onAny((event: string) => {
        if (event !== 'f') events.stray('only frames are understood');
      });
    });
  }

  /** A namespace beside that of nodes, for those who `mayEnter`, with the token that they say they have. */
  open(name: string, mayEnter: (request: IncomingMessage, token: string | undefined) => boolean): Namespace {
    const namespace = this.#io.of(name);
    namespace.use((socket, next) => {
      const token: unknown = Reflect.get(socket.handshake.auth, 'token');
      if (!mayEnter(socket.request, typeof token === 'string' ? token : undefined)) {
        next(new Error('authentication'));
        return;
      }
      this.#threshold.left(socket.conn);
      next();
    });
    return namespace;
  }

  close(): Promise<void> {
    return this.#io.close();
  }
}

class SocketIoConnection implements Connection {
  readonly address: string;
  readonly identified: () => void;
  readonly #socket: Socket;

  constructor(socket: Socket, identified: () => void) {
    this.#socket = socket;
    this.address = addressOf(socket.request);
    this.identified = identified;
  }

  get writable(): boolean {
    return this.#socket.conn.transport.writable;
  }

  send(frame: Uint8Array): void {
    this.#socket.emit('f', frame);
  }

  setPaused(paused: boolean): void {
    const socket: unknown = Reflect.get(this.#socket.conn.transport, 'socket');
    if (!isPausable(socket)) return;
    if (paused) socket.pause();
    else socket.resume();
  }

  close(): void {
    this.#socket.disconnect(true);
  }

  terminate(): void {
    const socket: unknown = Reflect.get(this.#socket.conn.transport, 'socket');
    if (
      typeof socket === 'object' &&
      socket !== null &&
      'terminate' in socket &&
      typeof socket.terminate === 'function'
    )
      socket.terminate();
  }
}

function isPausable(value: unknown): value is Pausable {
  return typeof value === 'object' && value !== null && 'pause' in value && 'resume' in value;
}
