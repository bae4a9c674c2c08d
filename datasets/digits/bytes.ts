// The packed file as a program on Node reads it. In a job the bundler puts the file itself in the place of this module.
import { readFile } from 'node:fs/promises';

/** The packed file. */
export const packed: Uint8Array = await readFile(new URL('./digits.bin.gz', import.meta.url));
