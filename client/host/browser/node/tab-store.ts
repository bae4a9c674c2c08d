/**
 * Where a tab keeps values: in memory up to a limit, and behind it in this browser's IndexedDB, where a later life of the
 * node finds them again (rules O4, M4).
 */
import { IndexedDbColdStore } from '#client/object-store/indexed-db-cold-store.ts';
import type { RayletOptions, RayletPorts } from '#client/raylet/ports.ts';
import { browserClock } from '../browser-clock.ts';
import { VALUES_DATABASE } from '../page/databases.ts';
import { digestOf } from './digest-of.ts';

const MEMORY_LIMIT_BYTES = 256 * 2 ** 20;
/** A value that lives so long is written to the database: most are gone by then. */
const PERSIST_AFTER_MS = 2_000;

/** The store of one node's life. */
export interface TabStore {
  readonly ports: Pick<RayletPorts, 'coldStore'>;
  readonly options: Pick<RayletOptions, 'memoryLimitBytes' | 'persistAfterMs' | 'tellsRoom'>;
  /** Bytes of values in the database. */
  readonly diskBytes: number;
  setDiskLimit(limitBytes: number): void;
  close(): void;
}

/** Opens the database, or makes it. One that cannot be opened leaves the node with memory alone. */
export function openTabStore(diskLimitBytes: number): TabStore {
  const store = new IndexedDbColdStore(VALUES_DATABASE, diskLimitBytes, {
    clock: browserClock(),
    digest: digestOf,
    async quotaLeftBytes() {
      const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
      return quota - usage;
    },
  });
  return {
    ports: { coldStore: store },
    options: { memoryLimitBytes: MEMORY_LIMIT_BYTES, persistAfterMs: PERSIST_AFTER_MS, tellsRoom: true },
    get diskBytes() {
      return store.usedBytes;
    },
    setDiskLimit: (limitBytes) => store.setLimit(limitBytes),
    close: () => store.close(),
  };
}
