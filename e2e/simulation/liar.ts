/**
 * A stranger in a public cluster whose node lies (rules T2, T3): it knows the names of everything, because names are no
 * permissions, and says whatever would change what honest nodes do if it were believed. Jobs that trust their own nodes only
 * must not notice.
 */
import { decodeSessionFrame, encodeSessionFrame } from '#client/raylet/session-frame-codec.ts';
import type { GcsState } from '#server/gcs/state.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Transport } from '#shared/ports/transport.ts';
import { END_REASON, FUNCTION_KIND, type NodeRecord, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import { CHUNK_STATUS, type SessionFrame } from '#shared/protocol/session-frames.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { JOB_MODULE, OPTION_SETS, TASK_FUNCTION } from './job-module.ts';
import { Machine } from './machine.ts';
import type { SimNode } from './sim-node.ts';
import type { SimServer } from './sim-server.ts';
import { LEAST_VALUE_BYTES, valueBytes } from './values.ts';
import type { World } from './world.ts';

/** A lie comes so often, or up to so many times as rarely. */
const LIE_MS = 40;
const RARELY = 20;
const RETURN_MS = 300;
/** What the gateway may say to it. */
const REFUSALS = ['gap', 'malformed', 'bad-record', 'unexpected', 'version', 'token'];
const NO_BYTES = new Uint8Array(0);

/** Whom it lies to and about. */
export interface LiarWorld {
  readonly world: World;
  readonly server: SimServer;
  readonly nodes: readonly SimNode[];
}

/** A node that speaks the protocol and tells no truth. */
export class Liar {
  readonly #books: LiarWorld;
  readonly #machine: Machine;
  readonly #random: Random;
  readonly #onLie: () => void;
  #transport: Transport | undefined;
  #session = 0;
  #nextRecord = 1;
  #isStopped = false;

  constructor(books: LiarWorld, name: string, onLie: () => void) {
    this.#books = books;
    this.#machine = new Machine(books.world, name);
    this.#random = books.world.random(name);
    this.#onLie = onLie;
    for (const reason of REFUSALS) books.server.network.provoked.add(reason);
  }

  start(): void {
    this.#connect();
    this.#lieLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#transport?.close();
  }

  #connect(): void {
    if (this.#isStopped) return;
    const transport = this.#books.server.network.connect(this.#machine, false);
    this.#transport = transport;
    this.#session = 0;
    transport.onFrame((bytes) => {
      const frame = decodeSessionFrame(bytes);
      if (frame.type !== 'welcome') return;
      this.#session = frame.session;
      this.#nextRecord = frame.receivedRecords + 1;
    });
    transport.onClose(() => {
      this.#session = 0;
      this.#machine.after(RETURN_MS * this.#random.next(), () => this.#connect());
    });
    transport.send(encodeSessionFrame(this.#hello()));
  }

  /** Now and then with the name of an honest node, or with its session. */
  #hello(): SessionFrame {
    const victim = this.#chance(0.2) ? this.#pick(this.#books.nodes) : undefined;
    const isTaking = this.#chance(0.5);
    return {
      type: 'hello',
      version: PROTOCOL_VERSION,
      role: this.#chance(0.5) ? 'host' : 'tab',
      nodeId: victim?.kind.isStranger === false ? victim.nodeId : this.#below(2 ** 32).toString(16),
      nodeName: 'an honest node',
      token: this.#chance(0.05) ? 'wrong' : '',
      session: (isTaking && victim?.shell?.session.session) || 0,
      epoch: (isTaking && victim?.shell?.session.epoch) || 0,
      serverEpoch: 0,
      receivedCommands: 0,
      cpuMilli: 64_000,
      resources: [],
      jobName: '',
      platform: 'simulated',
    };
  }

  #lieLater(): void {
    this.#machine.after(LIE_MS * (1 + RARELY * this.#random.next()), () => {
      if (this.#isStopped) return;
      this.#lie();
      this.#lieLater();
    });
  }

  #lie(): void {
    const { plane } = this.#books.server;
    if (!plane || this.#session === 0) return;
    const { state } = plane.gcs;
    const frame = this.#chance(0.75) ? this.#records(state) : this.#frame(state);
    this.#machine.tell(
      `lies: ${frame.type === 'records' ? frame.batch.map(({ kind }) => kind).join(', ') : frame.type}`,
    );
    this.#onLie();
    const bytes = encodeSessionFrame(frame);
    if (this.#chance(0.05)) bytes[this.#below(bytes.length)] = this.#below(256);
    this.#transport?.send(bytes);
  }

  #records(state: GcsState): SessionFrame {
    const batch = Array.from({ length: 1 + this.#below(3) }, () => this.#record(state));
    const first = this.#nextRecord + (this.#chance(0.03) ? 5 : 0);
    this.#nextRecord += batch.length;
    return { type: 'records', first, batch };
  }

  #record(state: GcsState): NodeRecord {
    const task = this.#key(state.tasks);
    const object = this.#key(state.objects);
    const attempt = state.tasks.get(task)?.attempt ?? 1;
    const value = valueBytes(this.#below(2 ** 32), LEAST_VALUE_BYTES, new Uint8Array(LEAST_VALUE_BYTES));
    const sizeBytes = LEAST_VALUE_BYTES;
    const own = objectKey(this.#session, 1 + this.#below(1000));
    const made = { value, nested: [object], sizeBytes };
    const digest = new Uint8Array(16);
    const call = { fn: TASK_FUNCTION, options: 0, args: NO_BYTES, deps: [object], nested: [], k: 0 };
    const lies: NodeRecord[] = [
      { kind: 'finish', task, attempt, outcome: OUTCOME.value, durationUs: 1, ...made },
      { kind: 'finish', task, attempt, outcome: OUTCOME.error, durationUs: 1, ...made, nested: [] },
      {
        kind: 'failed',
        task,
        attempt,
        reason: END_REASON.workerCrashed,
        counted: true,
        retriedHere: false,
        message: 'it crashed',
        logTail: '',
      },
      { kind: 'submit', task: own, parent: task, actor: 0, place: PLACE.global, ...call },
      { kind: 'submit', task, parent: 0, actor: 0, place: PLACE.here, ...call },
      { kind: 'put', object: own, parent: task, k: 0, digest, ...made },
      { kind: 'put', object, parent: 0, k: 0, digest, ...made },
      { kind: 'spill', task },
      { kind: 'release', object, holder: 0 },
      { kind: 'hold', object, holder: 0 },
      { kind: 'want', object },
      { kind: 'located', object, present: true, sizeBytes },
      { kind: 'located', object, present: false, sizeBytes },
      { kind: 'digest', object, sizeBytes, digest },
      { kind: 'found', object, sizeBytes, digest },
      { kind: 'cancel', task, recursive: true, force: true },
      { kind: 'killActor', actor: task, noRestart: true },
      { kind: 'module', ...JOB_MODULE, code: value },
      {
        kind: 'function',
        fn: this.#below(300),
        module: JOB_MODULE.module,
        name: 'theirs',
        functionKind: FUNCTION_KIND.task,
      },
      { kind: 'options', options: this.#below(300), json: OPTION_SETS[0] ?? '' },
      { kind: 'jobFinished', outcome: OUTCOME.error, value },
      { kind: 'succeeded' },
    ];
    return this.#pick(lies);
  }

  #frame(state: GcsState): SessionFrame {
    const task = this.#key(state.tasks);
    const object = this.#key(state.objects);
    const attempt = state.tasks.get(task)?.attempt ?? 1;
    const transfer = 1 + this.#below(10);
    const lies: SessionFrame[] = [
      {
        type: 'report',
        lastRecord: this.#below(100),
        leases: [{ task, attempt }],
        actors: [],
        copies: [{ object, sizeBytes: LEAST_VALUE_BYTES }],
        wants: [object],
      },
      { type: 'fetch', transfer, object, offset: 0, length: 1000 },
      { type: 'chunk', transfer, object, status: CHUNK_STATUS.ok, offset: 0, totalBytes: 8, data: new Uint8Array(8) },
      { type: 'chunk', transfer, object, status: CHUNK_STATUS.missing, offset: 0, totalBytes: 0, data: NO_BYTES },
      { type: 'ack', received: this.#below(1000), durable: 1000 },
      { type: 'request', id: 1, method: 'module', body: NO_BYTES },
      { type: 'log', task, level: 1, text: 'all is well' },
      { type: 'progress', task: 0, fraction: 1, note: 'done' },
      { type: 'capacity', cpuMilli: this.#below(5_000_000), resources: [] },
      { type: 'bye', reason: 'the work is done' },
      { type: 'ping' },
    ];
    return this.#pick(lies);
  }

  #key(table: { keys(): Iterable<ObjectKey>; readonly size: number }): ObjectKey {
    return [...table.keys()][this.#below(table.size)] ?? 1;
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }

  #below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T; // never called with an empty list
  }
}
