import { describe, expect, it } from 'vitest';
import { FakeNode } from '#client/raylet/testing/fake-node.ts';
import { excessOf } from './node-excess.ts';

const KILOBYTE = 1024;

describe('what a tab takes from its workers', () => {
  it('B1 nothing more of what it keeps once the server is far behind, until it has caught up', () => {
    const node = new FakeNode({ recording: false });
    const args = new Uint8Array(256 * KILOBYTE);
    const submit = (): void =>
      node.say(node.driver, {
        kind: 'submit',
        task: node.newKey(node.driver),
        parent: 0,
        actor: 0,
        fn: 0,
        options: 0,
        args,
        deps: [],
        nested: [],
        k: 0,
      });
    expect(excessOf(node.raylet)).toBeUndefined();
    for (let call = 0; call < 1_100; call += 1) submit();
    expect(node.raylet.journal.isFull).toBe(true);
    expect(excessOf(node.raylet)).toMatch(/server/);
    node.raylet.journal.flush();
    node.raylet.onDurable(node.raylet.journal.lastNumber);
    expect(excessOf(node.raylet)).toBeUndefined();
  });

  it('B1 O4 nothing more with a store that is overfull, or with tasks without number', () => {
    const raylet = (memoryBytes: number, tasks: number) => ({
      journal: { isFlooded: false },
      store: { room: { memoryBytes } },
      tableSizes: () => ({ tasks }),
    });
    expect(excessOf(raylet(512 * KILOBYTE ** 2, 1_000_000))).toBeUndefined();
    expect(excessOf(raylet(2 * KILOBYTE ** 3, 0))).toMatch(/store/);
    expect(excessOf(raylet(0, 3_000_000))).toMatch(/submitted/);
  });
});
