/**
 * A node reduced to its frames, for tests of the gateway: it speaks the real protocol over a real socket and decides
 * nothing by itself.
 */
import { io, type Socket } from 'socket.io-client';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { ServerCommand, ServerCommandOf } from '#shared/protocol/server-commands.ts';
import type { SessionFrame, SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { decodeFrame, encodeFrame } from '../frames.ts';

/** Fields of a hello a test may want otherwise. */
export type HelloFields = Partial<Omit<SessionFrameOf<'hello'>, 'type'>>;

const WAIT_LIMIT_MS = 10_000;

/** One connection. */
export class RawNode {
  readonly socket: Socket;
  readonly frames: SessionFrame[] = [];
  readonly commands: ServerCommand[] = [];
  receivedCommands = 0;
  closed = false;
  /** Called for every frame. */
  onFrame: ((frame: SessionFrame) => void) | undefined;
  nextRecord = 1;
  /** Set to acknowledge commands as they come, as a node does. */
  acknowledges = false;
  /** Set for a connection that its node has given up: nobody answers a challenge. */
  isGivenUp = false;
  readonly #waiters = new Set<() => void>();

  constructor(url: string) {
    this.socket = io(url, { transports: ['websocket'], reconnection: false, forceNew: true });
    this.socket.on('f', (data: Uint8Array) => {
      const frame = decodeFrame(new Uint8Array(data));
      this.frames.push(frame);
      if (frame.type === 'commands') {
        // Sent again over a new connection: what was received is passed over.
        const skip = Math.max(0, this.receivedCommands + 1 - frame.first);
        this.commands.push(...frame.batch.slice(skip));
        this.receivedCommands = Math.max(this.receivedCommands, frame.first + frame.batch.length - 1);
        const received = this.receivedCommands;
        if (this.acknowledges) this.send({ type: 'ack', received, durable: received });
      }
      // As a node does: it proves that it is there.
      if (frame.type === 'challenge' && !this.isGivenUp) this.send({ type: 'answer', number: frame.number });
      this.onFrame?.(frame);
      this.#wake();
    });
    this.socket.on('disconnect', () => {
      this.closed = true;
      this.#wake();
    });
  }

  send(frame: SessionFrame): void {
    this.socket.emit('f', encodeFrame(frame));
  }

  hello(token: string, fields: HelloFields = {}): void {
    this.send({
      type: 'hello',
      version: PROTOCOL_VERSION,
      role: 'host',
      nodeId: 'a1',
      nodeName: 'raw',
      token,
      session: 0,
      epoch: 0,
      serverEpoch: 0,
      receivedCommands: 0,
      cpuMilli: 1000,
      resources: [],
      jobName: '',
      platform: 'test',
      ...fields,
    });
  }

  /** Says hello and waits for the welcome. */
  async join(token: string, fields: HelloFields = {}): Promise<SessionFrameOf<'welcome'>> {
    this.hello(token, fields);
    return this.frame('welcome');
  }

  records(...batch: NodeRecord[]): void {
    this.send({ type: 'records', first: this.nextRecord, batch });
    this.nextRecord += batch.length;
  }

  /** The first frame of a type that passes the test, now or once it comes. */
  frame<T extends SessionFrame['type']>(
    type: T,
    test: (frame: SessionFrameOf<T>) => boolean = () => true,
  ): Promise<SessionFrameOf<T>> {
    const isIt = (frame: SessionFrame): frame is SessionFrameOf<T> =>
      frame.type === type && test(frame as SessionFrameOf<T>);
    return this.until(() => this.frames.find(isIt), `a ${type} frame`);
  }

  /** The first command of a kind that passes the test, now or once it comes. */
  command<K extends ServerCommand['kind']>(
    kind: K,
    test: (command: ServerCommandOf<K>) => boolean = () => true,
  ): Promise<ServerCommandOf<K>> {
    const isIt = (command: ServerCommand): command is ServerCommandOf<K> =>
      command.kind === kind && test(command as ServerCommandOf<K>);
    return this.until(() => this.commands.find(isIt), `a ${kind} command`);
  }

  /** Resolves when every record sent so far is durable. */
  async durable(): Promise<void> {
    const last = this.nextRecord - 1;
    await this.frame('ack', (ack) => ack.durable >= last);
  }

  ended(): Promise<true> {
    return this.until(() => this.closed || undefined, 'the end of the connection');
  }

  /** What `find` finds, looked for again whenever something arrives. */
  until<T>(find: () => T | undefined, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => {
        this.#waiters.delete(look);
        reject(new Error(`no ${what}; there were ${this.frames.map((frame) => frame.type).join(', ')}`));
      }, WAIT_LIMIT_MS);
      const look = (): void => {
        const found = find();
        if (found === undefined) return;
        clearTimeout(limit);
        this.#waiters.delete(look);
        resolve(found);
      };
      this.#waiters.add(look);
      look();
    });
  }

  /** Takes nothing from the network until {@link resume}. */
  pause(): void {
    this.#webSocket().pause();
  }

  resume(): void {
    this.#webSocket().resume();
  }

  /** What lies below the library, which has no word for this. */
  #webSocket(): { pause(): void; resume(): void } {
    return Reflect.get(this.socket.io.engine.transport, 'ws') as { pause(): void; resume(): void };
  }

  close(): void {
    this.socket.disconnect();
  }

  #wake(): void {
    for (const look of [...this.#waiters]) look();
  }
}
