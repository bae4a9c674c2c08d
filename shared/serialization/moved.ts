/**
 * `move(buffer)`: an argument whose memory the caller gives up. A value is flat bytes in the end, so its content is copied once
 * like any other; what moving adds is that the caller's memory is released at once instead of at some later collection, and that
 * using it afterwards fails instead of silently diverging from what was sent.
 */

/** Marks binary data as given up. The receiver sees the data itself, not the marker. */
export class Moved {
  readonly data: ArrayBuffer | ArrayBufferView;

  constructor(data: ArrayBuffer | ArrayBufferView) {
    this.data = data;
  }
}

/**
 * Detaches the memory when encoding is over. Data that covers only a part of its buffer stays attached: the rest belongs to
 * somebody else (Node keeps small Buffers in one pool), and so does shared memory.
 */
export function release({ data }: Moved): void {
  const buffer = ArrayBuffer.isView(data) ? data.buffer : data;
  if (!(buffer instanceof ArrayBuffer) || data.byteLength !== buffer.byteLength) return;
  buffer.transfer();
}
