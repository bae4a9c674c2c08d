/**
 * Errors on the wire: a flat, bounded record. An error is whatever user code throws: with a stack of megabytes, a chain of causes
 * that loops, fields that hold sockets. The record keeps what helps a reader, cuts the rest, and never fails to be made; a task
 * whose error could not be reported would otherwise never end.
 */
import { decodeValue, encodeValue } from '../serialization/value-codec.ts';
import { createError, errorFields, errorKind, setErrorField } from '../serialization/error-values.ts';
import { array, bytes, type Codec, type Infer, literalUnion, str, struct, uint } from '../wire/schema.ts';
import { ByteReader } from '../wire/byte-reader.ts';
import { ByteWriter } from '../wire/byte-writer.ts';
import {
  type AttemptEnd,
  daylightErrorPrototype,
  type DaylightErrorOptions,
  SerializationError,
  TaskError,
} from './daylight-error.ts';

const MAX_MESSAGE_BYTES = 8 * 1024;
const MAX_STACK_BYTES = 16 * 1024;
const MAX_NAME_BYTES = 256;
const MAX_FIELDS = 32;
const MAX_FIELD_BYTES = 16 * 1024;
/** Errors in one record: the thrown one, its causes and the members of aggregates. */
const MAX_LINKS = 12;
const MAX_ATTEMPTS = 20;
const MAX_LOG_TAIL_CHARS = 512;

const link = struct({
  /** Index of the error this one belongs to; itself for the first. */
  parent: uint,
  role: literalUnion('root', 'cause', 'member'),
  /** Class to revive: a Daylight error, a built-in, or `thrown` for a value that is no error. */
  kind: str({ maxBytes: MAX_NAME_BYTES }),
  name: str({ maxBytes: MAX_NAME_BYTES }),
  message: str({ maxBytes: MAX_MESSAGE_BYTES }),
  stack: str({ maxBytes: MAX_STACK_BYTES }),
  fields: array(struct({ key: str({ maxBytes: MAX_NAME_BYTES }), value: bytes({ maxBytes: MAX_FIELD_BYTES }) }), {
    maxCount: MAX_FIELDS,
  }),
});
type Link = Infer<typeof link>;

const record = struct({ links: array(link, { maxCount: MAX_LINKS }) });

/** An error as plain data: itself first, then its causes and members. */
export type ErrorRecord = Infer<typeof record>;

/** The record on the wire. */
export const errorRecordCodec: Codec<ErrorRecord> = record;

/** The record of anything thrown. Never throws. */
export function errorToWire(error: unknown): ErrorRecord {
  const links: Link[] = [];
  addLink(links, error, 0, 'root', new Set());
  return { links };
}

/** An error of the same class, name, message, stack, cause and fields. A thrown non-error comes back as an Error's `cause`. */
export function errorFromWire({ links }: ErrorRecord): Error {
  const revived = links.map(reviveLink);
  links.forEach(({ parent, role }, index) => {
    const owner = revived[parent];
    if (!(owner instanceof Error) || parent >= index) return;
    if (role === 'cause') setErrorField(owner, 'cause', revived[index]);
    else if (owner instanceof AggregateError) owner.errors.push(revived[index]);
  });
  const root = revived[0];
  if (root instanceof Error) return root;
  return new Error(links[0]?.message ?? 'unknown error', { cause: root });
}

/**
 * The error a caller sees for a function that threw: the original message and where it was, the error itself as `cause`, its stack
 * below the caller's own.
 */
export function taskErrorFromWire(
  thrown: ErrorRecord,
  at: { functionName?: string; attempts?: readonly AttemptEnd[] } = {},
): TaskError {
  const cause = errorFromWire(thrown);
  const options: DaylightErrorOptions & { remoteStack: string } = { cause, remoteStack: cause.stack ?? String(cause) };
  const where = at.functionName === undefined ? '' : ` (thrown in ${at.functionName})`;
  return new TaskError(
    `${cause.message}${where}`,
    at.attempts === undefined ? options : { ...options, attempts: at.attempts },
  );
}

/** Bytes of the record of anything thrown: the form in which errors are stored and sent. Never throws. */
export function encodeError(error: unknown): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter(512);
  errorRecordCodec.write(writer, errorToWire(error));
  return writer.finish();
}

/** The error that {@link encodeError} wrote, as an error of its own class; bytes that are no record give a SerializationError. */
export function decodeError(encoded: Uint8Array): Error {
  const read = readRecord(encoded);
  return read instanceof Error ? read : errorFromWire(read);
}

/**
 * The error that `get` rejects with: what the system reports (a Daylight error, or one that came through a task from another)
 * keeps its class, everything else a function threw becomes the `cause` of a TaskError.
 */
export function decodeTaskError(encoded: Uint8Array): Error {
  const read = readRecord(encoded);
  if (read instanceof Error) return read;
  const isDaylight = daylightErrorPrototype(read.links[0]?.kind ?? '') !== undefined;
  return isDaylight ? errorFromWire(read) : taskErrorFromWire(read);
}

function readRecord(encoded: Uint8Array): ErrorRecord | Error {
  try {
    return errorRecordCodec.read(new ByteReader(encoded));
  } catch (cause) {
    return new SerializationError('an error was reported in a form that cannot be read', { cause });
  }
}

function addLink(links: Link[], error: unknown, parent: number, role: Link['role'], seen: Set<unknown>): void {
  if (links.length >= MAX_LINKS || seen.has(error)) return;
  const own = links.length;
  if (!(error instanceof Error)) {
    const message = `thrown value: ${safely(() => String(error), 'unprintable')}`;
    links.push({
      parent,
      role,
      kind: 'thrown',
      name: 'Error',
      message: cut(message, MAX_MESSAGE_BYTES),
      stack: '',
      fields: [{ key: 'value', value: fieldBytes(error) }],
    });
    return;
  }
  seen.add(error);
  const keys = safely(() => errorFields(error, false), []).filter((key) => key !== 'cause' && key !== 'errors');
  links.push({
    parent,
    role,
    kind: safely(() => errorKind(error), 'Error'),
    name: cut(
      safely(() => String(error.name), 'Error'),
      MAX_NAME_BYTES,
    ),
    message: cut(
      safely(() => String(error.message), ''),
      MAX_MESSAGE_BYTES,
    ),
    stack: cut(
      safely(() => String(error.stack ?? ''), ''),
      MAX_STACK_BYTES,
    ),
    fields: keys
      .filter((key) => key.length * 3 <= MAX_NAME_BYTES)
      .slice(0, MAX_FIELDS)
      .map((key) => ({ key, value: fieldBytes(safely(() => fieldOf(error, key), undefined)) })),
  });
  if (safely(() => error.cause !== undefined, false)) addLink(links, error.cause, own, 'cause', seen);
  if (error instanceof AggregateError)
    for (const member of safely(() => [...error.errors], [])) addLink(links, member, own, 'member', seen);
}

/** Attempts can carry many log lines and are worth keeping: they are trimmed rather than dropped when large. */
function fieldOf(error: Error, key: string): unknown {
  const value: unknown = Reflect.get(error, key);
  if (key !== 'attempts' || !Array.isArray(value)) return value;
  return value
    .slice(-MAX_ATTEMPTS)
    .map((attempt: AttemptEnd) => ({ ...attempt, logTail: String(attempt.logTail).slice(-MAX_LOG_TAIL_CHARS) }));
}

function fieldBytes(value: unknown): Uint8Array {
  const encoded = safely(() => encodeValue(value, {}), undefined);
  if (encoded !== undefined && encoded.sizeBytes <= MAX_FIELD_BYTES) return encoded.toBytes();
  const text = encoded === undefined ? safely(() => String(value), 'unprintable') : `[${encoded.sizeBytes} bytes]`;
  return encodeValue(text.slice(0, 1000), {}).toBytes();
}

function reviveLink({ kind, name, message, stack, fields }: Link): unknown {
  if (kind === 'thrown') return fieldValue(fields[0]?.value ?? new Uint8Array(0));
  const error = createError(kind, name, message, stack === '' ? undefined : stack);
  for (const { key, value } of fields) setErrorField(error, key, fieldValue(value));
  return error;
}

/** A field of a class this side does not know is no reason to lose the error. */
function fieldValue(value: Uint8Array): unknown {
  return safely(() => decodeValue(value, { copy: true }), '[unreadable]');
}

/** Cuts at a character boundary, saying so. */
function cut(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes) return text;
  const mark = ' …[cut]';
  const room = maxBytes - mark.length - 2; // the ellipsis takes 3 bytes
  let sizeBytes = 0;
  for (let index = 0; index < text.length;) {
    const code = text.codePointAt(index) ?? 0;
    const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (sizeBytes + width > room)
      return remainderFits(text, index, maxBytes - sizeBytes) ? text : text.slice(0, index) + mark;
    sizeBytes += width;
    index += code > 0xffff ? 2 : 1;
  }
  return text;
}

function remainderFits(text: string, from: number, roomBytes: number): boolean {
  return (text.length - from) * 3 <= roomBytes;
}

/** User code (getters, `toString`) runs while an error is read, and may throw. */
function safely<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
