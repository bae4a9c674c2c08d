// A cluster of any size in one thread: the real server and the real raylets of the simulator's world, each on a thread that is
// as busy as its code is, without harm and without a story. Their workers and drivers are light.
import { RayletShell } from '#client/host/raylet-shell.ts';
import { ControlPlane, DEFAULT_SERVER_TIMES } from '#server/control-plane.ts';
import { Gateway } from '#server/gateway/gateway.ts';
import { digest128Bytes } from '#shared/ids/content-id.ts';
import { END_REASON } from '#shared/protocol/node-records.ts';
import { Network } from '../../e2e/simulation/network.ts';
import { World } from '../../e2e/simulation/world.ts';
import { BusyMachine, CpuMeter } from './busy-machine.ts';
import { ForgetfulStorage } from './forgetful-storage.ts';
import { LightDriver, type LightJob, LightWorkers } from './light-threads.ts';

const TOKENS = { operator: 'operate', join: 'join' };
const MILLI = 1000;
const SETTLE_LIMIT_MS = 60_000;

/** What a node is. */
export interface ScaleNodeKind {
  readonly name: string;
  readonly cpus: number;
  /** Its tasks take so many times as long. */
  readonly slowness?: number;
  /** Makes it a driver's node. */
  readonly job?: LightJob;
}

/** A node, and its driver if it has one. */
export interface ScaleNode {
  readonly kind: ScaleNodeKind;
  readonly machine: BusyMachine;
  readonly workers: LightWorkers;
  readonly shell: RayletShell;
  readonly driver: LightDriver | undefined;
}

/** Server and nodes. */
export class ScaleCluster {
  readonly world: World;
  readonly server: BusyMachine;
  readonly plane: ControlPlane;
  readonly nodes: ScaleNode[] = [];
  readonly #network: Network;

  private constructor(parts: {
    world: World;
    server: BusyMachine;
    plane: ControlPlane;
    network: Network;
    meter: CpuMeter;
    kinds: readonly ScaleNodeKind[];
  }) {
    const { world, server, plane, network, meter, kinds } = parts;
    this.world = world;
    this.server = server;
    this.plane = plane;
    this.#network = network;
    for (const kind of kinds) this.nodes.push(this.#createNode(kind, meter));
  }

  /** A cluster whose nodes have joined; drivers have not begun. */
  static async start(seed: number, kinds: readonly ScaleNodeKind[]): Promise<ScaleCluster> {
    const world = new World(seed);
    const meter = new CpuMeter(world);
    await meter.calibrate();
    const server = new BusyMachine(meter, 'server');
    const deaf = { toServer: (): void => undefined, toNode: (): void => undefined };
    const network = new Network(server, world.random('network'), deaf);
    const starting = ControlPlane.start({
      storage: new ForgetfulStorage((delayMs, callback) => void server.arrive(delayMs, callback)),
      random: world.random('server'),
      times: DEFAULT_SERVER_TIMES,
      logger: { info() {}, warn() {}, error: console.error },
      clock: server,
    });
    let plane: ControlPlane | undefined;
    void starting.then((started) => (plane = started));
    // It plans its first event only after some promises.
    await new Promise((resolve) => setImmediate(resolve));
    await world.run(() => plane !== undefined, SETTLE_LIMIT_MS);
    if (!plane) throw new Error('the server does not start');
    plane.connect(new Gateway(network.listen(), plane, TOKENS), (error) => world.fail(error.message));
    const cluster = new ScaleCluster({ world, server, plane, network, meter, kinds });
    await cluster.#everybodyJoins();
    return cluster;
  }

  async #everybodyJoins(): Promise<void> {
    for (const { shell } of this.nodes) this.world.plan(this.world.random('join').next() * MILLI, () => shell.start());
    const joined = (): boolean => this.nodes.every(({ shell }) => shell.session.connected);
    if (!(await this.world.run(joined, SETTLE_LIMIT_MS))) throw new Error('not every node could join');
    // Those that came first are told of those that came last.
    await this.world.run(() => false, MILLI);
  }

  #createNode(kind: ScaleNodeKind, meter: CpuMeter): ScaleNode {
    const { world } = this;
    const machine = new BusyMachine(meter, kind.name);
    const workers = new LightWorkers(machine, kind.slowness ?? 1, {
      onMessages: (id, messages) => shell.onMessages(id, messages, []),
      onExit: (id) => shell.onWorkerExit(id, END_REASON.workerCrashed, 'it was ended'),
    });
    const shell = new RayletShell(
      {
        role: kind.job ? 'driver' : 'host',
        nodeId: Buffer.from(kind.name).toString('hex').padStart(32, '0'),
        nodeName: kind.name,
        token: TOKENS.join,
        cpuMilli: kind.cpus * MILLI,
        resources: [],
        jobName: kind.job ? kind.name : '',
        platform: 'simulated',
      },
      {
        clock: machine,
        random: world.random(kind.name),
        wallClockMs: () => machine.wallMs(),
        every: (intervalMs, callback) => machine.every(intervalMs, callback),
        connect: () => this.#network.connect(machine),
        workers,
        memory: { allocate: (sizeBytes) => new ArrayBuffer(sizeBytes), release: () => undefined },
        digest: (bytes, done) => done(digest128Bytes(bytes)),
        memoryUsedBytes: () => 0,
      },
      {
        onWelcome: () => undefined,
        onDisconnected: (message) => world.fail(`${kind.name} is disconnected: ${message}`),
        onSessionDead: (message) => world.fail(`${kind.name} is given up: ${message}`),
        onFatal: (error) => world.fail(`${kind.name} cannot go on: ${error.message}`),
      },
    );
    const driver = kind.job && new LightDriver(machine, kind.job);
    if (driver) {
      const id = shell.connectDriver(driver.link);
      driver.receive((messages) => shell.onMessages(id, messages, []));
    }
    return { kind, machine, workers, shell, driver };
  }

  /** Lets all drivers begin, and runs until `isDone`; by default until they have all their results. */
  async run(limitMs: number, isDone = (): boolean => this.#areDriversDone()): Promise<void> {
    for (const { driver } of this.nodes) driver?.begin();
    if (!(await this.world.run(isDone, limitMs))) {
      const drivers = this.nodes.flatMap(({ driver }) => driver ?? []);
      throw new Error(`only ${drivers.reduce((sum, { done }) => sum + done, 0)} tasks were done in ${limitMs} ms`);
    }
  }

  #areDriversDone(): boolean {
    return this.nodes.every(({ driver }) => driver?.isDone ?? true);
  }
}
