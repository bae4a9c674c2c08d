/**
 * A GCS between recording ports, for tests: sessions write records, commands and events are kept for inspection, and the
 * whole can be lost and started again from what was committed.
 */
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { seededRandom } from '#shared/ports/random.ts';
import { TABLE_NAMES } from '#shared/ports/storage.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { ServerCommand, ServerCommandOf } from '#shared/protocol/server-commands.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { MemoryDisk, MemoryStorage } from '../../storage/memory-storage.ts';
import type { SessionRecord } from '../entities.ts';
import { Gcs } from '../gcs.ts';
import { loadState } from '../load-state.ts';
import { writeDirty } from '../rows.ts';
import type { GcsEvent, GcsState, TaskOutcome } from '../state.ts';

const TIMES = { graceMs: 45_000, hostDeadMs: 10_000, tabDeadMs: 60_000, driverDeadMs: 30_000 };

/** A host of one CPU. */
export const HELLO: SessionFrameOf<'hello'> = {
  type: 'hello',
  version: PROTOCOL_VERSION,
  role: 'host',
  nodeId: 'n',
  nodeName: 'node',
  token: '',
  session: 0,
  epoch: 0,
  serverEpoch: 0,
  receivedCommands: 0,
  cpuMilli: 1000,
  resources: [],
  jobName: '',
  platform: '',
};

/** One server's tables on a fake clock. */
export class GcsWorld {
  gcs: Gcs;
  nowMs = 1000;
  readonly commands: { session: number; command: ServerCommand }[] = [];
  readonly ended: TaskOutcome[] = [];
  readonly events: GcsEvent[] = [];
  readonly gone: number[] = [];
  readonly superseded: number[] = [];
  #disk: MemoryDisk;
  #storage: MemoryStorage;
  #epoch = 1;
  #builder = new MutationBatchBuilder('test', 1);
  #opened = false;

  /** @param disk what an earlier server left, read by `restart` */
  constructor(disk = new MemoryDisk()) {
    this.#disk = disk;
    this.#storage = new MemoryStorage({ disk });
    this.gcs = this.#make();
  }

  #make(): Gcs {
    const gcs = new Gcs(
      {
        command: (session, command) => this.commands.push({ session: session.id, command }),
        taskEnded: (outcome) => this.ended.push(outcome),
        event: (event) => this.events.push(event),
        superseded: (session) => this.superseded.push(session.id),
        sessionEnded: (session) => this.gone.push(session.id),
      },
      { random: seededRandom(1), serverEpoch: this.#epoch, ...TIMES },
    );
    gcs.setTime(this.nowMs, this.nowMs);
    return gcs;
  }

  /** A host with labels. */
  labelled(labels: Readonly<Record<string, string>>, fields: Partial<SessionFrameOf<'hello'>> = {}): SessionRecord {
    const session = this.open(fields);
    this.gcs.sessions.setLabels(
      session,
      Object.entries(labels).map(([key, value]) => ({ key, value })),
    );
    this.gcs.settle();
    return session;
  }

  open(fields: Partial<SessionFrameOf<'hello'>> = {}, trusted = true): SessionRecord {
    const nodeId = `n${this.gcs.state.sessions.size}`;
    const session = this.gcs.sessions.open({ ...HELLO, nodeId, ...fields }, trusted);
    this.gcs.sessions.answered(session);
    if (session.role === 'driver') this.gcs.jobs.start(session, 'job');
    this.gcs.settle();
    return session;
  }

  /** A node whose owner nobody knows. */
  stranger(fields: Partial<SessionFrameOf<'hello'>> = {}): SessionRecord {
    return this.open({ role: 'tab', nodeName: 'stranger', ...fields }, false);
  }

  driver(): SessionRecord {
    return this.open({ role: 'driver', cpuMilli: 0, nodeName: 'driver' });
  }

  say(session: SessionRecord, ...records: NodeRecord[]): void {
    this.gcs.applyRecords(session, session.heard + 1, records);
  }

  /** Commands to a session so far, of one kind. */
  to<K extends ServerCommand['kind']>(session: SessionRecord | number, kind: K): ServerCommandOf<K>[] {
    const id = typeof session === 'number' ? session : session.id;
    const isIt = (command: ServerCommand): command is ServerCommandOf<K> => command.kind === kind;
    return this.commands
      .filter((each) => each.session === id)
      .map(({ command }) => command)
      .filter(isIt);
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.gcs.setTime(this.nowMs, this.nowMs);
    this.gcs.tick();
  }

  async commit(): Promise<void> {
    if (!this.#opened) await this.#storage.open();
    this.#opened = true;
    writeDirty(this.gcs.state, this.#builder);
    await this.#storage.commit(this.#builder.finish());
  }

  /** What the disk holds, as text. */
  rows(): Record<string, Record<string, string>> {
    return dump(this.#disk);
  }

  /** What the disk would hold if everything were written afresh. */
  async freshRows(): Promise<Record<string, Record<string, string>>> {
    return dump(await freshDisk(this.gcs));
  }

  /** Commits every row there is. */
  async rewrite(): Promise<void> {
    touchAll(this.gcs.state);
    await this.commit();
  }

  /** Loses everything that was not committed, and starts again. Sessions are new objects: look them up again. */
  async restart(): Promise<void> {
    this.#storage.crash();
    this.#disk = this.#storage.durableCopy();
    this.#epoch += 1;
    this.#storage = new MemoryStorage({ disk: this.#disk });
    this.#builder = new MutationBatchBuilder('test', this.#epoch);
    await this.#storage.open();
    this.#opened = true;
    this.commands.length = 0;
    this.gcs = this.#make();
    await loadState(this.#storage, this.gcs, () => Promise.resolve());
  }

  session(id: number): SessionRecord {
    const session = this.gcs.state.sessions.get(id);
    if (!session) throw new Error(`no session ${id}`);
    return session;
  }

  /** A node comes back after a restart and says what it has. */
  back(id: number, report: Partial<SessionFrameOf<'report'>> = {}): SessionRecord {
    const session = this.session(id);
    this.gcs.sessions.connected(session);
    this.gcs.sessions.report(session, {
      type: 'report',
      lastRecord: session.heard,
      leases: [],
      actors: [],
      copies: [],
      wants: [],
      ...report,
    });
    return session;
  }
}

async function freshDisk(gcs: Gcs): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const storage = new MemoryStorage({ disk });
  await storage.open();
  const { state } = gcs;
  touchAll(state);
  const builder = new MutationBatchBuilder('test', 1);
  writeDirty(state, builder);
  await storage.commit(builder.finish());
  return disk;
}

function touchAll(state: GcsState): void {
  const { dirty } = state;
  for (const key of [...state.objects.keys(), ...state.tasks.keys()]) dirty.objects.add(key);
  for (const key of state.actors.keys()) dirty.actors.add(key);
  for (const id of state.jobs.keys()) dirty.jobs.add(id);
  for (const id of state.sessions.keys()) dirty.sessions.add(id);
  for (const { index } of state.dictionaries.functions()) dirty.functions.add(index);
  for (let index = 0; state.dictionaries.optionsAt(index); index++) dirty.options.add(index);
  for (const hash of state.modules.keys()) dirty.modules.add(hash);
  for (const key of state.aliases.keys()) dirty.aliases.add(key);
}

function dump(disk: MemoryDisk): Record<string, Record<string, string>> {
  const tables: Record<string, Record<string, string>> = {};
  for (const name of TABLE_NAMES) {
    tables[name] = Object.fromEntries(
      [...(disk.live.get(name) ?? [])]
        .sort(([a], [b]) => a - b)
        .map(([key, row]) => [String(key), Buffer.from(row).toString('hex')]),
    );
  }
  return tables;
}
