/**
 * Options of all commands that lend this machine: how much memory for values, and where they go beyond that.
 */
import type { Command } from 'commander';
import type { StoreOptions } from '#client/host/nodejs/store-options.ts';
import { parseSize } from './parse-values.ts';

/** The options as they are parsed. */
export interface StoreFlags {
  readonly objectStoreMemory?: number;
  readonly spillDir?: string;
  readonly spillLimit?: number;
}

/** Adds the options to a command. */
export function addStoreFlags(command: Command): Command {
  return command
    .option('--object-store-memory <MB>', 'memory for values (default: 30 % of what the process may use)', parseSize)
    .option('--spill-dir <dir>', 'folder for values that this memory has no room for (default: for temporary files)')
    .option('--spill-limit <MB>', 'room for them there; 0 for none (default: half of what is free)', parseSize);
}

/** What they mean. */
export function storeOptionsOf({ objectStoreMemory, spillDir, spillLimit }: StoreFlags): StoreOptions {
  return { objectStoreBytes: objectStoreMemory, spillDir, spillLimitBytes: spillLimit };
}
