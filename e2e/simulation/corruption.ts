/**
 * Object bytes that change on their way: by a bad memory, a bad disk, or somebody's will. Frames of other kinds do not, or nothing
 * could be relied on at all.
 */
import { decodeSessionFrame, encodeSessionFrame } from '#client/raylet/session-frame-codec.ts';
import type { SessionFrame } from '#shared/protocol/session-frames.ts';
import { WireError } from '#shared/wire/wire-error.ts';

/** The frame with a byte changed; `undefined` if it carries no object bytes. */
export function corrupted(bytes: Uint8Array): Uint8Array | undefined {
  const frame = readable(bytes);
  const changed = frame && change(frame);
  return changed && encodeSessionFrame(changed);
}

/** `undefined` for what a liar sent that is no frame at all: nothing of it can be changed, and the server refuses it. */
function readable(bytes: Uint8Array): SessionFrame | undefined {
  try {
    return decodeSessionFrame(bytes);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function change(frame: SessionFrame): SessionFrame | undefined {
  if (frame.type === 'piece' && frame.data.length > 0) return { ...frame, data: flip(frame.data) };
  if (frame.type === 'manifest' && frame.digests.length > 0) return { ...frame, digests: flip(frame.digests) };
  return undefined;
}

function flip(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  const at = Math.floor(changed.length / 2);
  changed[at] = 255 - (changed[at] ?? 0);
  return changed;
}
