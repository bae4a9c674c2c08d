/**
 * The network between nodes and the server. A node sees a transport, the server's gateway a connection; between them are two
 * pipes, and whoever wants to do harm.
 */
import type { PacedTransport } from '#client/raylet/frame-queue.ts';
import type { Connection, ConnectionEvents, Connections } from '#server/gateway/connection.ts';
import type { Random } from '#shared/ports/random.ts';
import { corrupted } from './corruption.ts';
import type { Machine } from './machine.ts';
import { Pipe } from './pipe.ts';

/** Hears every frame that arrives, for the rules that are checked. */
export interface FrameTap {
  toServer(wire: Wire, frame: Uint8Array): void;
  toNode(wire: Wire, frame: Uint8Array): void;
}

const DEAF: FrameTap = { toServer: () => undefined, toNode: () => undefined };

/** Frames of a connection that are remembered, to be said again by others: the first ones, … */
const REMEMBERED_FRAMES = 200;
/** … of the last connections of each node. */
const REMEMBERED_WIRES = 4;

/** A connection between a node and the server. */
export class Wire {
  readonly number: number;
  readonly node: Machine;
  readonly up: Pipe;
  readonly down: Pipe;
  readonly nodeEnd: NodeEnd;
  readonly serverEnd: ServerEnd;
  /** What the node said first. */
  readonly said: Uint8Array[] = [];
  /** How many times slower than others it is. */
  slowness = 1;
  onCorrupted: () => void = () => undefined;
  /** Answers with object bytes that will come to the server changed. */
  corrupts = 0;

  constructor(number: number, machines: { node: Machine; server: Machine }, networkMs: () => number, tap: FrameTap) {
    const { node, server } = machines;
    const link = { bytesPerMs: node.bytesPerMs, latencyMs: () => networkMs() * this.slowness };
    this.number = number;
    this.node = node;
    this.up = new Pipe(node, server, link, {
      receive: (sent) => {
        const frame = this.#damaged(sent);
        // What reaches a socket that nobody has open any more is heard by nobody.
        if (!this.serverEnd.isClosed) tap.toServer(this, frame);
        this.serverEnd.arrived(frame);
      },
      ended: (reason) => this.serverEnd.lost(reason),
      written: () => this.nodeEnd.drained(),
    });
    this.down = new Pipe(server, node, link, {
      receive: (frame) => {
        if (!this.nodeEnd.isClosed) tap.toNode(this, frame);
        this.nodeEnd.arrived(frame);
      },
      ended: (reason) => this.nodeEnd.lost(reason),
      written: () => this.serverEnd.drained(),
    });
    this.nodeEnd = new NodeEnd(this.up, (frame) => {
      if (this.said.length < REMEMBERED_FRAMES) this.said.push(frame);
    });
    this.serverEnd = new ServerEnd(this.down, node.name);
  }

  #damaged(frame: Uint8Array): Uint8Array {
    const changed = this.corrupts > 0 ? corrupted(frame) : undefined;
    if (!changed) return frame;
    this.corrupts -= 1;
    this.node.tell('gives wrong bytes');
    this.onCorrupted();
    return changed;
  }

  /** Neither end counts on it any more. */
  get isOver(): boolean {
    return this.nodeEnd.isClosed && this.serverEnd.isClosed;
  }
}

/** What the node sees. */
class NodeEnd implements PacedTransport {
  readonly #up: Pipe;
  readonly #remember: (frame: Uint8Array) => void;
  #receive: ((frame: Uint8Array, attachments: readonly never[]) => void) | undefined;
  readonly #early: Uint8Array[] = [];
  #tellDrained = (): void => undefined;
  #tellClosed: ((reason: string) => void) | undefined;
  #closedFor: string | undefined;

  constructor(up: Pipe, remember: (frame: Uint8Array) => void) {
    this.#up = up;
    this.#remember = remember;
  }

  get isClosed(): boolean {
    return this.#closedFor !== undefined;
  }

  send(frame: Uint8Array): void {
    this.#remember(frame);
    this.#up.send(frame);
  }

  onFrame(receive: (frame: Uint8Array, attachments: readonly never[]) => void): void {
    this.#receive = receive;
    for (const frame of this.#early.splice(0)) receive(frame, []);
  }

  onClose(closed: (reason: string) => void): void {
    this.#tellClosed = closed;
    if (this.#closedFor !== undefined) closed(this.#closedFor);
  }

  close(): void {
    this.lost('closed here');
  }

  unsentBytes(): number {
    return this.#up.unsentBytes;
  }

  onDrain(drained: () => void): void {
    this.#tellDrained = drained;
  }

  drained(): void {
    this.#tellDrained();
  }

  arrived(frame: Uint8Array): void {
    if (this.isClosed) return;
    if (this.#receive) this.#receive(frame, []);
    else this.#early.push(frame);
  }

  /** The node learns that the connection is over. */
  lost(reason: string): void {
    if (this.isClosed) return;
    this.#closedFor = reason;
    this.#up.end(reason);
    this.#tellClosed?.(reason);
  }
}

/** What the server's gateway sees. */
class ServerEnd implements Connection {
  readonly address: string;
  readonly #down: Pipe;
  #events: ConnectionEvents | undefined;
  #isClosed = false;
  #isPaused = false;
  readonly #unread: (() => void)[] = [];

  constructor(down: Pipe, address: string) {
    this.#down = down;
    this.address = address;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get writable(): boolean {
    return !this.#down.isWriting;
  }

  /** The server has taken the connection, or has not. */
  opened(events: ConnectionEvents | undefined): void {
    if (this.#isClosed) return;
    this.#events = events;
    if (events) this.setPaused(false);
    else this.died('the server does not listen');
  }

  /** Its process is gone, or there was none. */
  died(reason: string): void {
    this.#isClosed = true;
    this.#down.end(reason);
  }

  send(frame: Uint8Array): void {
    this.#down.send(frame);
  }

  setPaused(paused: boolean): void {
    this.#isPaused = paused;
    while (!this.#isPaused && !this.#isClosed) {
      const read = this.#unread.shift();
      if (!read) return;
      read();
    }
  }

  close(): void {
    this.#end('server namespace disconnect');
  }

  terminate(): void {
    this.close();
  }

  identified(): void {}

  drained(): void {
    if (!this.#isClosed) this.#events?.drained();
  }

  arrived(frame: Uint8Array): void {
    this.#read(() => this.#events?.frame(frame));
  }

  /** The server learns that the connection is over, after what came before. */
  lost(reason: string): void {
    this.#read(() => this.#end(reason));
  }

  #read(work: () => void): void {
    if (this.#isClosed) return;
    if (this.#isPaused || !this.#events) this.#unread.push(work);
    else work();
  }

  #end(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#down.end(reason);
    this.#events?.closed(reason);
  }
}

/** All connections to one server. */
export class Network {
  readonly #server: Machine;
  readonly #random: Random;
  readonly #tap: FrameTap;
  readonly #wires = new Set<Wire>();
  readonly #past = new Map<Machine, Wire[]>();
  #listener: ((connection: Connection) => ConnectionEvents) | undefined;
  #next = 1;
  /** Latencies lie between this and three times as much. */
  latencyMs = 2;
  /** Refusals of the gateway that somebody on the network asked for. */
  readonly provoked = new Set<string>();

  constructor(server: Machine, random: Random, tap: FrameTap) {
    this.#server = server;
    this.#random = random;
    this.#tap = tap;
  }

  /** Where a gateway of this life of the server listens. */
  listen(): Connections {
    return {
      accept: (opened) => {
        this.#listener = opened;
      },
      close: () => {
        this.#listener = undefined;
        return Promise.resolve();
      },
    };
  }

  /** The server's process is gone, and with it all its sockets. */
  serverDied(): void {
    this.#listener = undefined;
    for (const wire of this.wires()) wire.serverEnd.died('the server is gone');
  }

  /** A node's process is gone. @param silently the server is not told: the machine has no power, or no network */
  nodeDied(node: Machine, silently: boolean): void {
    for (const wire of this.wires()) {
      if (wire.node !== node) continue;
      if (silently) wire.up.cut();
      wire.nodeEnd.lost('the process is gone');
    }
  }

  /** A node connects. @param isHeard whether the rules hear what it says */
  connect(node: Machine, isHeard = true): PacedTransport {
    const latencyMs = (): number => this.latencyMs * (1 + 2 * this.#random.next());
    const wire = new Wire(this.#next++, { node, server: this.#server }, latencyMs, isHeard ? this.#tap : DEAF);
    this.#wires.add(wire);
    const past = this.#past.get(node);
    if (past) past.push(wire);
    else this.#past.set(node, [wire]);
    if (past && past.length > REMEMBERED_WIRES) past.shift();
    // Whoever lives there by then takes it, or the machine refuses.
    node.world.plan(latencyMs(), () => this.#arrived(wire));
    return wire.nodeEnd;
  }

  #arrived(wire: Wire): void {
    const open = (): void => {
      // The server may have died since the node connected, and another be there.
      if (!wire.serverEnd.isClosed) wire.serverEnd.opened(this.#listener?.(wire.serverEnd));
    };
    if (this.#listener) this.#server.arrive(0, open);
    else wire.serverEnd.opened(undefined);
  }

  /** The last connections of a node, over or not, the newest last. */
  wiresOf(node: Machine): readonly Wire[] {
    return this.#past.get(node) ?? [];
  }

  /** Connections that some end counts on. */
  wires(): Wire[] {
    for (const wire of this.#wires) if (wire.isOver) this.#wires.delete(wire);
    return [...this.#wires];
  }
}
