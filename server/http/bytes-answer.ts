/**
 * Bytes that a job made, sent so that they can do nothing to the pages of this server: under a type that a browser does not run,
 * in a sandbox without rights if it shows them after all, and but for pictures to be saved, not to be shown.
 */
import type { Response } from 'express';

/** What a route answers with instead of JSON. */
export interface BytesAnswer {
  readonly bytes: Uint8Array;
  /** As whoever made them says. */
  readonly mediaType: string;
  /** Under which they are saved. */
  readonly fileName: string;
}

/** Drawn by a browser, and nothing else: SVG is not among them, it may hold scripts. */
const PICTURES: readonly string[] = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'];
/** Harmless under their own name; everything else is just bytes. */
const SAVED_AS_THEY_ARE: Readonly<Record<string, string>> = {
  'application/zip': 'application/zip',
  'application/json': 'application/json',
  'text/plain': 'text/plain; charset=utf-8',
  'text/csv': 'text/csv; charset=utf-8',
};

/** Sends them. */
export function sendBytes(response: Response, { bytes, mediaType, fileName }: BytesAnswer): void {
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  const isPicture = PICTURES.includes(type);
  if (isPicture) response.set('Content-Disposition', 'inline');
  else response.attachment(fileName);
  // Not `set` and `send`: they would add a character set to what they take for text.
  response.setHeader('Content-Type', isPicture ? type : (SAVED_AS_THEY_ARE[type] ?? 'application/octet-stream'));
  response.set({
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': String(bytes.length),
  });
  response.end(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
