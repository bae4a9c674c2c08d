/**
 * Object bytes through the server, for nodes that cannot reach each other: a puller's question goes to a holder, the
 * holder's answer back to the puller. The server keeps no bytes, only who asked whom.
 *
 * Of a small object (`fetch`) the server chooses the holder: one that lacks it is taken off the list and the next one is asked; a
 * holder without a connection is no loss: the puller is told to come again. For a large one it names sources (`locate`), and the
 * puller says itself which of them it asks.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { CHUNK_BYTES, MAX_SOURCES } from '#shared/protocol/limits.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import { CHUNK_STATUS, type SessionFrame, type SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { sameDigest } from '#shared/transfer/chunk-layout.ts';
import type { ObjectRecord, SessionRecord } from '../gcs/entities.ts';
import type { Gcs } from '../gcs/gcs.ts';
import { KNOWS_DIGESTS } from '../gcs/transfer-book.ts';

const NO_BYTES = new Uint8Array(0);
/** Questions one puller may have open; the rest are told to come again. */
const MAX_OPEN_PER_PULLER = 4096;

type Question = SessionFrameOf<'fetch' | 'fetchFrom' | 'describe'>;
/** An answer as it goes to a puller of today. */
type Answer = SessionFrameOf<'piece' | 'manifest'>;

/** One question on its way to a holder. */
interface OpenQuestion {
  readonly puller: number;
  readonly question: Question;
  holder: number;
  /** Further keys under which the holder may have it. */
  otherKeys: ObjectKey[];
  /** Holders that gave something else. */
  readonly without: Set<number>;
}

/** What the relay needs of the gateway. */
export interface RelayPort {
  isConnected(session: number): boolean;
  /** Sends at low priority; false if the link takes no more. */
  send(session: number, frame: SessionFrame): boolean;
  /** A holder said that it has not got the object. */
  copyMissing(object: ObjectRecord, session: number): void;
  /** What a holder gave is not the object. */
  corrupted(object: ObjectRecord, source: number, puller: number): void;
  /** The session lives in this server, and is told as a former release is. */
  isLocal(session: number): boolean;
}

/** All transfers through this server. */
export class Relay {
  readonly #gcs: Pick<Gcs, 'state' | 'objects'>;
  readonly #port: RelayPort;
  /** By the number the holder answers with. */
  readonly #open = new Map<number, OpenQuestion>();
  readonly #openOf = new Map<number, number>();
  #next = 1;
  /** Payload bytes passed on. */
  relayedBytes = 0;

  constructor(gcs: Pick<Gcs, 'state' | 'objects'>, port: RelayPort) {
    this.#gcs = gcs;
    this.#port = port;
  }

  get openCount(): number {
    return this.#open.size;
  }

  *levels(): Iterable<QueueLevel> {
    for (const level of this.#openOf.values())
      yield { queue: 'relayed questions of a node', level, bound: MAX_OPEN_PER_PULLER };
  }

  /** A puller asks for a piece of an object, or for its manifest: of whoever has it, or of a source that it names. */
  ask(puller: number, question: Question): void {
    const open = { puller, question, holder: 0, otherKeys: [], without: new Set<number>() };
    if ((this.#openOf.get(puller) ?? 0) >= MAX_OPEN_PER_PULLER) this.#refuse(open, CHUNK_STATUS.busy);
    else if (question.type === 'fetch') this.#askAnybody(open);
    else this.#askSource(open, question.source);
  }

  /** A puller asks for what it may not name. */
  turnAway(puller: number, frame: Question | SessionFrameOf<'locate'>): void {
    const { transfer, object } = frame;
    const { missing: status } = CHUNK_STATUS;
    if (frame.type === 'locate')
      this.#port.send(puller, {
        type: 'sources',
        transfer,
        object,
        status,
        sizeBytes: 0,
        digest: NO_BYTES,
        sources: [],
      });
    else this.#refuse({ puller, question: frame, holder: 0, otherKeys: [], without: new Set() }, status);
  }

  /** A puller asks who has an object. */
  locate(puller: SessionRecord, { transfer, object: key, without }: SessionFrameOf<'locate'>): void {
    const object = this.#gcs.state.object(key);
    const { missing, busy, ok } = CHUNK_STATUS;
    const answer = { type: 'sources', transfer, object: key, digest: NO_BYTES, sizeBytes: 0 } as const;
    let sources: { session: number; isOld: boolean }[] = [];
    if (object?.status === 'inline') sources = [{ session: 0, isOld: true }];
    else if (object) sources = [...this.#gcs.objects.transfers.locate(object, key, puller, new Set(without))];
    const isHeld = (object?.locations?.size ?? 0) > 0;
    const status = sources.length > 0 ? ok : isHeld ? busy : missing;
    this.#port.send(puller.id, {
      ...answer,
      status,
      sizeBytes: object?.sizeBytes ?? 0,
      digest: object?.manifestDigest ?? NO_BYTES,
      sources: sources.slice(0, MAX_SOURCES),
    });
  }

  /** A holder of a former release answers. */
  chunk(holder: number, { type: _, ...chunk }: SessionFrameOf<'chunk'>): void {
    this.answer(holder, { type: 'piece', ...chunk, source: 0, digest: NO_BYTES });
  }

  /** A holder answers. */
  answer(holder: number, answer: Answer): void {
    const open = this.#open.get(answer.transfer);
    if (!open || open.holder !== holder || (answer.type === 'manifest') !== (open.question.type === 'describe')) return;
    this.#close(answer.transfer, open);
    const object = this.#gcs.state.object(open.question.object);
    if (answer.status === CHUNK_STATUS.missing) this.#missing(open, object, holder);
    else if (answer.type === 'piece' && object && this.#isWrong(object, answer)) {
      this.#port.corrupted(object, holder, open.puller);
      open.without.add(holder);
      this.#askAnybody(open);
    } else {
      if (answer.type === 'piece') this.relayedBytes += answer.data.length;
      this.#tell(open, { ...answer, source: holder });
    }
  }

  /** A value of one chunk comes with its digest, which may be known. Of a larger one the puller has the manifest. */
  #isWrong({ manifestDigest, sizeBytes }: ObjectRecord, { digest, totalBytes }: SessionFrameOf<'piece'>): boolean {
    return (
      manifestDigest !== undefined &&
      digest.length > 0 &&
      totalBytes === sizeBytes &&
      !sameDigest(digest, manifestDigest)
    );
  }

  /** A session has no connection any more: what it was asked is asked elsewhere, what it asked is forgotten. */
  disconnected(session: number): void {
    this.#gcs.objects.transfers.disconnected(session);
    for (const [transfer, open] of [...this.#open]) {
      if (open.puller !== session && open.holder !== session) continue;
      this.#close(transfer, open);
      if (open.puller === session) continue;
      if (open.question.type === 'fetch') this.#askAnybody(open);
      else this.#refuse(open, CHUNK_STATUS.away);
    }
  }

  #missing(open: OpenQuestion, object: ObjectRecord | undefined, holder: number): void {
    const otherKey = open.otherKeys.shift();
    if (otherKey !== undefined) {
      if (!this.#send(open, holder, otherKey)) this.#refuse(open, CHUNK_STATUS.busy);
      return;
    }
    if (object?.locations?.has(holder)) this.#port.copyMissing(object, holder);
    else if (object) this.#gcs.objects.transfers.over(object.key, holder);
    if (open.question.type === 'fetch') this.#askAnybody(open);
    else this.#refuse(open, CHUNK_STATUS.missing);
  }

  #askAnybody(open: OpenQuestion): void {
    const object = this.#gcs.state.object(open.question.object);
    if (object?.value && object.status === 'inline') {
      this.#answerInline(open, object.value);
      return;
    }
    for (const holder of object?.locations ?? []) {
      if (object && !open.without.has(holder) && this.#askHolder(open, object, holder)) return;
    }
    const held = object?.locations !== undefined && object.locations.size > 0;
    this.#refuse(open, held ? CHUNK_STATUS.busy : CHUNK_STATUS.missing);
  }

  /** The source is one of those that were named, or it is not asked: ids are names, not permissions. */
  #askSource(open: OpenQuestion, source: number): void {
    const object = this.#gcs.state.object(open.question.object);
    if (source === 0 && object?.value && object.status === 'inline') {
      this.#answerInline(open, object.value);
      return;
    }
    const pulled = object && this.#gcs.objects.transfers.keyAt(object.key, source);
    if (object?.locations?.has(source)) {
      if (this.#askHolder(open, object, source)) return;
    } else if (pulled !== undefined && this.#port.isConnected(source)) {
      open.otherKeys = [];
      if (this.#send(open, source, pulled, source)) return;
    }
    const isBusy = this.#port.isConnected(source) && (pulled !== undefined || object?.locations?.has(source) === true);
    this.#refuse(open, isBusy ? CHUNK_STATUS.busy : CHUNK_STATUS.away);
  }

  #askHolder(open: OpenQuestion, object: ObjectRecord, holder: number): boolean {
    if (!this.#port.isConnected(holder)) return false;
    // A node that made an object again has it under a key of its own (rule L1). It may even be the one that asks: the key it
    // asked for comes last, but it comes, for it may have made the object since.
    const isAskedFor = (at: ObjectKey): boolean => holder === open.puller && at === open.question.object;
    const [key, ...otherKeys] = this.#gcs.state
      .keysAt(holder, object.key)
      .toSorted((a, b) => Number(isAskedFor(a)) - Number(isAskedFor(b)));
    if (key === undefined || !this.#send(open, holder, key)) return false;
    open.otherKeys = otherKeys;
    return true;
  }

  #refuse(open: OpenQuestion, status: number): void {
    const { question } = open;
    const { transfer, object } = question;
    const source = question.type === 'fetch' ? 0 : question.source;
    if (question.type === 'describe')
      this.#tell(open, { type: 'manifest', transfer, object, status, source, sizeBytes: 0, digests: NO_BYTES });
    else {
      const { offset } = question;
      const nothing = { totalBytes: 0, digest: NO_BYTES, data: NO_BYTES };
      this.#tell(open, { type: 'piece', transfer, object, status, source, offset, ...nothing });
    }
  }

  #answerInline(open: OpenQuestion, value: Uint8Array): void {
    const { question } = open;
    if (question.type === 'describe') {
      this.#refuse(open, CHUNK_STATUS.missing);
      return;
    }
    const { transfer, object, offset, length } = question;
    this.#tell(open, {
      type: 'piece',
      transfer,
      object,
      status: CHUNK_STATUS.ok,
      source: 0,
      offset,
      totalBytes: value.length,
      digest: NO_BYTES,
      data: value.subarray(offset, offset + Math.min(length, CHUNK_BYTES)),
    });
  }

  #tell({ puller, question }: OpenQuestion, answer: Answer): void {
    const { transfer, object } = question;
    if (answer.type === 'piece' && !this.#knowsPieces(puller)) {
      const { status, offset, totalBytes, data } = answer;
      this.#port.send(puller, { type: 'chunk', transfer, object, status, offset, totalBytes, data });
    } else this.#port.send(puller, { ...answer, transfer, object });
  }

  #knowsPieces(session: number): boolean {
    return (this.#gcs.state.sessions.get(session)?.version ?? 0) >= KNOWS_DIGESTS && !this.#port.isLocal(session);
  }

  /**
   * Asks a holder under one of its keys; false if its link takes no more.
   *
   * @param source the holder itself, if it is asked for what is on its way to it; else 0. Who was thought to have the object must say
   * that it has not, and not wait for what it perhaps asked for itself.
   */
  #send(open: OpenQuestion, holder: number, object: ObjectKey, source = 0): boolean {
    const transfer = this.#next;
    this.#next += 1;
    const { question } = open;
    let frame: SessionFrame;
    if (question.type === 'describe') frame = { type: 'describe', transfer, source, object };
    else {
      const { offset, length } = question;
      frame =
        source === 0
          ? { type: 'fetch', transfer, object, offset, length }
          : { type: 'fetchFrom', transfer, source, object, offset, length };
    }
    if (!this.#port.send(holder, frame)) return false;
    open.holder = holder;
    this.#open.set(transfer, open);
    this.#openOf.set(open.puller, (this.#openOf.get(open.puller) ?? 0) + 1);
    return true;
  }

  #close(transfer: number, open: OpenQuestion): void {
    this.#open.delete(transfer);
    const count = (this.#openOf.get(open.puller) ?? 1) - 1;
    if (count > 0) this.#openOf.set(open.puller, count);
    else this.#openOf.delete(open.puller);
  }
}
