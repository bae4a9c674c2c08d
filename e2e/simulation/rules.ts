/**
 * What must hold after every event. Each check says what it found. Here: the streams of records and commands (rule L2), results
 * (L5), CPUs (S3), bounds (B1), objects with their holders (O3); what the server's tables say of each other, and of sessions, is
 * in files of their own.
 */
import type { RayletShell } from '#client/host/raylet-shell.ts';
import type { ControlPlane } from '#server/control-plane.ts';
import { decodeFrame } from '#server/gateway/frames.ts';
import type { GcsState } from '#server/gcs/state.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { Gateway } from '#server/gateway/gateway.ts';
import { isEcho } from './echo.ts';
import { HolderBook, isReplayed } from './holder-book.ts';
import type { Machine } from './machine.ts';
import type { FrameTap, Wire } from './network.ts';
import { misplaced } from './place-rules.ts';
import { ServerBooks } from './server-books.ts';
import { SessionRules } from './session-rules.ts';
import type { SimNode } from './sim-node.ts';
import type { SimServer } from './sim-server.ts';
import { TransferRules } from './transfer-rules.ts';
import type { World } from './world.ts';

/** Full looks at the server's tables happen every so many events. */
const TABLE_LOOK_EVENTS = 50;
/** What an honest cluster never does: reasons for which the gateway refuses frames. */
const NEVER_REFUSED = ['gap', 'malformed', 'bad-record', 'unexpected', 'version', 'token'];

/** What is looked at. */
export interface Books {
  readonly server: SimServer;
  all(): SimNode[];
}

/** The rules of one run. */
export class Rules {
  readonly #world: World;
  readonly #books: Books;
  /** Attempts whose result this life of the server has accepted. */
  readonly #accepted = new Set<string>();
  /** By session: the last record that its node was told is durable. */
  readonly #durable = new Map<number, number>();
  readonly #sessionOf = new WeakMap<Wire, number>();
  readonly #lastRecord = new WeakMap<Wire, number>();
  /** By connection: the life of the server that its node spoke to before, and the last command that came over it. */
  readonly #heard = new WeakMap<Wire, { serverEpoch: number; last: number; durable: number }>();
  /** By session: the last command of this life of the server that its node says it has, over whichever connection. */
  readonly #taken = new Map<number, number>();
  /** Sessions whose nodes said something after their welcome. */
  readonly #heardIn = new Set<number>();
  readonly #holders = new WeakMap<RayletShell, HolderBook>();
  #serverBooks: ServerBooks | undefined;
  #sessions: SessionRules | undefined;
  /** Tasks that ended in any life of the server. */
  readonly #ended = new Set<ObjectKey>();
  /** All keys of each object that was let go in this event. */
  #letGo: (readonly ObjectKey[])[] = [];
  #events = 0;
  /** Results accepted in all. */
  acceptedCount = 0;
  /** A node ended that had told what was not durable. */
  #hasOrphans = false;
  /**
   * A server and a node ended before what the node had told was durable. Tasks run again then, but a reference to what they made
   * the first time, which others may have, names nothing any more: `ObjectLostError` (rules L2, M3).
   */
  mayHaveLost = false;
  /** A task ended workers on too many nodes, some of them by no fault of its own: it fails, and what depends on it. */
  mayHavePoison = false;
  /** The life of the server that welcomed a node last. */
  readonly #welcomedBy = new WeakMap<Machine, number>();
  readonly transfers: TransferRules;
  readonly tap: FrameTap = {
    toServer: (wire, frame) => this.#toServer(wire, frame),
    toNode: (wire, frame) => this.#toNode(wire, frame),
  };

  constructor(world: World, books: Books) {
    this.#world = world;
    this.#books = books;
    this.transfers = new TransferRules((message) => world.fail(message));
  }

  /** A server has read what was durable. */
  serverStarted(plane: ControlPlane): void {
    this.#accepted.clear();
    for (const [id, durable] of this.#durable) {
      const session = plane.gcs.state.sessions.get(id);
      if (session && session.received < durable)
        this.#world.fail(`L2 record ${session.received + 1} of session ${id} was acknowledged and is lost`);
    }
    const fail = (message: string): void => this.#world.fail(message);
    this.#serverBooks = new ServerBooks(plane, fail);
    this.#sessions = new SessionRules(plane, fail, (session) => this.#heardIn.has(session));
    this.#taken.clear();
    this.#watchObjects(plane);
    this.transfers.watchServer(plane);
    const { quarantine } = plane.gcs;
    const failed = quarantine.failed.bind(quarantine);
    quarantine.failed = (task, reason, session) => {
      const nodes = failed(task, reason, session);
      if (nodes !== undefined) this.mayHavePoison = true;
      return nodes;
    };
    // What has a result in this life of the server, until it is made again (rule L4).
    const over = new Set<ObjectKey>();
    const { tasks } = plane.gcs;
    const rerun = tasks.rerun.bind(tasks);
    tasks.rerun = (task) => {
      const runs = rerun(task);
      if (runs) over.delete(task.key);
      return runs;
    };
    const taskEnded = plane.taskEnded.bind(plane);
    plane.taskEnded = (outcome) => {
      const { task } = outcome;
      const attempt = `${task.key} attempt ${task.attempt}`;
      if (this.#accepted.has(attempt)) this.#world.fail(`L5 a result of ${attempt} was accepted twice`);
      this.#accepted.add(attempt);
      // An actor is made again for each of its lives.
      const isOnce = task.fn.kind !== FUNCTION_KIND.actor;
      if (isOnce && over.has(task.key)) this.#world.fail(`L5 results of two attempts of ${task.key} were accepted`);
      over.add(task.key);
      this.#ended.add(task.key);
      this.acceptedCount += 1;
      taskEnded(outcome);
    };
  }

  #watchObjects({ gcs: { state } }: ControlPlane): void {
    this.#letGo = [];
    const dropped = state.dropped.bind(state);
    state.dropped = (gone) => {
      // The error that a refused submission got was told, and is nobody's.
      const isRefusal = 'status' in gone && gone.status === 'error' && !this.#ended.has(gone.key);
      // Of an actor that others made a task has the name, and what its creation returned is nothing to get.
      const isShared = state.actors.get(gone.key)?.creation.options.options.getIfExists === true;
      if ('status' in gone && !isRefusal && !isShared) this.#letGo.push([gone.key, ...keysOf(state.aliases, gone.key)]);
      dropped(gone);
    };
  }

  nodeEnds(machine: Machine, backlogRecords: number): void {
    if (backlogRecords === 0) return;
    this.#hasOrphans = true;
    const { isUp, plane } = this.#books.server;
    // What it told a former server that server has lost; what waits for others in the grace goes with its node.
    const isKnown = isUp && plane?.gcs.inGrace === false && this.#welcomedBy.get(machine) === plane.serverEpoch;
    if (!isKnown) this.mayHaveLost = true;
  }

  serverEnds(): void {
    if (this.#hasOrphans) this.mayHaveLost = true;
  }

  check(): void {
    this.#events += 1;
    const { plane, gateway } = this.#books.server;
    for (const node of this.#books.all()) this.#checkNode(node);
    if (plane && this.#letGo.length > 0) this.#checkLetGo(plane);
    if (this.#events % TABLE_LOOK_EVENTS > 0) return;
    for (const { shell, kind } of this.#books.all()) if (shell) this.#checkLevels(shell.levels(), kind.name);
    if (!plane || !gateway) return;
    this.#checkLevels(plane.levels(), 'the server');
    this.#checkLevels(gateway.levels(), 'the gateway');
    this.#checkGateway(gateway);
    this.#serverBooks?.check();
    this.#sessions?.check();
    if (!plane.gcs.inGrace) this.#checkTables(plane);
  }

  /** Programs compute with no more CPUs than there are (rule S3). */
  #checkNode({ activeMilli, kind, shell }: SimNode): void {
    if (shell && !this.#holders.has(shell)) {
      this.#holders.set(shell, new HolderBook(shell));
      this.transfers.watchNode(shell);
    }
    if (activeMilli > kind.cpus * 1000)
      this.#world.fail(`S3 programs compute with ${activeMilli / 1000} of the ${kind.cpus} CPUs of ${kind.name}`);
  }

  #checkGateway({ counters }: Gateway): void {
    const { provoked } = this.#books.server.network;
    for (const reason of NEVER_REFUSED) {
      if (provoked.has(reason)) continue;
      const count = counters.refused.get(reason);
      if (count !== undefined) this.#world.fail(`the gateway refused ${count} frames: ${reason}`);
    }
  }

  /** Every queue keeps within its bound (rule B1). */
  #checkLevels(levels: Iterable<QueueLevel>, where: string): void {
    for (const { queue, level, bound } of levels)
      if (level > bound) this.#world.fail(`B1 ${queue} at ${where}: ${level}, and the bound is ${bound}`);
  }

  /** What was let go is held by nobody (rule O3). */
  #checkLetGo(plane: ControlPlane): void {
    const { state } = plane.gcs;
    for (const keys of this.#letGo.splice(0)) {
      // It may be known by another name, or have come again.
      if (!keys.some((key) => state.object(key))) this.#checkHolders(plane, keys);
    }
  }

  #checkHolders({ gcs: { state } }: ControlPlane, keys: readonly ObjectKey[]): void {
    if (this.mayHaveLost) return;
    for (const { shell, kind } of this.#books.all()) {
      const holder = shell && this.#holders.get(shell)?.holderOf(state, keys);
      if (holder !== undefined)
        this.#world.fail(`O3 object ${keys[0]} was let go and ${holder} on ${kind.name} holds it`);
    }
  }

  /** No object is gone that an unfinished task has among its inputs (rule O3). */
  #checkTables(plane: ControlPlane): void {
    const { state } = plane.gcs;
    this.transfers.checkTables(state);
    const fault = misplaced(state);
    if (fault !== undefined) this.#world.fail(fault);
    for (const { key, status } of state.objects.values())
      if (status === 'freed') this.#checkHolders(plane, [key, ...keysOf(state.aliases, key)]);
    for (const { shell } of this.#books.all()) if (shell) this.#holders.get(shell)?.forgetEnded(state);
    for (const task of state.tasks.values()) {
      if (task.state === 'finished') continue;
      for (const key of [...task.deps, ...task.nested]) {
        const object = state.object(key);
        // What was let go is made again for a task that runs again.
        const isGone = object?.status === 'freed' && !isReplayed(state, task) && !isBeingMade(state, object.key);
        if (!object || isGone)
          this.#world.fail(
            `O3 object ${key} is ${object ? 'freed' : 'gone'} and task ${task.key} (${task.state}) needs it`,
          );
      }
    }
  }

  #toServer(wire: Wire, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    // Said once more it means nothing.
    if (frame.type === 'hello' && !this.#heard.has(wire))
      this.#heard.set(wire, {
        serverEpoch: frame.serverEpoch,
        last: frame.receivedCommands,
        durable: this.#durable.get(frame.session) ?? 0,
      });
    // Who knows the number of its session has heard its welcome.
    this.#heardIn.add(frame.type === 'hello' ? frame.session : (this.#sessionOf.get(wire) ?? 0));
    if (frame.type === 'ack') this.#takes(wire, frame.received);
    if (frame.type !== 'records') return;
    const last = this.#lastRecord.get(wire);
    // To a server that lost its last records somebody who repeats others says what comes behind those.
    if (last !== undefined && frame.first > last + 1 && !isEcho(wire.node.name))
      this.#world.fail(`L2 records ${last + 1} to ${frame.first - 1} of ${wire.node.name} are missing`);
    this.#lastRecord.set(wire, Math.max(last ?? 0, frame.first + frame.batch.length - 1));
  }

  #takes(wire: Wire, commands: number): void {
    const session = this.#sessionOf.get(wire) ?? 0;
    this.#taken.set(session, Math.max(this.#taken.get(session) ?? 0, commands));
  }

  #toNode(wire: Wire, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.type === 'welcome') {
      // The same words once more are passed over.
      if (this.#sessionOf.has(wire)) return;
      this.#sessionOf.set(wire, frame.session);
      this.#welcomedBy.set(wire.node, frame.serverEpoch);
      this.#lastRecord.set(wire, frame.receivedRecords);
      const heard = this.#heard.get(wire);
      // A server that started anew numbers its commands from 1.
      if (heard && (!frame.resumed || heard.serverEpoch !== frame.serverEpoch)) heard.last = 0;
      this.#takes(wire, heard?.last ?? 0);
      // By the time the hello came: another process with the same session may have heard more since.
      const durable = heard?.durable ?? 0;
      if (frame.receivedRecords < durable)
        this.#world.fail(
          `L2 session ${frame.session} is welcome behind ${frame.receivedRecords}, it was told that ${durable} are durable`,
        );
    } else if (frame.type === 'commands') {
      const heard = this.#heard.get(wire);
      if (!heard) return;
      // What another process with the same session has taken is not sent again; this one notices.
      const last = Math.max(heard.last, this.#taken.get(this.#sessionOf.get(wire) ?? 0) ?? 0);
      if (frame.first > last + 1)
        this.#world.fail(`L2 commands ${last + 1} to ${frame.first - 1} for ${wire.node.name} are missing`);
      heard.last = Math.max(heard.last, frame.first + frame.batch.length - 1);
    } else if (frame.type === 'ack') {
      const session = this.#sessionOf.get(wire) ?? 0;
      this.#durable.set(session, Math.max(this.#durable.get(session) ?? 0, frame.durable));
    }
  }
}

/** The other keys of an object. */
function keysOf(aliases: ReadonlyMap<ObjectKey, ObjectKey>, key: ObjectKey): ObjectKey[] {
  const others: ObjectKey[] = [];
  for (const [from, to] of aliases) if (to === key) others.push(from);
  return others;
}

function isBeingMade(state: GcsState, key: ObjectKey): boolean {
  const maker = state.tasks.get(key);
  return maker !== undefined && maker.state !== 'finished';
}
