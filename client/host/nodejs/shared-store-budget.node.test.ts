import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createStoreBudget, SharedStoreBudget } from './shared-store-budget.ts';

const MODULE = new URL('./shared-store-budget.ts', import.meta.url).href;
const threads: Worker[] = [];
afterEach(async () => {
  for (const thread of threads.splice(0)) await thread.terminate();
});

/** A thread that waits for room; says `asked`, then what came of it. */
function waiting(memory: SharedArrayBuffer, sizeBytes: number): { readonly said: unknown[] } {
  const text = `const { parentPort, workerData } = require('node:worker_threads');
    import(${JSON.stringify(MODULE)}).then(({ SharedStoreBudget }) => {
      const budget = new SharedStoreBudget(workerData.memory);
      parentPort.postMessage(budget.awaitRoom(workerData.sizeBytes, () => parentPort.postMessage('asked')));
    });`;
  const thread = new Worker(text, { eval: true, workerData: { memory, sizeBytes } });
  threads.push(thread);
  const said: unknown[] = [];
  thread.on('message', (message) => said.push(message));
  return { said };
}

const until = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 10_000, interval: 5 });

describe('the budget of a store', () => {
  it('O4 lets a thread wait until there is room enough', async () => {
    const memory = createStoreBudget(100);
    const budget = new SharedStoreBudget(memory);
    expect(budget.tryReserve(90)).toBe(true);
    const { said } = waiting(memory, 50);
    await until(() => expect(said).toEqual(['asked']));
    budget.release(30);
    budget.release(20);
    await until(() => expect(said).toEqual(['asked', true]));
    expect(budget.freeBytes).toBe(10);
  });

  it('O4 lets it go on without room when there is word that the store is full', async () => {
    const memory = createStoreBudget(100);
    const budget = new SharedStoreBudget(memory);
    budget.take(120);
    expect(budget.freeBytes).toBe(-20);
    const { said } = waiting(memory, 50);
    await until(() => expect(said).toEqual(['asked']));
    budget.full();
    await until(() => expect(said).toEqual(['asked', false]));
    expect(budget.freeBytes).toBe(-20);
  });

  it('O4 does not let wait for more than there will ever be, nor for what is there', () => {
    const budget = new SharedStoreBudget(createStoreBudget(100));
    const never = (): never => {
      throw new Error('nobody is to be asked');
    };
    expect(budget.awaitRoom(101, never)).toBe(false);
    expect(budget.awaitRoom(100, never)).toBe(true);
  });
});
