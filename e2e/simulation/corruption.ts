/**
 * Object bytes that change on their way: by a bad memory, a bad disk, or somebody's will. Frames of other kinds do not, or nothing
 * could be relied on at all.
 */
import { decodeSessionFrame, encodeSessionFrame } from '#client/raylet/session-frame-codec.ts';
import type { SessionFrame } from '#shared/protocol/session-frames.ts';

/** The frame with a byte changed; `undefined` if it carries no object bytes. */
export function corrupted(bytes: Uint8Array): Uint8Array | undefined {
  const frame = decodeSessionFrame(bytes);
  const changed = change(frame);
  return changed && encodeSessionFrame(changed);
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
