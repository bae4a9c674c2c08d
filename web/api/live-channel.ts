/**
 * The live channel: a socket on which the server tells a few times a second how things stand. This side says what the page
 * looks at, and whether the channel is there.
 */
import { io, type Socket } from 'socket.io-client';
import { LIVE_EVENTS, LIVE_NAMESPACE, type LiveInterest, type LiveSnapshot } from '#shared/api/live.ts';

/** `asking` until the first answer, `away` when a connection was lost or refused. */
export type LiveState = 'asking' | 'live' | 'away';

/** The part of a socket that is used. */
export type LiveSocket = Pick<Socket, 'on' | 'off' | 'emit' | 'connect' | 'disconnect' | 'connected'>;

/** Opens the socket of this page's server; it connects when it is told to. */
export function openLiveSocket(): LiveSocket {
  return io(LIVE_NAMESPACE, { transports: ['websocket'], autoConnect: false, reconnectionDelayMax: 5000 });
}

/** See above. */
export class LiveChannel {
  readonly #socket: LiveSocket;
  readonly #listeners = new Set<() => void>();
  #state: LiveState = 'asking';
  #interest: LiveInterest = {};

  constructor(socket: LiveSocket, onSnapshot: (snapshot: LiveSnapshot) => void) {
    this.#socket = socket;
    socket.on('connect', () => this.#tell());
    socket.on('disconnect', () => this.#enter('away'));
    socket.on('connect_error', () => this.#enter('away'));
    socket.on(LIVE_EVENTS.snapshot, (snapshot: LiveSnapshot) => {
      this.#enter('live');
      onSnapshot(snapshot);
    });
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Connects, and again whenever the connection is lost. */
  start(): void {
    this.#socket.connect();
  }

  /** Ends the connection: nobody is logged in any more. */
  stop(): void {
    this.#socket.disconnect();
  }

  /** Says what the page shows. */
  lookAt(interest: LiveInterest): void {
    this.#interest = interest;
    if (this.#socket.connected) this.#tell();
  }

  /** Calls `listener` when the state changes; the answer ends that. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  #tell(): void {
    this.#socket.emit(LIVE_EVENTS.interest, this.#interest);
  }

  #enter(state: LiveState): void {
    if (this.#state === state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
