/**
 * Names of things: 128 bits as 32 lowercase hex digits. Ids are names, not permissions: whoever knows one may be told what it is,
 * nothing more. Inside a node things go by small integers; these are for what leaves it.
 */
import { type Codec, unencodable } from '../wire/schema.ts';

declare const kind: unique symbol;
type Id<Kind extends string> = string & { readonly [kind]: Kind };

export type TaskId = Id<'task'>;
export type ObjectId = Id<'object'>;
export type ActorId = Id<'actor'>;
export type JobId = Id<'job'>;
export type NodeId = Id<'node'>;
export type PlacementGroupId = Id<'placement-group'>;
/** Any of them. */
export type AnyId = TaskId | ObjectId | ActorId | JobId | NodeId | PlacementGroupId;

/** Bytes of an id on the wire. */
export const ID_BYTES = 16;

const PATTERN = /^[0-9a-f]{32}$/;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Whether text has the form of an id. */
export function isId(text: string): boolean {
  return PATTERN.test(text);
}

/** Text from outside (a URL, a command line) as an id; `undefined` if it has not the form of one. */
export function parseId<I extends AnyId>(text: string): I | undefined {
  return isId(text) ? (text as I) : undefined;
}

/** The id of the first 16 of these bytes: random ones for jobs and nodes, a digest's for what is named by content. */
export function idFromBytes<I extends AnyId>(bytes: Uint8Array): I {
  if (bytes.length < ID_BYTES) throw new RangeError(`an id takes ${ID_BYTES} bytes, got ${bytes.length}`);
  return hexOf(bytes) as I;
}

/** The first 16 bytes as hex. */
export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < ID_BYTES; index++) text += HEX[bytes[index] ?? 0];
  return text;
}

/** An id on the wire: 16 bytes instead of 32 letters. */
export function idCodec<I extends AnyId>(): Codec<I> {
  const scratch = new Uint8Array(ID_BYTES);
  return {
    write(writer, id) {
      if (typeof id !== 'string' || !isId(id)) throw unencodable('id', id);
      for (let index = 0; index < ID_BYTES; index++)
        scratch[index] = Number.parseInt(id.slice(index * 2, index * 2 + 2), 16);
      writer.raw(scratch);
    },
    read: (reader) => idFromBytes<I>(reader.raw(ID_BYTES)),
    describe: () => 'id',
    minBytes: ID_BYTES,
  };
}
