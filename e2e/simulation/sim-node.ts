/**
 * A node of a simulated cluster: the shell of production with a raylet, a session and transfers, on a machine whose process may
 * end and start again.
 */
import { hash } from 'node:crypto';
import { RayletShell, type ShellPorts } from '#client/host/raylet-shell.ts';
import type { PacedTransport } from '#client/raylet/frame-queue.ts';
import type { SessionIdentity } from '#client/raylet/server-session.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { DIGEST_BYTES } from '#shared/protocol/node-records.ts';
import type { Random } from '#shared/ports/random.ts';
import { helloOf, type SessionName } from './echo.ts';
import { nodeIdOf, ZONE } from './job-module.ts';
import { Machine } from './machine.ts';
import { JOIN_TOKEN, type SimServer } from './sim-server.ts';
import { type EndedFor, SimWorkers } from './sim-workers.ts';
import type { TabDisk } from './tab-disk.ts';
import type { World } from './world.ts';

const MILLI = 1000;
/** After which a process that gave up is started again. */
const RESTART_MS = 1_000;

/** What a node is. */
export interface NodeKind {
  readonly role: SessionIdentity['role'];
  readonly name: string;
  readonly cpus: number;
  /** It joins without the key. */
  readonly isStranger?: boolean;
  /** Of a tab: bytes of values to keep in memory. */
  readonly memoryLimitBytes?: number;
  /** Of a tab: values that live so long are written to its disk. */
  readonly persistAfterMs?: number;
  /** What else it offers; absent: nothing. */
  readonly resources?: SessionIdentity['resources'];
  /** Its only label beside its role. */
  readonly zone?: string;
  /** How wrong its time of day is. */
  readonly wallOffsetMs: number;
}

/** What happens to a node beyond what it does by itself. */
export interface NodeEvents {
  /** It came back after a lost connection, or a lost life. */
  onReturn?(resumed: boolean): void;
  onSessionDead?(message: string): void;
  /** A value came from another node. */
  onBrought?(shell: RayletShell, key: ObjectKey, bytes: Uint8Array): void;
  /** A tab found what an earlier one left. */
  onFoundAgain?(): void;
  /** The process ends, and so many of its records are not known to be durable. */
  onEnd?(machine: Machine, backlogRecords: number): void;
  /** The process ended because the server wants it no more. Default: it is started again. */
  onGivenUp?(): void;
}

/** A host, a tab, or the node of a driver. */
export class SimNode {
  readonly kind: NodeKind;
  readonly machine: Machine;
  readonly events: NodeEvents;
  readonly #server: SimServer;
  readonly #random: Random;
  /** Of a tab. */
  readonly disk: TabDisk | undefined;
  #wasWelcome = false;
  /** The session that it comes back to with its very first hello. */
  #snapshot: SessionName | undefined;
  #shell: RayletShell | undefined;
  #workers: SimWorkers | undefined;
  isLeaving = false;
  isPaused = false;
  /** Its memory takes no more values from others. */
  hasNoRoom = false;

  /** @param disk of a tab: what its profile keeps */
  constructor(
    world: World,
    server: SimServer,
    kind: NodeKind,
    {
      events = {},
      disk,
      machineName = kind.name,
    }: { events?: NodeEvents; disk?: TabDisk | undefined; machineName?: string },
  ) {
    this.kind = kind;
    this.machine = new Machine(world, machineName, kind.wallOffsetMs);
    this.events = events;
    this.disk = disk;
    this.#server = server;
    this.#random = world.random(machineName);
  }

  /**
   * The same node on another machine, with the same identity: started twice by mistake, or from a copied disk.
   *
   * @param session what it takes for its own, at first
   */
  twin(number: number, session?: SessionName): SimNode {
    // It is not started again once the other took its place, or they would do so in turns for ever.
    const events = { ...this.events, onGivenUp: () => undefined };
    const machineName = `${this.kind.name}, twin ${number}`;
    const twin = new SimNode(this.machine.world, this.#server, this.kind, {
      events,
      disk: this.disk?.copy(),
      machineName,
    });
    twin.#snapshot = session;
    return twin;
  }

  /** Ends a worker at no fault of its tasks. Returns false if there is none that may have that. */
  strikeWorker(reason: EndedFor, struck: Set<ObjectKey>): boolean {
    return this.#workers?.strike(reason, struck) ?? false;
  }

  /** While its process lives. */
  get shell(): RayletShell | undefined {
    return this.#shell;
  }

  /** CPUs that programs compute with on it now. */
  get activeMilli(): number {
    return this.#workers?.activeMilli ?? 0;
  }

  /** Offers so many CPUs from now on. */
  offer(cpus: number): void {
    this.isPaused = cpus === 0;
    const { resources = [] } = this.kind;
    const offered = this.isPaused ? [] : resources.map(({ name, milli }) => [name, milli] as const);
    this.#shell?.setCapacity(cpus * MILLI, new Map(offered));
  }

  get sharesMemory(): boolean {
    return this.kind.role !== 'tab';
  }

  /** Starts the process. */
  start(): RayletShell {
    const { machine } = this;
    machine.tell('starts');
    const workers = new SimWorkers(machine, this.#random, this.sharesMemory, {
      onMessages: (id, messages, attachments) => shell.onMessages(id, messages, attachments),
      onExit: (id, reason, message) => shell.onWorkerExit(id, reason, message),
    });
    const shell = this.#createShell(workers);
    this.#workers = workers;
    this.#shell = shell;
    shell.start();
    return shell;
  }

  #createShell(workers: SimWorkers): RayletShell {
    const { machine, events } = this;
    return new RayletShell(
      this.#identity(),
      {
        clock: machine,
        random: this.#random,
        wallClockMs: () => machine.wallMs(),
        every: (intervalMs, callback) => machine.every(intervalMs, callback),
        connect: () => this.#connect(),
        workers,
        memory: {
          allocate: (sizeBytes) => {
            if (this.hasNoRoom) throw new RangeError('there is no room');
            return this.sharesMemory ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes);
          },
          release: () => undefined,
        },
        digest: (bytes, done) => done(hash('sha256', bytes, 'buffer').subarray(0, DIGEST_BYTES)),
        memoryUsedBytes: () => 0,
        ...this.#store(),
      },
      {
        onWelcome: ({ session, resumed, receivedRecords }) => {
          machine.tell(`is welcome as session ${session}${resumed ? `, resumed behind ${receivedRecords}` : ''}`);
          if (this.#wasWelcome) events.onReturn?.(resumed);
          this.#wasWelcome = true;
        },
        onDisconnected: (message) => machine.tell(`is disconnected: ${message}`),
        onSessionDead: (message) => {
          machine.tell(`hears that its session is dead: ${message}`);
          events.onSessionDead?.(message);
        },
        onBrought: (key, bytes) => {
          if (this.#shell) events.onBrought?.(this.#shell, key, bytes);
        },
        onFatal: (error, code) => {
          // A word of a former connection, or life, that came late took its place: whoever watches over it starts it again.
          if (code === 'session-dead') this.#givenUp(error.message);
          else machine.world.fail(`${machine.name} cannot go on: ${error.message}`);
        },
      },
    );
  }

  #connect(): PacedTransport {
    const transport = this.#server.network.connect(this.machine);
    const snapshot = this.#snapshot;
    if (!snapshot) return transport;
    this.#snapshot = undefined;
    const send = transport.send.bind(transport);
    transport.send = (hello) => {
      transport.send = send;
      send(helloOf(hello, snapshot));
    };
    return transport;
  }

  /** Memory with a limit and the browser's storage behind it, as in `tab-store.ts`. */
  #store(): Partial<Pick<ShellPorts, 'rayletPorts' | 'rayletOptions'>> {
    const { disk, machine } = this;
    if (!disk) return {};
    const life = {
      nowMs: () => machine.world.nowMs,
      arriveAt: (atMs: number, callback: () => void) => void machine.arriveAt(atMs, callback),
    };
    return {
      rayletPorts: { coldStore: disk.open(life, () => this.events.onFoundAgain?.()) },
      rayletOptions: {
        memoryLimitBytes: this.kind.memoryLimitBytes ?? Infinity,
        persistAfterMs: this.kind.persistAfterMs ?? Infinity,
        tellsRoom: true,
      },
    };
  }

  #givenUp(message: string): void {
    const { world } = this.machine;
    this.kill(false);
    this.machine.tell(`gave up: ${message}`);
    if (this.events.onGivenUp) this.events.onGivenUp();
    else world.plan(RESTART_MS, () => this.#shell ?? this.start());
  }

  /** Of the node, whatever machine it runs on. */
  get nodeId(): string {
    return nodeIdOf(this.kind.name);
  }

  #identity(): SessionIdentity {
    const { role, name, cpus, zone, resources = [] } = this.kind;
    return {
      role,
      nodeId: this.nodeId,
      nodeName: name,
      token: this.kind.isStranger === true ? '' : JOIN_TOKEN,
      cpuMilli: cpus * MILLI,
      resources,
      labels: zone === undefined ? [] : [{ key: ZONE, value: zone }],
      jobName: role === 'driver' ? name : '',
      platform: 'simulated',
    };
  }

  /** The process ends at once. @param silently nobody on the network notices */
  kill(silently: boolean): void {
    this.machine.tell(silently ? 'loses its power' : 'is killed');
    this.#server.network.nodeDied(this.machine, silently);
    if (silently) this.disk?.losePower(this.machine.world.nowMs);
    this.#forget();
  }

  /** Leaves the cluster politely, then ends. */
  leave(reason: string): void {
    const { machine } = this;
    const { life } = machine;
    const shell = this.#shell;
    if (!shell) return;
    machine.tell(`leaves: ${reason}`);
    this.isLeaving = true;
    void shell.stop(reason).then(() => {
      if (machine.life === life) this.#forget();
    });
  }

  #forget(): void {
    this.events.onEnd?.(this.machine, this.#shell?.raylet.journal.backlog ?? 0);
    this.machine.kill();
    this.isLeaving = false;
    this.isPaused = false;
    this.#shell = undefined;
    void this.#workers?.stopAll();
    this.#workers = undefined;
  }
}
