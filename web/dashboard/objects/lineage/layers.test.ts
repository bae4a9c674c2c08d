import { describe, expect, it } from 'vitest';
import type { Lineage } from '#shared/api/schemas.ts';
import { BOX_WIDTH, layOut } from './layers.ts';

function lineage(ids: readonly string[], edges: readonly (readonly [string, string])[]): Lineage {
  return {
    nodes: ids.map((id) => ({ id, fn: id, status: 'stored', isRebuildable: true })),
    edges: edges.map(([from, to]) => ({ from, to })),
    isCut: false,
  };
}

describe('the picture of a lineage', () => {
  it('has what was made to the right of all it was made of', () => {
    const { nodes } = layOut(
      lineage(
        ['d', 'c', 'b', 'a'],
        [
          ['a', 'b'],
          ['b', 'c'],
          ['a', 'd'],
          ['c', 'd'],
        ],
      ),
    );
    const x = new Map(nodes.map((node) => [node.id, node.x]));
    const at = (id: string): number => x.get(id) ?? Number.NaN;
    expect([at('a') < at('b'), at('b') < at('c'), at('c') < at('d')]).toEqual([true, true, true]);
  });

  it('puts no two boxes on each other', () => {
    const ids = Array.from({ length: 40 }, (_, index) => String(index));
    const { nodes, width, height } = layOut(
      lineage(
        ids,
        ids.slice(1).map((id) => [String(Math.floor(Number(id) / 3)), id]),
      ),
    );
    expect(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size).toBe(40);
    expect(nodes.every(({ x, y }) => x >= 0 && y >= 0 && x + BOX_WIDTH <= width && y < height)).toBe(true);
  });

  it('keeps lines from crossing where that is easy', () => {
    const { nodes } = layOut(
      lineage(
        ['a', 'b', 'y', 'x'],
        [
          ['a', 'x'],
          ['b', 'y'],
        ],
      ),
    );
    const y = new Map(nodes.map((node) => [node.id, node.y]));
    expect((y.get('a') ?? 0) < (y.get('b') ?? 0)).toBe((y.get('x') ?? 0) < (y.get('y') ?? 0));
  });

  it('copes with one object, with lines to nothing, and with a cycle', () => {
    expect(layOut(lineage(['a'], [['gone', 'a']]))).toMatchObject({ nodes: [{ id: 'a' }], edges: [] });
    expect(layOut(lineage([], []))).toMatchObject({ nodes: [], edges: [] });
    expect(
      layOut(
        lineage(
          ['a', 'b'],
          [
            ['a', 'b'],
            ['b', 'a'],
          ],
        ),
      ).nodes,
    ).toHaveLength(2);
  });
});
