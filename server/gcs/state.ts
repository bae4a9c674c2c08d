/**
 * The GCS's hot state: the live tables in memory, and which rows changed since the last group commit (rule G1).
 */
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import type { ServerCommand } from '#shared/protocol/server-commands.ts';
import { Batches } from './batches.ts';
import { Dictionaries } from './dictionaries.ts';
import { Gone } from './gone.ts';
import { HistoryTable } from './history-table.ts';
import type { ActorRecord, JobRecord, ObjectRecord, SessionRecord, TaskRecord } from './entities.ts';
import { KeyTable } from './key-table.ts';

/** A finished task on its way into the history. */
export interface TaskOutcome {
  readonly task: TaskRecord;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  readonly session: number;
  readonly durationUs: number;
  readonly sizeBytes: number;
  readonly message: string;
}

/** Something people may want to know later. */
export interface GcsEvent {
  readonly severity: 'info' | 'warning' | 'error';
  readonly kind: string;
  readonly message: string;
  readonly job: number;
  readonly session: number;
}

/** What the GCS asks of its shell. All of it is fire and forget; nothing is answered. */
export interface GcsPorts {
  /** Adds a command to a session's stream. */
  command(session: SessionRecord, command: ServerCommand): void;
  taskEnded(outcome: TaskOutcome): void;
  event(event: GcsEvent): void;
  /** A later life of the node has come (rule M4): close the connection of this one. */
  superseded(session: SessionRecord): void;
  /** The session is over: close its connection and forget its streams. */
  sessionEnded(session: SessionRecord, reason: string): void;
}

/** A job module. */
export interface ModuleRecord {
  readonly index: number;
  readonly hash: string;
  readonly code: Uint8Array;
  readonly sourceMap: Uint8Array;
}

/** Rows to write with the next group commit. Objects and tasks share a key and a row. */
export class DirtyRows {
  readonly objects = new Set<ObjectKey>();
  readonly actors = new Set<ObjectKey>();
  readonly jobs = new Set<number>();
  readonly sessions = new Set<number>();
  readonly functions = new Set<number>();
  readonly options = new Set<number>();
  readonly modules = new Set<string>();
  readonly aliases = new Set<ObjectKey>();
  readonly histories = new Set<number>();
  readonly meta = new Set<number>();

  get size(): number {
    return (
      this.objects.size +
      this.actors.size +
      this.jobs.size +
      this.sessions.size +
      this.functions.size +
      this.options.size +
      this.modules.size +
      this.aliases.size +
      this.histories.size +
      this.meta.size
    );
  }

  clear(): void {
    for (const rows of [
      this.objects,
      this.actors,
      this.jobs,
      this.sessions,
      this.functions,
      this.options,
      this.modules,
      this.aliases,
      this.histories,
      this.meta,
    ])
      rows.clear();
  }
}

/** All live tables. */
export class GcsState {
  readonly sessions = new Map<number, SessionRecord>();
  readonly jobs = new Map<number, JobRecord>();
  readonly tasks = new KeyTable<TaskRecord>();
  readonly objects = new KeyTable<ObjectRecord>();
  readonly actors = new Map<ObjectKey, ActorRecord>();
  /** Living named actors by `namespace/name`. */
  readonly actorNames = new Map<string, ActorRecord>();
  readonly modules = new Map<string, ModuleRecord>();
  /** Keys that a re-execution gave to work that already had one (rule L1). */
  readonly aliases = new Map<ObjectKey, ObjectKey>();
  /** The other keys of each object or task that has any. */
  readonly #otherKeys = new Map<ObjectKey, ObjectKey[]>();
  /** What durable `main`s did. */
  readonly histories = new HistoryTable();
  readonly batches = new Batches();
  readonly dirty = new DirtyRows();
  readonly gone = new Gone(this.dirty.meta);
  readonly dictionaries: Dictionaries;
  readonly ports: GcsPorts;
  /** The server's monotonic clock and wall clock, set by the shell before each step. */
  nowMs = 0;
  wallMs = 0;
  /** True from a start with earlier state until its nodes have reported (rule M3): nothing is rescheduled or rebuilt. */
  grace = false;

  constructor(ports: GcsPorts) {
    this.ports = ports;
    this.dictionaries = new Dictionaries((entry) => {
      if ('json' in entry) this.dirty.options.add(entry.index);
      else this.dirty.functions.add(entry.index);
    });
  }

  /** The key by which an object or task is known here. */
  resolve(key: ObjectKey): ObjectKey {
    return this.aliases.size === 0 ? key : (this.aliases.get(key) ?? key);
  }

  /** One more key for what is known as `to`. */
  addAlias(from: ObjectKey, to: ObjectKey): void {
    this.aliases.set(from, to);
    this.dirty.aliases.add(from);
    const others = this.#otherKeys.get(to);
    if (others) others.push(from);
    else this.#otherKeys.set(to, [from]);
  }

  /** What was known as `to` is gone: so are its other keys. */
  dropAliases(to: ObjectKey): void {
    for (const from of this.#otherKeys.get(to) ?? []) {
      this.aliases.delete(from);
      this.dirty.aliases.add(from);
    }
    this.#otherKeys.delete(to);
  }

  /**
   * The keys under which a session may have a copy of an object: the one known here, and those that its node gave, now or in a
   * former life, whose values it may find on its disk.
   */
  keysAt(session: number, key: ObjectKey): ObjectKey[] {
    const others = this.#otherKeys.get(key);
    if (!others) return [key];
    const nodeId = this.sessions.get(session)?.nodeId;
    return [...others.filter((other) => this.sessions.get(sessionOfKey(other))?.nodeId === nodeId), key];
  }

  object(key: ObjectKey): ObjectRecord | undefined {
    return this.objects.get(this.resolve(key));
  }

  task(key: ObjectKey): TaskRecord | undefined {
    return this.tasks.get(this.resolve(key));
  }

  /** What an actor or a durable `main` holds: both let go of it one by one. */
  holdingsOf(holder: ObjectKey): KeyTable<ObjectRecord> | undefined {
    return this.actors.get(holder)?.holdings ?? this.histories.of(holder)?.holdings;
  }

  /** The session a task was born in. */
  birthSession(task: TaskRecord): SessionRecord | undefined {
    return this.sessions.get(sessionOfKey(task.key));
  }

  touch(object: ObjectRecord | TaskRecord): void {
    this.dirty.objects.add(object.key);
  }

  /** An object or task was taken out of its table. What was never written down need not be deleted either. */
  dropped(gone: ObjectRecord | TaskRecord): void {
    if (gone.onDisk || this.objects.has(gone.key) || this.tasks.has(gone.key)) this.dirty.objects.add(gone.key);
    else this.dirty.objects.delete(gone.key);
  }
}
