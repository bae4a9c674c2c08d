/**
 * Bytes that a job made, sent so that they can do nothing to the pages of this server: under a type that a browser does not run,
 * in a sandbox without rights if it shows them after all, and but for pictures to be saved, not to be shown. They go from the disk to
 * the network piece by piece, as fast as they are taken: who does not read costs a piece, not the file.
 */
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { StoredFile } from '../jobs/job-downloads.ts';

/** What a route answers with instead of JSON. */
export interface BytesAnswer {
  /** Closed by {@link sendBytes}. */
  readonly file: StoredFile;
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

/** Sends them; resolves when they are sent, or nobody is there any more. Rejects if they cannot be read. */
export async function sendBytes(response: Response, answer: BytesAnswer): Promise<void> {
  const { file } = answer;
  try {
    setHeaders(response, answer);
    if (response.req.method === 'HEAD') response.end();
    else await pipeline(file.stream(), response);
  } catch (error) {
    if (!hasGoneAway(error)) throw error;
  } finally {
    await file.close();
  }
}

function setHeaders(response: Response, { file, mediaType, fileName }: BytesAnswer): void {
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  const isPicture = PICTURES.includes(type);
  if (isPicture) response.set('Content-Disposition', 'inline');
  else response.attachment(fileName);
  // Not `set` and `send`: they would add a character set to what they take for text.
  response.setHeader('Content-Type', isPicture ? type : (SAVED_AS_THEY_ARE[type] ?? 'application/octet-stream'));
  response.set({
    'Content-Security-Policy': "sandbox; default-src 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': String(file.sizeBytes),
  });
}

/** The connection ended before the file did, or even before it began. */
function hasGoneAway(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return ['ERR_STREAM_PREMATURE_CLOSE', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_UNABLE_TO_PIPE'].includes(String(code));
}
