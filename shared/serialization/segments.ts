/**
 * Binary data of a value, on the way out. Typed arrays that overlap in memory share a segment, so that writing through one is
 * seen through the other on the far side too; anything else of their buffers is left out: the rest of a pooled Buffer belongs to
 * others, and a small view of a large array should stay small.
 */
import { SerializationError } from '../errors/daylight-error.ts';
import type { ByteWriter } from '../wire/byte-writer.ts';
import { alignUp, elementBytes, segmentAlignment, VIEW_KINDS, type ViewKind } from './value-format.ts';

const TYPED_ARRAY_TAG = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype),
  Symbol.toStringTag,
);

interface View {
  readonly kind: ViewKind;
  readonly buffer: ArrayBufferLike;
  readonly start: number;
  readonly end: number;
}

interface Segment {
  readonly buffer: ArrayBufferLike;
  readonly start: number;
  end: number;
  /** Zero bytes before the data, where a view would otherwise lose its alignment. */
  lead: number;
  readonly views: View[];
}

/** A piece to copy: `source` to `offset`, counted from the start of the value. */
export interface SegmentCopy {
  readonly offset: number;
  readonly source: Uint8Array;
}

/** The kind of an ArrayBuffer view, by internal slot: right across realms and for subclasses such as Buffer. */
export function viewKindOf(view: ArrayBufferView): ViewKind {
  const tag: unknown = TYPED_ARRAY_TAG?.get?.call(view);
  return VIEW_KINDS.find((kind) => kind === tag) ?? 'DataView';
}

/** Collects the binary data of one value. */
export class SegmentCollector {
  readonly #views: View[] = [];

  get isEmpty(): boolean {
    return this.#views.length === 0;
  }

  /** Adds a typed array, DataView or whole buffer. The memory is read only when the value is written out. */
  add(data: ArrayBuffer | ArrayBufferView): void {
    const isView = ArrayBuffer.isView(data);
    const buffer = isView ? data.buffer : data;
    if (buffer instanceof ArrayBuffer && buffer.detached)
      throw new SerializationError('is a detached buffer (moved or transferred before)');
    const start = isView ? data.byteOffset : 0;
    this.#views.push({ kind: isView ? viewKindOf(data) : 'ArrayBuffer', buffer, start, end: start + data.byteLength });
  }

  /** Writes the segment and view tables to `head`; returns the segments with their size on the wire. */
  writeTables(head: ByteWriter): { sizeBytes: number; source: Uint8Array; lead: number }[] {
    const segments = this.#segments();
    head.varint(segments.length);
    for (const { start, end, lead } of segments) head.varint(lead + end - start);
    head.varint(this.#views.length);
    const homeOf = new Map<View, number>();
    segments.forEach((segment, index) => segment.views.forEach((view) => homeOf.set(view, index)));
    for (const view of this.#views) {
      const home = homeOf.get(view) ?? 0;
      const segment = segments[home];
      if (segment === undefined) continue;
      head.u8(VIEW_KINDS.indexOf(view.kind));
      head.varint(home);
      head.varint(segment.lead + view.start - segment.start);
      head.varint(view.end - view.start);
    }
    return segments.map(({ buffer, start, end, lead }) => ({
      sizeBytes: lead + end - start,
      lead,
      source: new Uint8Array(buffer, start, end - start),
    }));
  }

  #segments(): Segment[] {
    const byBuffer = new Map<ArrayBufferLike, View[]>();
    for (const view of this.#views) {
      const views = byBuffer.get(view.buffer);
      if (views === undefined) byBuffer.set(view.buffer, [view]);
      else views.push(view);
    }
    const segments: Segment[] = [];
    for (const [buffer, views] of byBuffer) {
      // Wider first at equal starts, so that a whole buffer takes in all its views, empty ones too.
      const sorted = views.length === 1 ? views : views.toSorted((a, b) => a.start - b.start || b.end - a.end);
      let current: Segment | undefined;
      for (const view of sorted) {
        const wholeBuffer = current !== undefined && current.views[0]?.kind === 'ArrayBuffer';
        if (current === undefined || (view.start >= current.end && !wholeBuffer)) {
          current = { buffer, start: view.start, end: view.end, lead: 0, views: [view] };
          segments.push(current);
        } else {
          current.end = Math.max(current.end, view.end);
          current.views.push(view);
        }
      }
    }
    for (const segment of segments) {
      const aligned = segment.views.every(({ kind, start }) => (start - segment.start) % elementBytes(kind) === 0);
      if (!aligned) segment.lead = segment.start % 8;
    }
    return segments;
  }
}

/** Places segments behind `offset`, each aligned; returns the copies to make and the end. */
export function placeSegments(
  segments: readonly { sizeBytes: number; source: Uint8Array; lead: number }[],
  offset: number,
): { copies: SegmentCopy[]; end: number } {
  let end = offset;
  const copies = segments.map(({ sizeBytes, source, lead }) => {
    const start = alignUp(end, segmentAlignment(sizeBytes));
    end = start + sizeBytes;
    return { offset: start + lead, source };
  });
  return { copies, end };
}
