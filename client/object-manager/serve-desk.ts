/**
 * What others ask of this node: pieces and manifests of what lies here, and of what is on its way here, so that many who need one
 * object get it from each other while it is still coming (rule O6).
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { CHUNK_BYTES } from '#shared/protocol/limits.ts';
import { CHUNK_STATUS, type SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { chunkCountOf } from '#shared/transfer/chunk-layout.ts';
import type { ManifestShelf } from './manifest-shelf.ts';
import type { TransferPorts } from './ports.ts';
import type { Pull } from './pull.ts';

const NO_BYTES = new Uint8Array(0);

/** For what is here, or for what is on its way here. */
type Fetch = SessionFrameOf<'fetch' | 'fetchFrom'>;

/** Answers questions. */
export class ServeDesk {
  readonly #ports: TransferPorts;
  readonly #shelf: ManifestShelf;
  readonly #pullOf: (key: ObjectKey) => Pull | undefined;
  /** Payload bytes sent. */
  sentBytes = 0;

  constructor(ports: TransferPorts, shelf: ManifestShelf, pullOf: (key: ObjectKey) => Pull | undefined) {
    this.#ports = ports;
    this.#shelf = shelf;
    this.#pullOf = pullOf;
  }

  /** Another node asks for a piece. */
  onFetch(fetch: Fetch): void {
    const { object, offset, length } = fetch;
    const retry = (): void => this.onFetch(fetch);
    const local = this.#ports.readLocal(object, retry);
    if (local === 'soon') return;
    if (local instanceof Uint8Array) {
      this.#givePiece(fetch, local);
      return;
    }
    const pull = fetch.type === 'fetchFrom' ? this.#pullOf(object) : undefined;
    if (!pull || local === 'busy') {
      this.#refuse(fetch, local ? CHUNK_STATUS.busy : CHUNK_STATUS.missing);
      return;
    }
    const piece = pull.pieceAt(offset, Math.min(length, CHUNK_BYTES));
    if (piece) this.#send(fetch, piece, pull.sizeBytes, NO_BYTES);
    else if (!pull.awaitChunk(offset, retry)) this.#refuse(fetch, CHUNK_STATUS.busy);
  }

  /** Another node asks for the digests of all chunks. */
  onDescribe(question: SessionFrameOf<'describe'>): void {
    const { object } = question;
    const retry = (): void => this.onDescribe(question);
    const local = this.#ports.readLocal(object, retry);
    if (local === 'soon') return;
    if (local instanceof Uint8Array) {
      this.#shelf.read(object, local, (manifest) => this.#describe(question, local.length, manifest));
      return;
    }
    const pull = question.source === 0 ? undefined : this.#pullOf(object);
    if (!pull || local === 'busy') this.#cannotDescribe(question, local ? CHUNK_STATUS.busy : CHUNK_STATUS.missing);
    else if (pull.manifest) this.#describe(question, pull.sizeBytes, pull.manifest);
    else if (!pull.awaitChunk(-1, retry)) this.#cannotDescribe(question, CHUNK_STATUS.busy);
  }

  #givePiece(fetch: Fetch, local: Uint8Array): void {
    const { object, offset, length } = fetch;
    const piece = local.subarray(offset, offset + Math.min(length, CHUNK_BYTES));
    if (chunkCountOf(local.length) > 1) this.#send(fetch, piece, local.length, NO_BYTES);
    else this.#shelf.read(object, local, (digest) => this.#send(fetch, piece, local.length, digest));
  }

  #send({ transfer, object, offset }: Fetch, data: Uint8Array, totalBytes: number, digest: Uint8Array): void {
    const { ok: status, busy } = CHUNK_STATUS;
    const piece = { type: 'piece', transfer, object, status, source: 0, offset, totalBytes, digest, data } as const;
    if (this.#ports.answer(piece)) this.sentBytes += data.length;
    else this.#ports.answerStatus({ ...piece, status: busy, totalBytes: 0, digest: NO_BYTES, data: NO_BYTES });
  }

  #refuse({ transfer, object, offset }: Fetch, status: number): void {
    const nothing = { source: 0, totalBytes: 0, digest: NO_BYTES, data: NO_BYTES };
    this.#ports.answerStatus({ type: 'piece', transfer, object, status, offset, ...nothing });
  }

  #describe(question: SessionFrameOf<'describe'>, sizeBytes: number, digests: Uint8Array): void {
    const { transfer, object } = question;
    const { ok: status, busy } = CHUNK_STATUS;
    if (!this.#ports.answer({ type: 'manifest', transfer, object, status, source: 0, sizeBytes, digests }))
      this.#cannotDescribe(question, busy);
  }

  #cannotDescribe({ transfer, object }: SessionFrameOf<'describe'>, status: number): void {
    const nothing = { source: 0, sizeBytes: 0, digests: NO_BYTES };
    this.#ports.answerStatus({ type: 'manifest', transfer, object, status, ...nothing });
  }
}
