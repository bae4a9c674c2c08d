/**
 * UTF-8 for short strings without the call cost of TextEncoder/TextDecoder (0.2 µs and more each), which dominates when most
 * strings are names of a few ASCII letters. Longer or non-ASCII text goes to the platform's coder.
 */
import { WireError } from './wire-error.ts';

interface TextCoders {
  readonly TextEncoder: new () => { encodeInto(text: string, target: Uint8Array): { read: number; written: number } };
  readonly TextDecoder: new (label: string, options: object) => { decode(bytes: Uint8Array): string };
}

// Both hosts have these globals; the ES library types do not, and an ambient declaration would clash with either host's own.
const coders = globalThis as unknown as TextCoders;
const encoder = new coders.TextEncoder();
const decoder = new coders.TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const ASCII_FAST_PATH_CHARS = 48;
const NAME_MAX_BYTES = 32;
const NAME_SLOTS = 1024;
/** The last name seen per slot: a cache without owner or order, so it may be shared by all readers of a thread. */
const recentNames = new Array<string>(NAME_SLOTS).fill('');

/** Most bytes the UTF-8 form of `text` can take: what a caller must have free before {@link encodeUtf8}. */
export function maxUtf8Bytes(text: string): number {
  return text.length * 3;
}

/** Writes `text` at `offset` and returns the bytes written. `target` must have {@link maxUtf8Bytes} free. Lone surrogates become U+FFFD. */
export function encodeUtf8(text: string, target: Uint8Array, offset: number): number {
  const length = text.length;
  if (length <= ASCII_FAST_PATH_CHARS) {
    let index = 0;
    for (; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0x7f) break;
      target[offset + index] = code;
    }
    if (index === length) return length;
  }
  return encoder.encodeInto(text, target.subarray(offset)).written;
}

/**
 * Decodes `bytes[start, end)`; the caller has checked the bounds. Works on shared memory too.
 * @throws WireError `malformed` when the bytes are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return '';
  if (length <= ASCII_FAST_PATH_CHARS) {
    const text = decodeAscii(bytes, start, end);
    if (text !== undefined) return text;
  }
  try {
    // Browsers refuse to decode views of a SharedArrayBuffer, so those are copied first.
    const shared = !(bytes.buffer instanceof ArrayBuffer);
    return decoder.decode(shared ? bytes.slice(start, end) : bytes.subarray(start, end));
  } catch {
    throw new WireError('malformed', 'string is not valid UTF-8');
  }
}

/**
 * Like {@link decodeUtf8}, for names that come again and again, such as property keys: returns the string made last time. Saves
 * the allocation, and the engine's look-up when the string is used as a key.
 */
export function decodeName(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0 || length > NAME_MAX_BYTES) return decodeUtf8(bytes, start, end);
  const slot =
    (length * 131 + (bytes[start] ?? 0) * 31 + (bytes[start + (length >> 1)] ?? 0) * 17 + (bytes[end - 1] ?? 0)) %
    NAME_SLOTS;
  const recent = recentNames[slot] ?? '';
  if (recent.length === length) {
    let index = 0;
    // Equal codes of equal length: only ASCII can pass, as other names have more bytes than characters.
    while (index < length && recent.charCodeAt(index) === bytes[start + index]) index++;
    if (index === length) return recent;
  }
  const name = decodeUtf8(bytes, start, end);
  if (name.length === length) recentNames[slot] = name;
  return name;
}

/** `undefined` when a byte is not ASCII. */
function decodeAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start === 1) {
    const only = bytes[start] ?? 0x80;
    return only > 0x7f ? undefined : String.fromCharCode(only);
  }
  const codes: number[] = [];
  for (let index = start; index < end; index++) {
    const byte = bytes[index] ?? 0x80;
    if (byte > 0x7f) return undefined;
    codes.push(byte);
  }
  return String.fromCharCode.apply(null, codes);
}
