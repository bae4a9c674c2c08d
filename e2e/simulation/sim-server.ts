/**
 * The server of a simulated cluster: control plane, gateway and storage of production on a machine that may lose its power at
 * any moment. What was durable then is all that the next life finds.
 *
 * In life the store is SQLite with a write-ahead log and a sync per commit: one batch is one transaction, commits go one after
 * the other. So at a kill the commit under way may have reached the disk not at all, in part or whole, and no other may: in
 * part is as good as not at all, because the frames of a torn transaction do not add up to their checksums.
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
  /** Set to have something happen while the next commit is on its way. */
  inCommit: (() => void) | undefined;
  readonly #isPublic: boolean;

  /** @param isPublic strangers may join */
  constructor(world: World, tap: FrameTap, isPublic: boolean) {
    this.#isPublic = isPublic;
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
    const gateway = new Gateway(this.network.listen(), plane, TOKENS, { isPublic: this.#isPublic });
    this.#running = { storage, plane, gateway };
    this.onStarted(plane);
    plane.connect(gateway, (error) => {
      if (machine.life === life) machine.world.fail(`the server may not go on: ${error.message}`);
    });
    machine.tell(`listens, epoch ${plane.serverEpoch}`);
  }

  /**
   * @param written how much of the commit under way reaches the disk, though nobody is told: 1 is all of it
   * @returns whether there was a commit under way
   */
  kill(written: number): boolean {
    const had = written === 0 ? 'nothing' : written === 1 ? 'all' : 'a part';
    this.machine.tell(`is killed, ${had} of a last commit is on the disk`);
    this.inCommit = undefined;
    this.machine.kill();
    this.onEnd();
    const wasInCommit = this.#storage?.crash({ written }) ?? false;
    this.#storage = undefined;
    this.#running = undefined;
    this.network.serverDied();
    return wasInCommit;
  }

  /** The disk takes nothing for some commits. */
  failCommits(count: number): void {
    for (let n = 0; n < count; n++) this.#storage?.failNextCommit('disk-full');
  }

  #commit(step: () => void): void {
    const durationMs = COMMIT_MS * (1 + 9 * this.#random.next() ** 4);
    const { inCommit } = this;
    if (inCommit) {
      this.inCommit = undefined;
      this.machine.arrive(durationMs * this.#random.next(), inCommit);
    }
    this.machine.arrive(durationMs, step);
  }
}
