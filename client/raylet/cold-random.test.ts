/** Random use of a node whose memory is too small, with cold storage that is slow, fails, fills up and forgets. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryColdStore } from '../object-store/testing/memory-cold-store.ts';
import { OBJECT_STATUS } from '#shared/protocol/server-commands.ts';
import { FakeNode } from './testing/fake-node.ts';

/** For values that come at once. */
const NOBODY = (): void => undefined;

const LIMIT_BYTES = 1_000_000;
const ACTS = [
  'put',
  'put',
  'get',
  'get',
  'run',
  'serve',
  'drop',
  'step',
  'step',
  'tick',
  'break',
  'mend',
  'fill',
] as const;
const step = fc.record({ act: fc.constantFrom(...ACTS), a: fc.nat(1000), b: fc.nat(1000) });
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Sizes on both sides of the inline limit, some larger than all of memory. */
const SIZES = [2_000, 60_000, 150_000, 400_000, 1_200_000];

class RandomRun {
  readonly store = new MemoryColdStore({ isManual: true });
  readonly node: FakeNode;
  /** What is alive, and the byte it is full of. */
  readonly alive = new Map<number, { sizeBytes: number; byte: number }>();
  /** Tasks whose results are of no interest. */
  readonly runs: number[] = [];
  #made = 0;

  constructor(persistAfterMs: number) {
    this.node = new FakeNode({
      cpus: 2,
      ports: { coldStore: this.store },
      options: { memoryLimitBytes: LIMIT_BYTES, persistAfterMs, tellsRoom: true },
    });
  }

  do({ act, a, b }: Step): void {
    const { node, store } = this;
    const keys = [...this.alive.keys()];
    const key = keys[a % Math.max(1, keys.length)];
    if (act === 'put') this.put(a, b);
    else if (act === 'step') store.step(1 + (a % 4));
    else if (act === 'tick') node.tick(a * 10);
    else if (act === 'break') store.isBroken = true;
    else if (act === 'mend') Object.assign(store, { isBroken: false, limitBytes: Infinity });
    else if (act === 'fill') store.limitBytes = store.usedBytes + a * 1000;
    else if (key === undefined) return;
    else if (act === 'get') node.block(0, [key]);
    else if (act === 'serve') node.raylet.readLocal(key, NOBODY);
    else if (act === 'run') this.runs.push(node.submit({ deps: keys.slice(0, 1 + (b % 4)) }));
    else this.drop(key);
    this.node.settle();
  }

  put(a: number, b: number): void {
    const sizeBytes = SIZES[a % SIZES.length] ?? 2_000;
    this.#made += 1;
    const byte = 1 + (this.#made % 255);
    const bytes = new Uint8Array(sizeBytes).fill(byte);
    if (sizeBytes > 100 * 1024) {
      this.alive.set(this.node.put(bytes.buffer), { sizeBytes, byte });
      return;
    }
    const task = this.node.submit();
    this.node.settle();
    if (!this.node.runnerOf(task)) {
      this.runs.push(task);
      this.node.say(this.node.driver, { kind: 'cancel', task, recursive: false, force: false });
      return;
    }
    this.node.finish(task, { value: bytes, durationUs: b });
    this.alive.set(task, { sizeBytes, byte });
  }

  /** Nobody anywhere holds it any more: its runs and reads have ended before, and whoever still asks gets an error. */
  drop(object: number): void {
    this.alive.delete(object);
    this.node.say(this.node.driver, { kind: 'release', object, holder: 0 });
    this.node.command({ kind: 'dropCopy', object });
    this.answer();
  }

  answer(): void {
    for (const want of this.node.raylet.report().wants) this.node.describe(want, OBJECT_STATUS.error);
  }

  /** Lets storage answer, and the workers run. */
  settle(): void {
    for (let turn = 0; turn < 1000; turn++) {
      this.answer();
      for (const worker of this.node.hosts())
        for (const [task, blocks] of worker.live) if (blocks.size === 0) this.node.finish(task);
      if (this.store.waiting === 0 && this.node.raylet.tableSizes().tasks === 0) return;
      this.store.settle();
      this.node.settle();
    }
    throw new Error('it does not come to rest');
  }
}

describe('a node with little memory', () => {
  it.each([Infinity, 1000])(
    'O4 never loses a value, and keeps to its limit where it can: written after %s ms',
    (ms) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
          const run = new RandomRun(ms);
          const { node, store, alive } = run;
          for (const each of steps) {
            run.do(each);
            const copies = new Map(node.raylet.report().copies.map(({ object, sizeBytes }) => [object, sizeBytes]));
            for (const [key, { sizeBytes }] of alive) expect(copies.get(key)).toBe(sizeBytes);
          }
          Object.assign(store, { isBroken: false, limitBytes: Infinity });
          node.tick(10_000);
          run.settle();
          expect(node.of('located')).toEqual([]);
          expect(node.raylet.store.room.memoryBytes).toBeLessThanOrEqual(LIMIT_BYTES);
          for (const [key, { sizeBytes, byte }] of alive) {
            node.block(0, [key]);
            run.settle();
            const told = node.told(key).at(-1);
            const memory = node.driver.memories.get(key);
            const bytes =
              told?.status === OBJECT_STATUS.inline ? told.value : new Uint8Array(memory ?? new ArrayBuffer(0));
            expect([bytes.length, bytes[0], bytes.at(-1)]).toEqual([sizeBytes, byte, byte]);
          }
          for (const key of [...alive.keys(), ...run.runs]) run.drop(key);
          run.settle();
          expect(store.values.size).toBe(0);
          expect(node.raylet.store.room.memoryBytes).toBe(0);
          expect(node.raylet.load().storeBytes).toBe(0);
          expect(node.raylet.tableSizes().objects).toBe(0);
        }),
        { numRuns: 60 },
      );
    },
  );
});
