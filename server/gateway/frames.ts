/**
 * Frames to bytes and back, with one writer for the whole process.
 */
import { type SessionFrame, sessionFrames } from '#shared/protocol/session-frames.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';

const FIRST_BYTES = 64 * 1024;
/** A hello with every field at its bound. */
const MAX_HELLO_BYTES = 64 * 1024;
/** Frames begin with the place of their type in the protocol's list, and hello is the first. */
const HELLO_TAG = 0;
const writer = new ByteWriter(FIRST_BYTES);

/** The bytes of a frame, the caller's to keep. */
export function encodeFrame(frame: SessionFrame): Uint8Array {
  writer.reset();
  sessionFrames.write(writer, frame);
  return writer.finish();
}

/** Whether this can be a hello: asked before anything of a peer is read that has not said who it is. */
export function mayBeHello(bytes: Uint8Array): boolean {
  return bytes[0] === HELLO_TAG && bytes.length <= MAX_HELLO_BYTES;
}

/** Reads and checks a frame; byte strings in it are views of `bytes`. @throws WireError */
export function decodeFrame(bytes: Uint8Array): SessionFrame {
  const reader = new ByteReader(bytes);
  const frame = sessionFrames.read(reader);
  reader.expectEnd();
  return frame;
}
