/**
 * Streams that wait (rules L2, M3): after a start of the server a node may send again what relies on records of another node
 * that are still to come, or ask whether a call was made before by an attempt whose node has yet to say so. Its stream stops
 * there until the cause has come, or the grace is over.
 *
 * What waits counts as heard, not as received: it is not acknowledged, and comes once more if the server dies. To let only the
 * one record wait and go on with those behind it would acknowledge what is in no table.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { SessionRecord } from './entities.ts';

/** Beyond so many records nodes have to come again later. */
const MAX_HELD = 100_000;

/** A stream from its first record that waits. */
interface HeldStream {
  readonly records: NodeRecord[];
  /** Place of the first that was not applied. */
  next: number;
  /** What that one waits for. */
  awaited: ObjectKey;
}

/** All streams that wait. */
export class HeldStreams {
  /** What a session's record waits for now; 0 for nothing. */
  readonly #awaitedBy: (record: NodeRecord, session: SessionRecord) => ObjectKey;
  readonly #apply: (session: SessionRecord, record: NodeRecord) => void;
  readonly #ended: (session: SessionRecord) => void;
  readonly #streams = new Map<SessionRecord, HeldStream>();
  readonly #byKey = new Map<ObjectKey, Set<SessionRecord>>();
  readonly #ready: SessionRecord[] = [];
  /** While the last is applied: keys that records which still wait will make known, and in how many of them. */
  #toCome: Map<ObjectKey, number> | undefined;
  #isDraining = false;
  #count = 0;

  /** @param ended nothing of a session waits any more */
  constructor(
    awaitedBy: (record: NodeRecord, session: SessionRecord) => ObjectKey,
    apply: (session: SessionRecord, record: NodeRecord) => void,
    ended: (session: SessionRecord) => void,
  ) {
    this.#awaitedBy = awaitedBy;
    this.#apply = apply;
    this.#ended = ended;
  }

  /** Something of this session waits. */
  has(session: SessionRecord): boolean {
    return this.#streams.has(session);
  }

  *levels(): Iterable<QueueLevel> {
    yield { queue: 'records that came too early', level: this.#count, bound: MAX_HELD };
  }

  /**
   * The next record of a session waits, if it has to. Returns false if it can be applied now.
   *
   * @throws RangeError if too many wait already: the node is to send it again later.
   */
  hold(session: SessionRecord, record: NodeRecord): boolean {
    const stream = this.#streams.get(session);
    const awaited = stream ? stream.awaited : this.#awaitedBy(record, session);
    if (awaited === 0) return false;
    if (this.#count >= MAX_HELD) throw new RangeError('too many records wait for those of other nodes');
    this.#count += 1;
    if (stream) {
      stream.records.push(record);
      return true;
    }
    this.#streams.set(session, { records: [record], next: 0, awaited });
    this.#waits(session, awaited);
    return true;
  }

  /** The node sends again what waits, or never again. */
  drop(session: SessionRecord): void {
    const stream = this.#streams.get(session);
    if (!stream) return;
    this.#streams.delete(session);
    this.#expect(runnerKey(session.id), -1);
    this.#unwait(session, stream.awaited);
    this.#count -= stream.records.length - stream.next;
  }

  /** A key became known: what waited for it goes on. */
  becameKnown(key: ObjectKey): void {
    const sessions = this.#byKey.get(key);
    if (!sessions) return;
    this.#byKey.delete(key);
    this.#ready.push(...sessions);
    this.#drainReady();
  }

  /**
   * Nothing more is to come: what waits is applied to what there is, causes first where they are among it. So a stream goes on
   * without what it waits for only if that is in no other stream; of those that wait for each other, the first.
   */
  applyAll(): void {
    this.#ready.push(...this.#streams.keys());
    this.#drainReady();
    this.#toCome = new Map();
    for (const [session, { records, next }] of this.#streams) {
      this.#expect(runnerKey(session.id), 1);
      for (const record of records.slice(next)) this.#expect(keyMadeKnownBy(record), 1);
    }
    for (let isStuck = false; this.#streams.size > 0;) {
      const before = this.#count;
      for (const [session, stream] of this.#streams) {
        if (isStuck) this.#goOnWithout(session, stream);
        isStuck = false;
        while (this.#streams.get(session) === stream && !this.#toCome.has(stream.awaited))
          this.#goOnWithout(session, stream);
      }
      isStuck = this.#count === before;
    }
    this.#toCome = undefined;
  }

  #goOnWithout(session: SessionRecord, stream: HeldStream): void {
    this.#unwait(session, stream.awaited);
    this.#applyNext(session, stream);
    this.#ready.push(session);
    this.#drainReady();
  }

  /** What makes a key known is among what waits (`change` 1), or no longer (−1). */
  #expect(key: ObjectKey, change: 1 | -1): void {
    if (key === 0 || !this.#toCome) return;
    const count = (this.#toCome.get(key) ?? 0) + change;
    if (count > 0) this.#toCome.set(key, count);
    else this.#toCome.delete(key);
  }

  /** One after the other, however they wait for each other: not by recursion. */
  #drainReady(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    for (let session = this.#ready.shift(); session; session = this.#ready.shift()) this.#drain(session);
    this.#isDraining = false;
  }

  #drain(session: SessionRecord): void {
    const stream = this.#streams.get(session);
    if (!stream) return;
    for (;;) {
      const record = stream.records[stream.next];
      if (!record) {
        this.#streams.delete(session);
        this.#expect(runnerKey(session.id), -1);
        this.#ended(session);
        return;
      }
      const awaited = this.#awaitedBy(record, session);
      if (awaited !== 0) {
        stream.awaited = awaited;
        this.#waits(session, awaited);
        return;
      }
      this.#applyNext(session, stream);
    }
  }

  #applyNext(session: SessionRecord, stream: HeldStream): void {
    const record = stream.records[stream.next];
    stream.next += 1;
    this.#count -= 1;
    if (!record) return;
    this.#expect(keyMadeKnownBy(record), -1);
    this.#apply(session, record);
  }

  #waits(session: SessionRecord, key: ObjectKey): void {
    const sessions = this.#byKey.get(key);
    if (sessions) sessions.add(session);
    else this.#byKey.set(key, new Set([session]));
  }

  #unwait(session: SessionRecord, key: ObjectKey): void {
    const sessions = this.#byKey.get(key);
    sessions?.delete(session);
    if (sessions?.size === 0) this.#byKey.delete(key);
  }
}

/** What waits for a session to say everything waits for this key, which no object has. */
export function runnerKey(session: number): ObjectKey {
  return -session;
}

/** 0 for a record that makes nothing known. */
function keyMadeKnownBy(record: NodeRecord): ObjectKey {
  if (record.kind === 'submit') return record.task;
  return record.kind === 'put' ? record.object : 0;
}
