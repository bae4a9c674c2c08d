import { describe } from 'vitest';
import { coldStoreContract } from './cold-store.contract.ts';
import { MemoryColdStore } from './testing/memory-cold-store.ts';

describe('MemoryColdStore', () => {
  coldStoreContract((limitBytes) => Object.assign(new MemoryColdStore(), { limitBytes }));
});
