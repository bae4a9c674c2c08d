/**
 * A node of a simulated cluster: the shell of production with a raylet, a session and transfers, on a machine whose process may
 * end and start again.
 */
import { RayletShell } from '#client/host/raylet-shell.ts';
import type { SessionIdentity } from '#client/raylet/server-session.ts';
import type { Random } from '#shared/ports/random.ts';
import { Machine } from './machine.ts';
import { JOIN_TOKEN, type SimServer } from './sim-server.ts';
import { SimWorkers } from './sim-workers.ts';
import type { World } from './world.ts';

const MILLI = 1000;
/** After which a process that gave up is started again. */
const RESTART_MS = 1_000;

/** What a node is. */
export interface NodeKind {
  readonly role: SessionIdentity['role'];
  readonly name: string;
  readonly cpus: number;
  /** What else it offers; absent: nothing. */
  readonly resources?: SessionIdentity['resources'];
  /** How wrong its time of day is. */
  readonly wallOffsetMs: number;
}

/** What happens to a node beyond what it does by itself. */
export interface NodeEvents {
  onWelcome?(session: number, resumed: boolean): void;
  onSessionDead?(message: string): void;
  /** The process ends, and so many of its records are not known to be durable. */
  onEnd?(backlogRecords: number): void;
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
  #shell: RayletShell | undefined;
  #workers: SimWorkers | undefined;
  isLeaving = false;
  isPaused = false;

  constructor(world: World, server: SimServer, kind: NodeKind, events: NodeEvents = {}) {
    this.kind = kind;
    this.machine = new Machine(world, kind.name, kind.wallOffsetMs);
    this.events = events;
    this.#server = server;
    this.#random = world.random(kind.name);
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
        connect: () => this.#server.network.connect(machine),
        workers,
        memory: {
          allocate: (sizeBytes) => (this.sharesMemory ? new SharedArrayBuffer(sizeBytes) : new ArrayBuffer(sizeBytes)),
          release: () => undefined,
        },
        memoryUsedBytes: () => 0,
      },
      {
        onWelcome: ({ session, resumed, receivedRecords }) => {
          machine.tell(`is welcome as session ${session}${resumed ? `, resumed behind ${receivedRecords}` : ''}`);
          events.onWelcome?.(session, resumed);
        },
        onDisconnected: (message) => machine.tell(`is disconnected: ${message}`),
        onSessionDead: (message) => {
          machine.tell(`hears that its session is dead: ${message}`);
          events.onSessionDead?.(message);
        },
        onFatal: (error, code) => {
          // A word of a former connection, or life, that came late took its place: whoever watches over it starts it again.
          if (code === 'session-dead') this.#givenUp(error.message);
          else machine.world.fail(`${machine.name} cannot go on: ${error.message}`);
        },
      },
    );
  }

  #givenUp(message: string): void {
    const { world } = this.machine;
    this.kill(false);
    this.machine.tell(`gave up: ${message}`);
    if (this.events.onGivenUp) this.events.onGivenUp();
    else world.plan(RESTART_MS, () => this.#shell ?? this.start());
  }

  #identity(): SessionIdentity {
    const { role, name, cpus, resources = [] } = this.kind;
    let nodeId = '';
    for (const char of name) nodeId += (char.codePointAt(0) ?? 0).toString(16);
    return {
      role,
      nodeId,
      nodeName: name,
      token: JOIN_TOKEN,
      cpuMilli: cpus * MILLI,
      resources,
      jobName: role === 'driver' ? name : '',
      platform: 'simulated',
    };
  }

  /** The process ends at once. @param silently nobody on the network notices */
  kill(silently: boolean): void {
    this.machine.tell(silently ? 'loses its power' : 'is killed');
    this.#server.network.nodeDied(this.machine, silently);
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
    this.events.onEnd?.(this.#shell?.raylet.journal.backlog ?? 0);
    this.machine.kill();
    this.isLeaving = false;
    this.isPaused = false;
    this.#shell = undefined;
    void this.#workers?.stopAll();
    this.#workers = undefined;
  }
}
