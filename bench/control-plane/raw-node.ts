// A node without a raylet: it speaks the session's frames and nothing else, so that what is measured is the server. Its records
// leave in columnar frames of 256, as those of a busy node do, and it keeps none of them.
import type { Transport } from '#shared/ports/transport.ts';
import { FRAME_FLUSH_RECORDS } from '#shared/protocol/limits.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import { type SessionFrame, type SessionFrameOf, sessionFrames } from '#shared/protocol/session-frames.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';

/** Who it says it is. */
export interface RawIdentity {
  readonly role: 'host' | 'driver';
  readonly name: string;
  readonly cpus: number;
  readonly token: string;
}

/** What its owner does about what it hears. */
export interface RawNodeEvents {
  /** It is in; if it came back, after its report. */
  welcomed(): void;
  commands(batch: readonly ServerCommand[]): void;
  /** Its records up to this one are durable. */
  durable(record: number): void;
}

/** A node's session over one connection after another. */
export class RawNode {
  readonly #identity: RawIdentity;
  readonly #events: RawNodeEvents;
  readonly #writer = new ByteWriter(64 * 1024);
  #transport: Transport | undefined;
  #gathered: NodeRecord[] = [];
  #session = 0;
  #epoch = 0;
  #serverEpoch = 0;
  #received = 0;
  #lastRecord = 0;
  /** What it tells a server that asks what it runs. */
  leases: SessionFrameOf<'report'>['leases'] = [];
  /** Milliseconds that this side has spent. */
  spentMs = 0;

  constructor(identity: RawIdentity, events: RawNodeEvents) {
    this.#identity = identity;
    this.#events = events;
  }

  get session(): number {
    return this.#session;
  }

  get lastRecord(): number {
    return this.#lastRecord;
  }

  /** Says hello over a connection, as a new node or as the one that it was. */
  connect(transport: Transport): void {
    this.#transport = transport;
    transport.onFrame((bytes) => this.#receive(bytes));
    const { role, name, cpus, token } = this.#identity;
    this.#send({
      type: 'hello',
      version: PROTOCOL_VERSION,
      role,
      nodeId: Buffer.from(name).toString('hex').padStart(32, '0'),
      nodeName: name,
      token,
      session: this.#session,
      epoch: this.#epoch,
      serverEpoch: this.#serverEpoch,
      receivedCommands: this.#received,
      cpuMilli: cpus * 1000,
      resources: [],
      jobName: role === 'driver' ? name : '',
      platform: 'made up',
    });
  }

  write(record: NodeRecord): void {
    this.#lastRecord += 1;
    this.#gathered.push(record);
    if (this.#gathered.length >= FRAME_FLUSH_RECORDS) this.flush();
  }

  flush(): void {
    if (this.#gathered.length === 0) return;
    const batch = this.#gathered;
    this.#gathered = [];
    this.#send({ type: 'records', first: this.#lastRecord - batch.length + 1, batch });
  }

  ping(): void {
    this.#send({ type: 'ping' });
  }

  #send(frame: SessionFrame): void {
    this.#writer.reset();
    sessionFrames.write(this.#writer, frame);
    this.#transport?.send(this.#writer.finish());
  }

  #receive(bytes: Uint8Array): void {
    const startMs = performance.now();
    const frame = sessionFrames.read(new ByteReader(bytes));
    switch (frame.type) {
      case 'welcome':
        this.#welcome(frame);
        break;
      case 'commands':
        this.#received = frame.first + frame.batch.length - 1;
        this.#events.commands(frame.batch);
        this.flush();
        this.#send({ type: 'ack', received: this.#received, durable: this.#received });
        break;
      case 'ack':
        this.#events.durable(frame.durable);
        this.flush();
        break;
      case 'refused':
        if (frame.code === 'stopping') break;
        throw new Error(`the server refuses ${this.#identity.name}: ${frame.message}`);
      default:
        break;
    }
    this.spentMs += performance.now() - startMs;
  }

  #welcome({ session, epoch, serverEpoch, resumed, receivedRecords, wantsReport }: SessionFrameOf<'welcome'>): void {
    if (resumed && receivedRecords < this.#lastRecord - this.#gathered.length)
      throw new Error(`the server has lost records of ${this.#identity.name}, which keeps none`);
    if (serverEpoch !== this.#serverEpoch) this.#received = 0;
    this.#session = session;
    this.#epoch = epoch;
    this.#serverEpoch = serverEpoch;
    const lastRecord = this.#lastRecord;
    if (wantsReport) this.#send({ type: 'report', lastRecord, leases: this.leases, actors: [], copies: [], wants: [] });
    this.#events.welcomed();
    this.flush();
  }
}
