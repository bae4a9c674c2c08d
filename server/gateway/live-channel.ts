/**
 * The live channel: a namespace of socket.io beside that of nodes, for pages that show the cluster. It has states to tell, twice a
 * second, and takes one word: which job the page shows.
 */
import type { Namespace, Socket } from 'socket.io';
import { LIVE_EVENTS } from '#shared/api/live.ts';
import type { ServerClock } from '../server-clock.ts';
import { LiveAudience, type Listener, type LiveSource } from './live-audience.ts';

const INTERVAL_MS = 500;
/** Pages that may be open at once. */
const MAX_LISTENERS = 1_000;
const MAX_ID_CHARS = 20;

class SocketListener implements Listener {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  get id(): string {
    return this.#socket.id;
  }

  get isWritable(): boolean {
    return this.#socket.conn.transport.writable;
  }
}

/** Tells whoever comes to the namespace, as long as somebody is there. */
export function openLiveChannel(namespace: Namespace, source: LiveSource, clock: Pick<ServerClock, 'every'>): void {
  const audience = new LiveAudience<SocketListener>(source, (listeners, snapshot) => {
    // To all of them at once: it is written out as text one time.
    namespace.to(listeners.map(({ id }) => id)).emit(LIVE_EVENTS.snapshot, snapshot);
  });
  let stop: (() => void) | undefined;
  namespace.on('connection', (socket) => {
    if (audience.size >= MAX_LISTENERS) {
      socket.disconnect(true);
      return;
    }
    const listener = new SocketListener(socket);
    audience.add(listener);
    socket.on(LIVE_EVENTS.interest, (interest: unknown) => audience.looksAt(listener, jobIn(interest)));
    socket.on('disconnect', () => {
      audience.remove(listener);
      if (audience.size > 0) return;
      stop?.();
      stop = undefined;
    });
    stop ??= clock.every(INTERVAL_MS, () => audience.tell());
  });
}

function jobIn(interest: unknown): string | undefined {
  const job: unknown = typeof interest === 'object' && interest !== null ? Reflect.get(interest, 'job') : undefined;
  return typeof job === 'string' && job.length <= MAX_ID_CHARS ? job : undefined;
}
