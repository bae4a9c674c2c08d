/** Binary data of a value, on the way in: checks the tables against the bytes and lays typed arrays over them, or copies. */
import { SerializationError } from '../errors/daylight-error.ts';
import type { ByteReader } from '../wire/byte-reader.ts';
import { alignUp, elementBytes, segmentAlignment, VIEW_KINDS, type ViewKind } from './value-format.ts';

interface Segment {
  /** From the start of the value. */
  offset: number;
  readonly sizeBytes: number;
  /** Set once the segment was copied; all its views then share this. */
  copied: ArrayBuffer | undefined;
  /** A whole buffer was sent: its views must share the buffer handed out, which cannot be a part of somebody's memory. */
  mustCopy: boolean;
}

interface View {
  readonly kind: ViewKind;
  readonly segment: Segment;
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The views of one value, handed out in the order of their tags. */
export class ViewTable {
  readonly #bytes: Uint8Array;
  readonly #segments: Segment[] = [];
  readonly #views: View[] = [];
  #next = 0;

  /** Reads the tables. `bytes` is the whole value; `copy` false lays views over it where alignment allows. */
  constructor(reader: ByteReader, bytes: Uint8Array, copy: boolean) {
    this.#bytes = bytes;
    const segmentCount = count(reader);
    for (let index = 0; index < segmentCount; index++) {
      this.#segments.push({ offset: 0, sizeBytes: reader.varint(), copied: undefined, mustCopy: copy });
    }
    const viewCount = count(reader);
    for (let index = 0; index < viewCount; index++) this.#views.push(this.#readView(reader));
  }

  /** Places the segments behind the body, which ends at `bodyEnd`. @throws SerializationError unless they end with the bytes. */
  place(bodyEnd: number): void {
    let end = bodyEnd;
    for (const segment of this.#segments) {
      segment.offset = alignUp(end, segmentAlignment(segment.sizeBytes));
      end = segment.offset + segment.sizeBytes;
    }
    if (end !== this.#bytes.length) throw new SerializationError('malformed value: buffers do not end with the bytes');
  }

  /** The next typed array, DataView or ArrayBuffer. */
  next(): ArrayBuffer | ArrayBufferView {
    const view = this.#views[this.#next++];
    if (view === undefined) throw new SerializationError('malformed value: more views than announced');
    const { kind, segment } = view;
    const inPlace =
      !segment.mustCopy && (this.#bytes.byteOffset + segment.offset + view.offset) % elementBytes(kind) === 0;
    if (inPlace && segment.copied === undefined) {
      return construct(kind, this.#bytes.buffer, this.#bytes.byteOffset + segment.offset + view.offset, view.sizeBytes);
    }
    segment.copied ??= this.#copyOf(segment);
    if (kind !== 'ArrayBuffer') return construct(kind, segment.copied, view.offset, view.sizeBytes);
    const whole = view.offset === 0 && view.sizeBytes === segment.sizeBytes;
    return whole ? segment.copied : segment.copied.slice(view.offset, view.offset + view.sizeBytes);
  }

  /** @throws SerializationError unless every view was handed out. */
  expectEnd(): void {
    if (this.#next !== this.#views.length) throw new SerializationError('malformed value: views left over');
  }

  #copyOf({ offset, sizeBytes }: Segment): ArrayBuffer {
    const copy = new Uint8Array(sizeBytes);
    copy.set(this.#bytes.subarray(offset, offset + sizeBytes));
    return copy.buffer;
  }

  #readView(reader: ByteReader): View {
    const kind = VIEW_KINDS[reader.u8()];
    const segment = this.#segments[reader.varint()];
    const offset = reader.varint();
    const sizeBytes = reader.varint();
    if (kind === undefined || segment === undefined || offset + sizeBytes > segment.sizeBytes) {
      throw new SerializationError('malformed value: a view is outside its buffer');
    }
    const width = elementBytes(kind);
    if (offset % width !== 0 || sizeBytes % width !== 0)
      throw new SerializationError('malformed value: a view is misaligned');
    if (kind === 'ArrayBuffer') segment.mustCopy = true;
    return { kind, segment, offset, sizeBytes };
  }
}

function construct(kind: ViewKind, buffer: ArrayBufferLike, byteOffset: number, sizeBytes: number): ArrayBufferView {
  const type: unknown = Reflect.get(globalThis, kind); // Float16Array is missing from older engines
  if (typeof type !== 'function') throw new SerializationError(`${kind} does not exist on this engine`);
  return Reflect.construct(type, [buffer, byteOffset, sizeBytes / elementBytes(kind)]);
}

function count(reader: ByteReader): number {
  const value = reader.varint();
  if (value > reader.remaining) throw new SerializationError('malformed value: a count passes the end');
  return value;
}
