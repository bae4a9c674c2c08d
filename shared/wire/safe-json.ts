/**
 * JSON from strangers. `JSON.parse` alone makes an own `__proto__` key, which a later `Object.assign` or spread-merge turns
 * into prototype pollution, and nests as deep as its input; both are refused here.
 */
import { WireError } from './wire-error.ts';

/** What JSON can say. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Deepest nesting accepted. */
export const MAX_JSON_DEPTH = 32;

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Parses and checks depth and keys. @throws WireError `malformed` or `oversized`. */
export function parseSafeJson(text: string): JsonValue {
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch {
    throw new WireError('malformed', 'not JSON');
  }
  checkJson(value, 0);
  return value;
}

/** The text of `value`, with the same checks as the reader makes, so that a bad value fails at its sender. */
export function stringifySafeJson(value: JsonValue): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    text = undefined;
  }
  if (text === undefined) throw new WireError('unencodable', 'not a JSON value');
  parseSafeJson(text);
  return text;
}

function checkJson(value: JsonValue, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth >= MAX_JSON_DEPTH) throw new WireError('oversized', `JSON nests deeper than ${MAX_JSON_DEPTH}`);
  if (Array.isArray(value)) {
    for (const item of value) checkJson(item, depth + 1);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.has(key)) throw new WireError('malformed', `JSON key ${key} is not allowed`);
    checkJson(item, depth + 1);
  }
}
