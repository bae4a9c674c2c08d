/**
 * What must hold after every event (rules L2, L5, O3, B1). Each check says what it found.
 */
import type { ControlPlane } from '#server/control-plane.ts';
import { decodeFrame } from '#server/gateway/frames.ts';
import type { TaskRecord } from '#server/gcs/entities.ts';
import type { Gcs } from '#server/gcs/gcs.ts';
import type { GcsState } from '#server/gcs/state.ts';
import type { Gateway } from '#server/gateway/gateway.ts';
import type { FrameTap, Wire } from './network.ts';
import type { SimNode } from './sim-node.ts';
import type { SimServer } from './sim-server.ts';
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
  /** Sessions that this life of the server has given up. */
  readonly #dead = new Set<number>();
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
  readonly tap: FrameTap = {
    toServer: (wire, frame) => this.#toServer(wire, frame),
    toNode: (wire, frame) => this.#toNode(wire, frame),
  };

  constructor(world: World, books: Books) {
    this.#world = world;
    this.#books = books;
  }

  /** A server has read what was durable. */
  serverStarted(plane: ControlPlane): void {
    this.#accepted.clear();
    this.#dead.clear();
    for (const [id, durable] of this.#durable) {
      const session = plane.gcs.state.sessions.get(id);
      if (session && session.received < durable)
        this.#world.fail(`L2 record ${session.received + 1} of session ${id} was acknowledged and is lost`);
    }
    this.#watchRecords(plane.gcs);
    this.#watchSilence(plane);
    const taskEnded = plane.taskEnded.bind(plane);
    plane.taskEnded = (outcome) => {
      const { task } = outcome;
      const attempt = `${task.key} attempt ${task.attempt}`;
      if (this.#accepted.has(attempt)) this.#world.fail(`L5 a result of ${attempt} was accepted twice`);
      this.#accepted.add(attempt);
      this.acceptedCount += 1;
      taskEnded(outcome);
    };
  }

  /** Each record is applied once in a life of the server (rule L2). */
  #watchRecords(gcs: Gcs): void {
    const applied = new Map<number, number>();
    const applyRecords = gcs.applyRecords.bind(gcs);
    gcs.applyRecords = (session, first, records) => {
      const last = applied.get(session.id) ?? 0;
      if (session.received < last)
        this.#world.fail(`L2 records ${session.received + 1} to ${last} of session ${session.id} are applied twice`);
      applyRecords(session, first, records);
      applied.set(session.id, session.received);
    };
  }

  /** Nobody is given up for silence that the server was not there to hear (rule M3). */
  #watchSilence(plane: ControlPlane): void {
    const startedMs = plane.clock.nowMs();
    const { hostDeadMs } = plane.times;
    const sessionEnded = plane.sessionEnded.bind(plane);
    plane.sessionEnded = (session, reason) => {
      const upMs = plane.clock.nowMs() - startedMs;
      this.#dead.add(session.id);
      if (reason.startsWith('no connection') && (plane.gcs.inGrace || upMs < hostDeadMs))
        this.#world.fail(`M3 ${session.nodeName} is given up ${upMs.toFixed(0)} ms after the start of the server`);
      sessionEnded(session, reason);
    };
  }

  nodeEnds(backlogRecords: number): void {
    if (backlogRecords === 0) return;
    this.#hasOrphans = true;
    if (!this.#books.server.isUp) this.mayHaveLost = true;
  }

  serverEnds(): void {
    if (this.#hasOrphans) this.mayHaveLost = true;
  }

  check(): void {
    this.#events += 1;
    for (const node of this.#books.all()) this.#checkNode(node);
    const { plane, gateway } = this.#books.server;
    if (!plane || !gateway || this.#events % TABLE_LOOK_EVENTS > 0) return;
    this.#checkGateway(gateway);
    if (!plane.gcs.inGrace) this.#checkTables(plane);
  }

  /** Programs compute with no more CPUs than there are (rule S3). */
  #checkNode({ activeMilli, kind }: SimNode): void {
    if (activeMilli > kind.cpus * 1000)
      this.#world.fail(`S3 programs compute with ${activeMilli / 1000} of the ${kind.cpus} CPUs of ${kind.name}`);
  }

  #checkGateway({ counters }: Gateway): void {
    for (const reason of NEVER_REFUSED) {
      const count = counters.refused.get(reason);
      if (count !== undefined) this.#world.fail(`the gateway refused ${count} frames: ${reason}`);
    }
  }

  /** No object is gone that an unfinished task has among its inputs (rule O3). */
  #checkTables({ gcs }: ControlPlane): void {
    const { state } = gcs;
    for (const id of this.#dead)
      if (state.sessions.get(id)?.state !== 'dead') this.#world.fail(`M1 session ${id} was given up and lives again`);
    for (const task of state.tasks.values()) {
      if (task.state === 'finished') continue;
      for (const key of [...task.deps, ...task.nested]) {
        const object = state.object(key);
        // What was let go is made again for a task that runs again.
        if (!object || (object.status === 'freed' && !isReplayed(state, task)))
          this.#world.fail(
            `O3 object ${key} is ${object ? 'freed' : 'gone'} and task ${task.key} (${task.state}) needs it`,
          );
      }
    }
  }

  #toServer(wire: Wire, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.type !== 'records') return;
    const last = this.#lastRecord.get(wire);
    if (last !== undefined && frame.first > last + 1)
      this.#world.fail(`L2 records ${last + 1} to ${frame.first - 1} of ${wire.node.name} are missing`);
    this.#lastRecord.set(wire, Math.max(last ?? 0, frame.first + frame.batch.length - 1));
  }

  #toNode(wire: Wire, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.type === 'welcome') {
      this.#sessionOf.set(wire, frame.session);
      this.#lastRecord.set(wire, frame.receivedRecords);
      const durable = this.#durable.get(frame.session) ?? 0;
      if (frame.receivedRecords < durable)
        this.#world.fail(
          `L2 session ${frame.session} is welcome behind ${frame.receivedRecords}, it was told that ${durable} are durable`,
        );
    } else if (frame.type === 'ack') {
      const session = this.#sessionOf.get(wire) ?? 0;
      this.#durable.set(session, Math.max(this.#durable.get(session) ?? 0, frame.durable));
    }
  }
}

/** True for a task that runs again, and for what such a task makes. */
function isReplayed(state: GcsState, task: TaskRecord): boolean {
  for (let at: TaskRecord | undefined = task; at; at = state.task(at.parent)) if (at.replayed) return true;
  return false;
}
