/**
 * Session frames to bytes and back, with one writer per thread: a frame costs one allocation, that of its own bytes.
 */
import { type SessionFrame, sessionFrames } from '#shared/protocol/session-frames.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';

const FIRST_BYTES = 64 * 1024;
const writer = new ByteWriter(FIRST_BYTES);

/** The bytes of a frame, the caller's to keep or to transfer. */
export function encodeSessionFrame(frame: SessionFrame): Uint8Array {
  writer.reset();
  sessionFrames.write(writer, frame);
  return writer.finish();
}

/** Reads and checks a frame; byte strings in it are views of `bytes`. @throws WireError */
export function decodeSessionFrame(bytes: Uint8Array): SessionFrame {
  const reader = new ByteReader(bytes);
  const frame = sessionFrames.read(reader);
  reader.expectEnd();
  return frame;
}
