/**
 * The harm that a seed holds: which faults come when, and to whom. Every kind is one function; what it did is counted.
 */
import type { Random } from '#shared/ports/random.ts';
import type { Cluster } from './cluster.ts';
import type { Wire } from './network.ts';
import type { SimNode } from './sim-node.ts';

/** Harm comes while jobs run: over at least and at most so much time. */
const LEAST_SPAN_MS = 1_500;
const MAX_SPAN_MS = 12_000;
const MAX_FAULTS = 16;
/** A node that leaves has left by then. */
const LEAVE_LIMIT_MS = 10_000;
/** A node that stands still or sleeps when all is healed does so a while longer: some come back after they were given up. */
const LAST_SLEEP_MS = 40_000;
/** A driver that is cut off for longer may be given up, and its job with it. */
const DRIVER_LIMIT_MS = 8_000;

/** Every kind of fault. */
export const FAULT_KINDS = [
  'node killed',
  'node without power',
  'node stands still',
  'node sleeps',
  'node leaves',
  'node paused',
  'clock set',
  'driver killed',
  'server killed',
  'server killed in a commit',
  'server stands still',
  'disk full',
  'connection lost',
  'connection lost for the node',
  'connection lost for the server',
  'one direction cut',
  'slow network',
] as const;
/** A kind of fault. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** How often each kind happened. */
export type FaultCounts = Map<FaultKind, number>;

/** The faults of one run. */
export class Faults {
  readonly counts: FaultCounts = new Map();
  /** When the last of them begins. */
  readonly untilMs: number;
  readonly #cluster: Cluster;
  readonly #random: Random;
  readonly #acts: Record<FaultKind, () => boolean>;
  #isHealed = false;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    const random = cluster.world.random('faults');
    this.#random = random;
    this.untilMs = LEAST_SPAN_MS + random.next() * (MAX_SPAN_MS - LEAST_SPAN_MS);
    this.#acts = {
      'node killed': () => this.#withNode((node) => this.#killNode(node, false)),
      'node without power': () => this.#withNode((node) => this.#killNode(node, true)),
      'node stands still': () => this.#withNode((node) => this.#halt(node, false, 30_000)),
      'node sleeps': () => this.#withNode((node) => this.#halt(node, true, 90_000)),
      'node leaves': () => this.#withNode((node) => this.#leave(node)),
      'node paused': () => this.#withNode((node) => this.#pause(node)),
      'clock set': () => this.#withNode((node) => node.machine.jumpWall((random.next() - 0.5) * 7_200_000)),
      'driver killed': () => this.#killDriver(),
      'server killed': () => this.#killServer(),
      'server killed in a commit': () => this.#killServerInCommit(),
      'server stands still': () => this.#haltServer(),
      'disk full': () => this.#fillDisk(),
      'connection lost': () => this.#withWire((wire) => this.#lose(wire)),
      'connection lost for the node': () => this.#withWire((wire) => this.#loseForNode(wire)),
      'connection lost for the server': () => this.#withWire((wire) => this.#loseForServer(wire)),
      'one direction cut': () => this.#withWire((wire) => this.#cut(wire)),
      'slow network': () => this.#slowDown(),
    };
    const count = Math.floor(random.next() * (MAX_FAULTS + 1));
    for (let n = 0; n < count; n++) cluster.world.plan(random.next() * this.untilMs, () => this.#strike());
    cluster.world.plan(this.untilMs, () => this.#heal());
  }

  #strike(): void {
    const kind = FAULT_KINDS[this.#below(FAULT_KINDS.length)] ?? 'connection lost';
    if (this.#acts[kind]()) this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  /** Nothing more goes wrong, and everything that is down comes up. */
  #heal(): void {
    const { server, nodes, drivers, world } = this.#cluster;
    this.#isHealed = true;
    world.story.tell('world', 'is healed');
    server.diesInCommit = undefined;
    server.network.latencyMs = 2;
    server.machine.goOn();
    if (!server.isUp) server.start();
    for (const node of nodes)
      if (node.machine.isStill) world.plan(this.#random.next() * LAST_SLEEP_MS, () => this.#revive(node));
      else this.#revive(node);
    for (const { node } of drivers) node.machine.goOn();
  }

  #revive(node: SimNode): void {
    node.machine.goOn();
    if (!node.shell) node.start();
    else if (node.isLeaving) this.#cluster.world.plan(LEAVE_LIMIT_MS, () => node.shell ?? node.start());
    else node.offer(node.kind.cpus);
  }

  // --- nodes ---------------------------------------------------------------------------------------------------------

  #killNode(node: SimNode, silently: boolean): void {
    node.kill(silently);
    this.#later(20_000, () => this.#revive(node));
  }

  #halt(node: SimNode, sleeps: boolean, mostMs: number): void {
    node.machine.tell(sleeps ? 'falls asleep' : 'stands still');
    node.machine.standStill(sleeps);
    this.#later(mostMs, () => this.#goOn(node));
  }

  #goOn(node: SimNode): void {
    if (!node.machine.isStill) return;
    node.machine.tell('goes on');
    node.machine.goOn();
  }

  #leave(node: SimNode): void {
    node.leave('its owner wants it back');
    this.#later(15_000, () => {
      if (!node.shell) node.start();
    });
  }

  /** Its owner pauses it: nothing more is offered, and what runs has some seconds. */
  #pause(node: SimNode): void {
    node.machine.tell('is paused');
    node.offer(0);
    const { shell } = node;
    this.#later(3_000, () => {
      if (node.shell === shell && node.isPaused) shell?.raylet.endRunning('its owner paused it');
    });
    this.#later(15_000, () => {
      if (node.shell === shell) node.offer(node.kind.cpus);
    });
  }

  #killDriver(): boolean {
    const running = this.#cluster.drivers.filter(({ state, node }) => state === 'running' && node.shell);
    // Some jobs shall be there to come to the right end.
    if (running.length < 2) return false;
    const driver = this.#pick(running);
    driver.lose();
    return true;
  }

  // --- the server ------------------------------------------------------------------------------------------------------

  #killServer(): boolean {
    const { server } = this.#cluster;
    if (!server.isUp || this.#isHealed) return false;
    server.kill(this.#random.next() < 0.3);
    this.#later(15_000, () => {
      if (!server.isUp) server.start();
    });
    return true;
  }

  #killServerInCommit(): boolean {
    const { server } = this.#cluster;
    if (!server.isUp || server.diesInCommit) return false;
    server.diesInCommit = () => void this.#killServer();
    return true;
  }

  #haltServer(): boolean {
    const { machine } = this.#cluster.server;
    if (machine.isStill) return false;
    machine.tell('stands still');
    machine.standStill(false);
    this.#later(15_000, () => {
      machine.tell('goes on');
      machine.goOn();
    });
    return true;
  }

  #fillDisk(): boolean {
    const { server } = this.#cluster;
    if (!server.plane) return false;
    server.machine.tell('has a full disk');
    server.failCommits(1 + this.#below(5));
    return true;
  }

  // --- the network -------------------------------------------------------------------------------------------------------

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
    const pipe = this.#random.next() < 0.5 ? wire.up : wire.down;
    const durationMs = this.#durationMs(wire, 30_000);
    wire.node.tell(`${pipe === wire.up ? 'is not heard' : 'hears nothing'} for ${durationMs.toFixed(0)} ms`);
    pipe.stall(durationMs);
  }

  #slowDown(): boolean {
    const { network } = this.#cluster.server;
    network.latencyMs = 20 + this.#random.next() * 200;
    this.#later(10_000, () => (network.latencyMs = 2));
    return true;
  }

  // --- choices -------------------------------------------------------------------------------------------------------------

  #withNode(act: (node: SimNode) => void): boolean {
    const up = this.#cluster.nodes.filter(({ shell, machine, isLeaving }) => shell && !machine.isStill && !isLeaving);
    if (up.length === 0) return false;
    act(this.#pick(up));
    return true;
  }

  #withWire(act: (wire: Wire) => void): boolean {
    const wires = this.#cluster.server.network.wires();
    if (wires.length === 0) return false;
    const wire = this.#pick(wires);
    wire.node.tell(`connection ${wire.number} is harmed`);
    act(wire);
    return true;
  }

  #durationMs(wire: Wire, mostMs: number): number {
    const isDriver = this.#cluster.drivers.some(({ node }) => node.machine === wire.node);
    return this.#random.next() ** 2 * (isDriver ? DRIVER_LIMIT_MS : mostMs);
  }

  /** Short times are likelier than long ones. */
  #later(mostMs: number, act: () => void): void {
    this.#cluster.world.plan(this.#random.next() ** 2 * mostMs, () => {
      if (!this.#isHealed) act();
    });
  }

  #below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T; // never called with an empty list
  }
}
