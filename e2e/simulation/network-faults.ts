/**
 * Harm on the network: connections that end for one side only, directions that are cut, frames that come late, twice, or again
 * when the node has long been back over another connection.
 */
import { decodeSessionFrame } from '#client/raylet/session-frame-codec.ts';
import { Echo, helloOf } from './echo.ts';
import type { Act, Harm } from './harm.ts';
import type { Machine } from './machine.ts';
import type { Wire } from './network.ts';
import type { SimNode } from './sim-node.ts';

/** A driver that is cut off for longer may be given up, and its job with it. */
const DRIVER_LIMIT_MS = 8_000;
const MOST_SLOWNESS = 60;

/** Every kind of it. */
export const NETWORK_FAULTS = [
  'connection lost',
  'connection lost for the node',
  'connection lost for the server',
  'one direction cut',
  'slow network',
  'sessions out of order',
  'frames repeated to the server',
  'frames repeated to the node',
  'old connection replayed',
  'second connection',
  'bytes corrupted',
] as const;

/** Does it. */
export class NetworkFaults {
  readonly acts: Record<(typeof NETWORK_FAULTS)[number], Act>;
  readonly #harm: Harm;
  readonly #echoes: Echo[] = [];

  constructor(harm: Harm) {
    this.#harm = harm;
    this.acts = {
      'connection lost': () => this.#withWire((wire) => this.#lose(wire)),
      'connection lost for the node': () => this.#withWire((wire) => this.#loseForNode(wire)),
      'connection lost for the server': () => this.#withWire((wire) => this.#loseForServer(wire)),
      'one direction cut': () => this.#withWire((wire) => this.#cut(wire)),
      'slow network': () => this.#slowDown(),
      'sessions out of order': () => this.#disorder(),
      'frames repeated to the server': () => this.#withWire((wire) => this.#repeatUp(wire)),
      'frames repeated to the node': () => this.#withWire((wire) => wire.down.repeat().length > 0),
      'old connection replayed': () => this.#replay(),
      'second connection': () => harm.withNode((node) => this.#connectAgain(node)),
      'bytes corrupted': () => this.#corrupt(),
    };
  }

  heal(): void {
    const { network } = this.#harm.cluster.server;
    network.latencyMs = 2;
    for (const wire of network.wires()) [wire.slowness, wire.corrupts] = [1, 0];
    for (const echo of this.#echoes) echo.silence();
  }

  /** What some node gives next is not what it has. */
  #corrupt(): 'later' {
    const wires = this.#harm.cluster.server.network.wires();
    for (const wire of wires) {
      if (this.#harm.random.next() < 0.5) continue;
      wire.corrupts = 1 + this.#harm.below(3);
      wire.onCorrupted = () => this.#harm.count('bytes corrupted');
    }
    return 'later';
  }

  #lose(wire: Wire): void {
    wire.up.cut();
    wire.down.cut();
    wire.nodeEnd.lost('the connection was reset');
    wire.serverEnd.lost('the connection was reset');
  }

  /** The server goes on to hear what was on its way, perhaps after the node is back over another connection. */
  #loseForNode(wire: Wire): void {
    wire.up.stall(this.#durationMs(wire, 20_000));
    wire.nodeEnd.lost('the connection was reset');
  }

  #loseForServer(wire: Wire): void {
    wire.down.stall(this.#durationMs(wire, 20_000));
    wire.serverEnd.lost('the connection was reset');
  }

  #cut(wire: Wire): void {
    const pipe = this.#harm.random.next() < 0.5 ? wire.up : wire.down;
    const durationMs = this.#durationMs(wire, 30_000);
    wire.node.tell(`${pipe === wire.up ? 'is not heard' : 'hears nothing'} for ${durationMs.toFixed(0)} ms`);
    pipe.stall(durationMs);
  }

  #slowDown(): boolean {
    const { network } = this.#harm.cluster.server;
    network.latencyMs = 20 + this.#harm.random.next() * 200;
    this.#harm.later(10_000, () => (network.latencyMs = 2));
    return true;
  }

  /** What one session says now comes before what another said long ago. */
  #disorder(): boolean {
    const wires = this.#harm.cluster.server.network.wires();
    for (const wire of wires) wire.slowness = 1 + this.#harm.random.next() ** 3 * MOST_SLOWNESS;
    this.#harm.later(10_000, () => {
      for (const wire of wires) wire.slowness = 1;
    });
    return wires.length > 1;
  }

  /** Each record was applied, so it changes nothing; a second hello is a strike, and no more. */
  #repeatUp(wire: Wire): boolean {
    const frames = wire.up.repeat();
    const [hello] = wire.said;
    if (hello && frames.includes(hello)) this.#harm.cluster.server.network.provoked.add('unexpected');
    return frames.length > 0;
  }

  /** Somebody says everything again that a node once said over a connection, from its hello on. */
  #replay(): boolean {
    const { server, nodes, drivers } = this.#harm.cluster;
    const { network } = server;
    const past = nodes.flatMap(({ machine }) => network.wiresOf(machine));
    // Who takes the place of a driver's session ends its job; a new session of its own ends nothing.
    for (const { node } of drivers)
      past.push(...network.wiresOf(node.machine).filter(({ said: [hello] }) => hello && opensSession(hello)));
    const spoken = past.filter(({ said }) => said.length > 1);
    if (spoken.length === 0) return false;
    const wire = this.#harm.pick(spoken);
    this.#echo(wire.node, wire.said.slice(0, 1 + this.#harm.below(wire.said.length)), false);
    return true;
  }

  /** The present connection comes a second time, with the session as it is now. */
  #connectAgain(node: SimNode): boolean {
    const [hello, ...rest] = this.#harm.cluster.server.network.wiresOf(node.machine).at(-1)?.said ?? [];
    const name = this.#harm.sessionOf(node);
    if (!hello || !name) return false;
    this.#echo(node.machine, [helloOf(hello, name), ...rest], true);
    return true;
  }

  #echo(node: Machine, frames: readonly Uint8Array[], isThere: boolean): void {
    const { world, server, nodes } = this.#harm.cluster;
    const { provoked } = server.network;
    // A server that lost its last records is told of later ones only.
    provoked.add('gap');
    // Whoever says again what was said cannot answer a challenge.
    provoked.add('unexpected');
    // A stranger's node may speak of its present session only.
    if (nodes.some(({ machine, kind }) => machine === node && kind.isStranger)) provoked.add('bad-record');
    const echo = new Echo(world, server.network, node.name, { frames, isThere });
    this.#echoes.push(echo);
    this.#harm.later(15_000, () => echo.silence());
  }

  #withWire(act: (wire: Wire) => boolean | void): boolean {
    const wires = this.#harm.cluster.server.network.wires();
    if (wires.length === 0) return false;
    const wire = this.#harm.pick(wires);
    wire.node.tell(`connection ${wire.number} is harmed`);
    return act(wire) !== false;
  }

  #durationMs(wire: Wire, mostMs: number): number {
    const isDriver = this.#harm.cluster.drivers.some(({ node }) => node.machine === wire.node);
    return this.#harm.random.next() ** 2 * (isDriver ? DRIVER_LIMIT_MS : mostMs);
  }
}

function opensSession(hello: Uint8Array): boolean {
  const frame = decodeSessionFrame(hello);
  return frame.type === 'hello' && frame.session === 0;
}
