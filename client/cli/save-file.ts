/**
 * Files that commands write: the folder is made, what cannot be written is said in a sentence, and what was written is told on
 * standard error.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DaylightError } from '#shared/errors/daylight-error.ts';
import { formatBytes } from './format.ts';
import { say } from './output.ts';

/** Writes a file. @throws DaylightError if that cannot be done */
export async function saveFile(file: string, content: Uint8Array | string): Promise<void> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  try {
    await mkdir(path.dirname(path.resolve(file)), { recursive: true });
    await writeFile(file, bytes);
  } catch (error) {
    throw new DaylightError(`${file} cannot be written (${error instanceof Error ? error.message : String(error)})`);
  }
  say(`${file} (${formatBytes(bytes.length)})`);
}
