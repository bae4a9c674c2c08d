/**
 * The lineage of an object as a picture: inputs on the left, what was made of them to the right. Each object stands one layer
 * behind the last of its inputs; within a layer, near those it is joined to, so that few lines cross.
 */
import type { Lineage } from '#shared/api/schemas.ts';

/** An object in the picture; `x` and `y` of its left upper corner. */
export interface PlacedNode {
  readonly id: string;
  readonly x: number;
  readonly y: number;
}

/** A line from an input to what was made of it. */
export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly path: string;
}

/** The picture, in CSS pixels. */
export interface Picture {
  readonly nodes: readonly PlacedNode[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

/** Size of a box. */
export const BOX_WIDTH = 172;
export const BOX_HEIGHT = 56;
const COLUMN_GAP = 64;
const ROW_GAP = 18;
const MARGIN = 4;
const SWEEPS = 4;

/** See above. */
export function layOut({ nodes, edges }: Lineage): Picture {
  const known = new Set(nodes.map(({ id }) => id));
  const used = edges.filter(({ from, to }) => known.has(from) && known.has(to) && from !== to);
  const layers = arrange(layersOf([...known], used), used);
  const height = Math.max(1, ...layers.map((layer) => layer.length)) * (BOX_HEIGHT + ROW_GAP) - ROW_GAP;
  const placed = new Map<string, PlacedNode>();
  layers.forEach((layer, column) => {
    const layerHeight = layer.length * (BOX_HEIGHT + ROW_GAP) - ROW_GAP;
    layer.forEach((id, row) => {
      const x = MARGIN + column * (BOX_WIDTH + COLUMN_GAP);
      const y = MARGIN + (height - layerHeight) / 2 + row * (BOX_HEIGHT + ROW_GAP);
      placed.set(id, { id, x, y });
    });
  });
  return {
    nodes: [...placed.values()],
    edges: used.flatMap((edge) => {
      const [from, to] = [placed.get(edge.from), placed.get(edge.to)];
      return from && to ? [{ ...edge, path: curve(from, to) }] : [];
    }),
    width: MARGIN * 2 + Math.max(1, layers.length) * (BOX_WIDTH + COLUMN_GAP) - COLUMN_GAP,
    height: height + MARGIN * 2,
  };
}

type Edges = readonly { readonly from: string; readonly to: string }[];

/** The longest way from an object without inputs; a cycle, which cannot be, is cut where it closes. */
function layersOf(ids: readonly string[], edges: Edges): string[][] {
  const inputs = group(edges, ({ to }) => to);
  const depths = new Map<string, number>();
  const open = new Set<string>();
  const depthOf = (id: string): number => {
    const known = depths.get(id);
    if (known !== undefined) return known;
    if (open.has(id)) return 0;
    open.add(id);
    const before = (inputs.get(id) ?? []).map(({ from }) => depthOf(from) + 1);
    open.delete(id);
    const depth = Math.max(0, ...before);
    depths.set(id, depth);
    return depth;
  };
  const layers: string[][] = [];
  for (const id of ids) (layers[depthOf(id)] ??= []).push(id);
  // A layer that a cycle left out is a hole.
  return Array.from(layers, (layer) => layer ?? []);
}

/** Sorts each layer by the middle of its neighbours' places, back and forth a few times. */
function arrange(layers: string[][], edges: Edges): string[][] {
  const inputs = group(edges, ({ to }) => to);
  const outputs = group(edges, ({ from }) => from);
  const places = new Map<string, number>();
  const note = (layer: readonly string[]): void => layer.forEach((id, place) => places.set(id, place));
  for (const layer of layers) note(layer);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const isForward = sweep % 2 === 0;
    for (const layer of isForward ? layers : layers.toReversed()) {
      const middles = new Map(
        layer.map((id) => {
          const neighbours = isForward
            ? (inputs.get(id) ?? []).map(({ from }) => from)
            : (outputs.get(id) ?? []).map(({ to }) => to);
          const sum = neighbours.reduce((total, each) => total + (places.get(each) ?? 0), 0);
          return [id, neighbours.length === 0 ? (places.get(id) ?? 0) : sum / neighbours.length];
        }),
      );
      layer.sort((one, other) => (middles.get(one) ?? 0) - (middles.get(other) ?? 0));
      note(layer);
    }
  }
  return layers;
}

function group<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const found = groups.get(key);
    if (found) found.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function curve(from: PlacedNode, to: PlacedNode): string {
  const [x1, y1] = [from.x + BOX_WIDTH, from.y + BOX_HEIGHT / 2];
  const [x2, y2] = [to.x, to.y + BOX_HEIGHT / 2];
  const bend = Math.max(COLUMN_GAP / 2, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
