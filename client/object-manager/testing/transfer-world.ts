/** A node's transfers between lists: what it says is kept, what others answer is said by the test. */
import { digest128Bytes } from '#shared/ids/content-id.ts';
import { CHUNK_BYTES } from '#shared/protocol/limits.ts';
import { CHUNK_STATUS, type SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { chunkBytesOf, chunkCountOf, manifestDigest } from '#shared/transfer/chunk-layout.ts';
import { ManualClock } from '../../raylet/testing/manual-clock.ts';
import { ObjectManager } from '../object-manager.ts';
import type { AnswerFrame, AskFrame } from '../ports.ts';

const NO_BYTES = new Uint8Array(0);
export const KEY = 77;
type Asked = SessionFrameOf<'fetch' | 'fetchFrom'>;

/** The digests of all chunks. */
export function manifestOf(bytes: Uint8Array): Uint8Array {
  const chunkBytes = chunkBytesOf(bytes.length);
  const parts = Array.from({ length: chunkCountOf(bytes.length) }, (_, chunk) =>
    digest128Bytes(bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes)),
  );
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

export function rootOf(bytes: Uint8Array): Uint8Array {
  return manifestDigest(bytes.length, manifestOf(bytes));
}

export function patterned(sizeBytes: number, salt = 31): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, index) => (index * salt + (index >> 8)) & 255);
}

/** One node. */
export class TransferWorld {
  readonly clock = new ManualClock();
  readonly asked: AskFrame[] = [];
  readonly answers: AnswerFrame[] = [];
  readonly described: { key: number; digest: Uint8Array }[] = [];
  readonly corrupted: { key: number; source: number; offset: number }[] = [];
  readonly local = new Map<number, Uint8Array | 'busy'>();
  linkTakes = true;
  hasRoom = true;
  /** Memory that pulls have taken and not given back. */
  takenBytes = 0;
  readonly manager = new ObjectManager({
    clock: this.clock,
    ask: (frame) => void this.asked.push(frame),
    answer: (frame) => this.linkTakes && this.answers.push(frame) > 0,
    answerStatus: (frame) => void this.answers.push(frame),
    allocate: (sizeBytes) => {
      if (!this.hasRoom) throw new RangeError('there is no room');
      this.takenBytes += sizeBytes;
      return new ArrayBuffer(sizeBytes);
    },
    release: (sizeBytes) => (this.takenBytes -= sizeBytes),
    readLocal: (key) => this.local.get(key),
    digest: (bytes, done) => done(digest128Bytes(bytes)),
    described: (key, _sizeBytes, digest) => void this.described.push({ key, digest }),
    corrupted: (key, source, offset) => void this.corrupted.push({ key, source, offset }),
  });

  /** Takes out what was asked of one kind. */
  take<T extends AskFrame['type']>(type: T): SessionFrameOf<T>[] {
    const isIt = (frame: AskFrame): frame is SessionFrameOf<T> => frame.type === type;
    const taken = this.asked.filter(isIt);
    for (const frame of taken) this.asked.splice(this.asked.indexOf(frame), 1);
    return taken;
  }

  /** Questions for pieces, taken out. */
  pieces(): Asked[] {
    return [...this.take('fetch'), ...this.take('fetchFrom')];
  }

  /** The server names sources. */
  sources(transfer: number, bytes: Uint8Array, sessions: readonly number[], digest: Uint8Array = NO_BYTES): void {
    const sources = sessions.map((session) => ({ session, isOld: false }));
    const status = sources.length > 0 ? CHUNK_STATUS.ok : CHUNK_STATUS.missing;
    this.manager.onFrame({ type: 'sources', transfer, object: KEY, status, sizeBytes: bytes.length, digest, sources });
  }

  manifest(transfer: number, bytes: Uint8Array, source: number): void {
    const [status, digests] = [CHUNK_STATUS.ok, manifestOf(bytes)];
    this.manager.onFrame({ type: 'manifest', transfer, object: KEY, status, source, sizeBytes: bytes.length, digests });
  }

  /** Somebody answers with a piece of these bytes, or with a status. */
  piece(asked: Asked | undefined, bytes: Uint8Array, status: number = CHUNK_STATUS.ok, digest?: Uint8Array): void {
    if (!asked) throw new Error('nothing was asked');
    const { transfer, object, offset, length } = asked;
    const ok = status === CHUNK_STATUS.ok;
    this.manager.onFrame({
      type: 'piece',
      transfer,
      object,
      status,
      source: asked.type === 'fetchFrom' ? asked.source : 1,
      offset,
      totalBytes: ok ? bytes.length : 0,
      digest: digest ?? (ok && chunkCountOf(bytes.length) === 1 ? digest128Bytes(bytes) : NO_BYTES),
      data: ok ? bytes.subarray(offset, offset + Math.min(length, CHUNK_BYTES)) : NO_BYTES,
    });
  }

  /** Answers all that is asked for pieces, until nothing is. */
  serve(bytes: Uint8Array): void {
    for (let open = this.pieces(); open.length > 0; open = this.pieces())
      for (const asked of open) this.piece(asked, bytes);
  }
}
