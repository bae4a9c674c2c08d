/**
 * The document in which jobs are isolated. It holds everything it needs, because it may load nothing: its own script, and
 * as inert text the source of the workers it starts. Its nonce is new for every response, so nothing that a job could
 * write into a document would run.
 */
import { randomBytes } from 'node:crypto';
import type { WebBuild } from './web-files.ts';

const NONCE_BYTES = 18;

/** A fresh nonce for one response. */
export function newNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64');
}

/** The document's HTML. @throws Error if the script cannot stand inside HTML */
export function sandboxDocument({ sandboxFrame, sandboxWorker }: WebBuild, nonce: string): string {
  // Both end a script or change how it is read; the build writes them otherwise.
  if (/<\/script|<!--/i.test(sandboxFrame)) throw new Error('the sandbox script contains markup: build it again');
  const worker = Buffer.from(sandboxWorker, 'utf8').toString('base64');
  return (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Daylight sandbox</title></head><body>' +
    `<script type="text/plain" id="worker">${worker}</script>` +
    `<script nonce="${nonce}">${sandboxFrame}</script></body></html>`
  );
}
