/**
 * The server of a simulated cluster: control plane, gateway and storage of production on a machine that may lose its power at
 * any moment. What was durable then is all that the next life finds.
 */
import { ControlPlane, DEFAULT_SERVER_TIMES } from '#server/control-plane.ts';
import { Gateway } from '#server/gateway/gateway.ts';
import { MemoryDisk, MemoryStorage } from '#server/storage/memory-storage.ts';
import type { Random } from '#shared/ports/random.ts';
import { Machine } from './machine.ts';
import { type FrameTap, Network } from './network.ts';
import type { World } from './world.ts';

export const JOIN_TOKEN = 'join';
const TOKENS = { operator: 'operate', join: JOIN_TOKEN };
/** A commit takes this long, or up to ten times as long. */
const COMMIT_MS = 0.5;

/** What lives while the server's process does. */
interface Running {
  readonly storage: MemoryStorage;
  readonly plane: ControlPlane;
  readonly gateway: Gateway;
}

/** The server. */
export class SimServer {
  readonly machine: Machine;
  readonly network: Network;
  readonly #random: Random;
  readonly #disk = new MemoryDisk();
  #storage: MemoryStorage | undefined;
  #running: Running | undefined;
  /** Called with each new life, before its first frame. */
  onStarted: (plane: ControlPlane) => void = () => undefined;
  /** Its process ends. */
  onEnd: () => void = () => undefined;
  /** Set to have the power fail while the next commit is on its way. */
  diesInCommit: (() => void) | undefined;

  constructor(world: World, tap: FrameTap) {
    this.machine = new Machine(world, 'server');
    this.network = new Network(this.machine, world.random('network'), tap);
    this.#random = world.random('server');
  }

  /** Its process lives, and may be starting. */
  get isUp(): boolean {
    return this.#storage !== undefined;
  }

  /** The control plane, while the server runs. */
  get plane(): ControlPlane | undefined {
    return this.#running?.plane;
  }

  get gateway(): Gateway | undefined {
    return this.#running?.gateway;
  }

  /** What is durable now. */
  get disk(): MemoryDisk {
    return this.#disk;
  }

  start(): void {
    const { machine } = this;
    const { life } = machine;
    const storage = new MemoryStorage({ disk: this.#disk, schedule: (step) => this.#commit(step) });
    this.#storage = storage;
    machine.tell('starts');
    const starting = ControlPlane.start({
      storage,
      random: this.#random,
      times: DEFAULT_SERVER_TIMES,
      logger: { info() {}, warn: (text) => machine.tell(text), error: (text) => machine.tell(text) },
      clock: machine,
    });
    starting.then(
      (plane) => {
        if (machine.life === life) this.#started(storage, plane);
      },
      (error: unknown) => {
        if (machine.life === life) machine.world.fail(`the server does not start: ${String(error)}`);
      },
    );
  }

  #started(storage: MemoryStorage, plane: ControlPlane): void {
    const { machine } = this;
    const { life } = machine;
    const gateway = new Gateway(this.network.listen(), plane, TOKENS);
    this.#running = { storage, plane, gateway };
    this.onStarted(plane);
    plane.connect(gateway, (error) => {
      if (machine.life === life) machine.world.fail(`the server may not go on: ${error.message}`);
    });
    machine.tell(`listens, epoch ${plane.serverEpoch}`);
  }

  /** @param keepCut the commit under way reaches the disk although nobody is told */
  kill(keepCut: boolean): void {
    this.machine.tell(`is killed${keepCut ? ', its last commit reached the disk' : ''}`);
    this.diesInCommit = undefined;
    this.machine.kill();
    this.onEnd();
    this.#storage?.crash({ keepCut });
    this.#storage = undefined;
    this.#running = undefined;
    this.network.serverDied();
  }

  /** The disk takes nothing for some commits. */
  failCommits(count: number): void {
    for (let n = 0; n < count; n++) this.#storage?.failNextCommit('disk-full');
  }

  #commit(step: () => void): void {
    const durationMs = COMMIT_MS * (1 + 9 * this.#random.next() ** 4);
    const { diesInCommit } = this;
    if (diesInCommit) {
      this.diesInCommit = undefined;
      this.machine.arrive(durationMs * this.#random.next(), diesInCommit);
    }
    this.machine.arrive(durationMs, step);
  }
}
