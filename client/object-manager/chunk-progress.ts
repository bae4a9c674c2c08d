/**
 * How far a pull is: which pieces were asked for, which are here, which chunks are known to be right. A piece is what one question
 * asks for, a chunk what has a digest; a large chunk comes in several pieces, so that no frame is as large as a chunk.
 */
import { CHUNK_BYTES as PIECE_BYTES } from '#shared/protocol/limits.ts';
import { chunkBytesOf, chunkCountOf, digestAt, sameDigest } from '#shared/transfer/chunk-layout.ts';

const OPEN = 0;
const ASKED = 1;
const HERE = 2;

const INCOMPLETE = 0;
const COMPLETE = 1;
const CHECKING = 2;
const RIGHT = 3;

/** The pieces and chunks of one version of an object. */
export class ChunkProgress {
  readonly sizeBytes: number;
  readonly chunkCount: number;
  readonly #piecesPerChunk: number;
  readonly #pieces: Uint8Array;
  readonly #chunks: Uint8Array;
  /** Every piece before this one was asked for. */
  #next = 0;
  #asked = 0;
  #right = 0;

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    this.chunkCount = chunkCountOf(sizeBytes);
    this.#piecesPerChunk = Math.max(1, Math.round(chunkBytesOf(sizeBytes) / PIECE_BYTES));
    this.#pieces = new Uint8Array(Math.max(1, Math.ceil(sizeBytes / PIECE_BYTES)));
    this.#chunks = new Uint8Array(this.chunkCount);
  }

  /** Pieces that were asked for and are not here. */
  get askedCount(): number {
    return this.#asked;
  }

  get isDone(): boolean {
    return this.#right === this.chunkCount;
  }

  /** Nothing has come yet. */
  get isUntouched(): boolean {
    return this.#right === 0 && this.#pieces.every((state) => state !== HERE);
  }

  /** Asks for the next piece: its offset, or `undefined` if all were asked for. */
  ask(): number | undefined {
    while (this.#next < this.#pieces.length && this.#pieces[this.#next] !== OPEN) this.#next += 1;
    if (this.#next === this.#pieces.length) return undefined;
    this.#pieces[this.#next] = ASKED;
    this.#asked += 1;
    return this.#next * PIECE_BYTES;
  }

  /** Offsets of what was asked for and is not here. */
  *asked(): Iterable<number> {
    if (this.#asked === 0) return;
    for (const [piece, state] of this.#pieces.entries()) if (state === ASKED) yield piece * PIECE_BYTES;
  }

  isAsked(offset: number): boolean {
    return offset % PIECE_BYTES === 0 && this.#pieces[offset / PIECE_BYTES] === ASKED;
  }

  /** What was asked for will not come: it is asked for again, of somebody else. */
  takeBack(): void {
    for (const [piece, state] of this.#pieces.entries()) {
      if (state !== ASKED) continue;
      this.#pieces[piece] = OPEN;
      this.#next = Math.min(this.#next, piece);
    }
    this.#asked = 0;
  }

  lengthAt(offset: number): number {
    return Math.min(PIECE_BYTES, Math.max(this.sizeBytes - offset, 0));
  }

  /** A piece that was asked for is here; gives the number of its chunk if that is complete with it. */
  arrived(offset: number): number | undefined {
    const piece = offset / PIECE_BYTES;
    this.#pieces[piece] = HERE;
    this.#asked -= 1;
    const chunk = Math.floor(piece / this.#piecesPerChunk);
    if (!this.#piecesOf(chunk).every((state) => state === HERE)) return undefined;
    this.#chunks[chunk] = COMPLETE;
    return chunk;
  }

  /** Chunks that are complete and that nobody has looked at. */
  unchecked(): number[] {
    return [...this.#chunks.entries()].flatMap(([chunk, state]) => (state === COMPLETE ? [chunk] : []));
  }

  /** Somebody looks at it now. */
  checking(chunk: number): void {
    this.#chunks[chunk] = CHECKING;
  }

  /** Whether a chunk with this digest is the object's. */
  matches(digest: Uint8Array, manifest: Uint8Array, chunk: number): boolean {
    return sameDigest(digest, digestAt(manifest, chunk));
  }

  right(chunk: number): void {
    if (this.isRight(chunk)) return;
    this.#chunks[chunk] = RIGHT;
    this.#right += 1;
  }

  /** These bytes are not the object's: asked for again. */
  wrong(chunk: number): void {
    this.#chunks[chunk] = INCOMPLETE;
    this.#piecesOf(chunk).fill(OPEN);
    this.#next = Math.min(this.#next, chunk * this.#piecesPerChunk);
  }

  isRight(chunk: number): boolean {
    return this.#chunks[chunk] === RIGHT;
  }

  #piecesOf(chunk: number): Uint8Array {
    return this.#pieces.subarray(chunk * this.#piecesPerChunk, (chunk + 1) * this.#piecesPerChunk);
  }
}
