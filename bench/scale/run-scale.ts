// `npm run bench -- scale`: the control plane with many nodes, part by part, and the curve of the throughput as a picture.
import { writeFile } from 'node:fs/promises';
import { type BenchRow, singleRow } from '../harness/bench-row.ts';
import type { Report } from '../harness/report.ts';
import { shortNumber } from '../harness/table.ts';
import { drawChart } from './chart.ts';
import { decisionRows, FULL_EFFORT, QUICK_EFFORT } from './decision-cost.ts';
import { sharingRows } from './sharing.ts';
import { tailRows } from './tail.ts';
import { type ThroughputPoint, throughputOf } from './throughput.ts';

export interface ScaleOptions {
  readonly json?: string;
  readonly svg?: string;
  readonly only?: readonly string[];
  readonly quick?: boolean;
}

interface ThroughputSize {
  readonly nodes: number;
  readonly tasks: number;
}

/** The paper's figure goes up by the same steps; its million tasks run on the most nodes. */
const FULL_SIZES: readonly ThroughputSize[] = [
  { nodes: 1, tasks: 50_000 },
  { nodes: 10, tasks: 200_000 },
  { nodes: 100, tasks: 400_000 },
  { nodes: 1_000, tasks: 1_000_000 },
];
const QUICK_SIZES: readonly ThroughputSize[] = [
  { nodes: 1, tasks: 1_000 },
  { nodes: 5, tasks: 2_000 },
];

function throughputRow({ nodes, tasks, tasksPerSecond, spilledShare, ...point }: ThroughputPoint): BenchRow {
  const percent = (share: number): string => `${shortNumber(share * 100)} %`;
  const costs = `server ${shortNumber(point.serverUsPerTask)} µs, raylet ${shortNumber(point.rayletUsPerTask)} µs a task`;
  const busy = `server busy ${percent(point.serverBusyShare)}, spilled ${percent(spilledShare)}`;
  const took = `${tasks} tasks took ${shortNumber(point.realSeconds)} s to simulate`;
  return singleRow(`throughput of ${nodes} nodes`, tasksPerSecond, 'tasks/s', `${costs}; ${busy}; ${took}`);
}

function curve(points: readonly ThroughputPoint[]): string {
  const [first] = points;
  const alone = (first?.tasksPerSecond ?? 0) / (first?.nodes ?? 1);
  return drawChart({
    title: 'Empty tasks per simulated second, a driver on every node',
    xLabel: 'nodes',
    yLabel: 'tasks per second',
    lines: [
      { name: 'measured', points: points.map(({ nodes, tasksPerSecond }) => [nodes, tasksPerSecond]) },
      {
        name: 'as many as the first, on every node',
        isDashed: true,
        points: points.map(({ nodes }) => [nodes, alone * nodes]),
      },
      {
        name: 'what one server could take, by what a task cost it',
        isDashed: true,
        points: points.map(({ nodes, serverUsPerTask }) => [nodes, 1e6 / serverUsPerTask]),
      },
    ],
  });
}

async function throughput(sizes: readonly ThroughputSize[], svg: string | undefined): Promise<BenchRow[]> {
  const points: ThroughputPoint[] = [];
  // oxlint-disable-next-line no-await-in-loop -- one after the other
  for (const { nodes, tasks } of sizes) points.push(await throughputOf(nodes, tasks));
  if (svg !== undefined) await writeFile(svg, curve(points));
  return points.map(throughputRow);
}

type Part = (options: ScaleOptions) => BenchRow[] | Promise<BenchRow[]>;

const PARTS: Readonly<Record<string, Part>> = {
  decision: ({ quick }) => decisionRows(quick ? QUICK_EFFORT : FULL_EFFORT),
  throughput: ({ quick, svg }) => throughput(quick ? QUICK_SIZES : FULL_SIZES, svg),
  sharing: ({ quick }) => sharingRows(quick ? { nodes: 3, tasks: 100 } : { nodes: 100, tasks: 10_000 }),
  tail: ({ quick }) => tailRows(quick ? { nodes: 3, tasks: 100 } : { nodes: 100, tasks: 5_000 }),
};

/** Runs the parts that are wanted, by default all. */
export async function runScale(options: ScaleOptions, report: Report): Promise<void> {
  for (const name of options.only ?? Object.keys(PARTS)) {
    const part = PARTS[name];
    if (part) await report.part(name, () => part(options)); // oxlint-disable-line no-await-in-loop -- one after the other
    else report.add({ name, error: `there are these parts: ${Object.keys(PARTS).join(', ')}` });
  }
}
