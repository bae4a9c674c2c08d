/**
 * The one error of the wire layer. Whatever bytes arrive, a reader either returns a value that fits its schema or throws
 * this; an edge (gateway, transport) catches exactly this class, counts it and closes the link.
 */

/** Why bytes were refused, or why a value could not be written. */
export type WireErrorCode =
  | 'truncated' // the input ends before the value does
  | 'oversized' // a length, count or depth is above its limit
  | 'malformed' // bytes that no writer makes
  | 'unknown-tag' // a union tag or literal this version does not know
  | 'unencodable'; // the value handed to a writer does not fit the schema

/** Thrown by readers on bad input and by writers on values outside their schema. `code` is stable, `message` is for people. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;

  constructor(code: WireErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
