/**
 * Entry of the thread that writes values to disk and reads them back: the raylet's loop must not wait for a disk, and digests
 * are not taken on it either (rule O1).
 */
import { parentPort, workerData } from 'node:worker_threads';
import { guardFolder } from './folder-guard.ts';
import { SpillFiles } from './spill-files.ts';
import { makeSpillFolder, removeSpillFolder, touchSpillFolder } from './spill-folder.ts';
import type { FromSpill, SpillThreadOptions, ToSpill } from './spill-messages.ts';

if (!parentPort) throw new Error('spill-thread.ts is the entry of a thread, not a program');
const parent = parentPort;
const { folder, limitBytes }: SpillThreadOptions = workerData;
/** How often the folder is marked as in use. */
const TOUCH_MS = 60_000;

const tell = (message: FromSpill): void =>
  parent.postMessage(message, message.type === 'read' && message.memory instanceof ArrayBuffer ? [message.memory] : []);

let files: SpillFiles | undefined;
let isTidying = false;

/** Made when the first value comes. */
function open(): SpillFiles {
  if (!files) {
    makeSpillFolder(folder);
    guardFolder(folder);
    files = new SpillFiles(folder, { limitBytes });
  }
  return files;
}

/** Closes gaps when nothing else is asked. */
function tidy(): void {
  if (isTidying) return;
  isTidying = true;
  setImmediate(() => {
    isTidying = false;
    if (files?.closeUp('half') === true) tidy();
  });
}

function write(slot: number, bytes: Uint8Array): void {
  try {
    tell({ type: 'written', slot, digest: open().write(slot, bytes) });
  } catch (error) {
    tell({ type: 'notWritten', slot, reason: error instanceof Error ? error.message : String(error) });
  }
}

function read(slot: number, memory: ArrayBuffer | SharedArrayBuffer): void {
  let isThere = false;
  try {
    isThere = files?.read(slot, new Uint8Array(memory)) === true;
  } catch {
    // A disk that cannot be read has lost the value.
  }
  tell({ type: 'read', memory: isThere ? memory : undefined });
}

const touching = setInterval(() => {
  if (files) touchSpillFolder(folder);
}, TOUCH_MS);
touching.unref();

parent.on('message', (message: ToSpill) => {
  switch (message.type) {
    case 'write':
      write(message.slot, message.bytes);
      return;
    case 'read':
      read(message.slot, message.memory);
      return;
    case 'remove':
      files?.remove(message.slot);
      tidy();
      return;
    case 'clear':
      files?.clear();
      tell({ type: 'cleared' });
      return;
    case 'close':
      files?.clear();
      removeSpillFolder(folder);
      tell({ type: 'closed' });
      parent.close();
  }
});
