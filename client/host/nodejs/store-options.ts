/**
 * What the owner of a process says about its store: how much memory for values, and where they go beyond that (rule O4).
 */
import { storeBytesFor } from './machine.ts';
import { createStoreBudget } from './shared-store-budget.ts';
import { planSpill, type SpillSettings } from './spill/spill-folder.ts';

/** Room for values; whatever is left out has a default. */
export interface StoreOptions {
  /** Memory for values. Default: 30 % of what the node may use. */
  readonly objectStoreBytes?: number | undefined;
  /** Folder for values that memory has no room for. Default: the system's for temporary files. */
  readonly spillDir?: string | undefined;
  /** Bytes that may be written there; 0: none. Default: half of what is free. */
  readonly spillLimitBytes?: number | undefined;
}

/** The part of a raylet's settings that is about its store. @throws TypeError; DaylightError for a folder that cannot be made */
export function storeSettings(
  { objectStoreBytes, spillDir, spillLimitBytes }: StoreOptions,
  memoryLimitBytes: number,
): { readonly storeBudget: SharedArrayBuffer; readonly spill?: SpillSettings } {
  for (const [name, sizeBytes] of Object.entries({ objectStoreBytes, spillLimitBytes }))
    if (sizeBytes !== undefined && !(sizeBytes >= 0))
      throw new TypeError(`${name} is a number of bytes, not ${sizeBytes}`);
  const storeBudget = createStoreBudget(objectStoreBytes ?? storeBytesFor(memoryLimitBytes));
  const spill = planSpill(spillDir, spillLimitBytes);
  return spill === undefined ? { storeBudget } : { storeBudget, spill };
}
