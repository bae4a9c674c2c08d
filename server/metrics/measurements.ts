/**
 * What the server remembers of how it went, for the charts of the dashboard: of the cluster a day, of each node that is here ten
 * minutes. It is told what is the case every so often; looking is not its business.
 */
import { type SeriesShape, type SeriesValues, SteppedSeries } from './stepped-series.ts';

export const CLUSTER_VALUES = [
  'tasksPerSecond',
  'runningTasks',
  'queuedTasks',
  'cpus',
  'freeCpus',
  'nodes',
  'storeBytes',
  'memoryBytes',
  'failuresPerSecond',
] as const;
/** Names of the cluster's measurements. */
export type ClusterValue = (typeof CLUSTER_VALUES)[number];

const NODE_VALUES = [
  'tasksPerSecond',
  'runningTasks',
  'queuedTasks',
  'cpus',
  'freeCpus',
  'storeBytes',
  'memoryBytes',
] as const;
/** Names of a node's measurements. */
export type NodeValue = (typeof NODE_VALUES)[number];

/** How the cluster stands. Counters grow; levels are as they are now. */
export interface ClusterReading extends Readonly<
  Record<Exclude<ClusterValue, 'tasksPerSecond' | 'failuresPerSecond'>, number>
> {
  readonly endedTasks: number;
  readonly failedAttempts: number;
}

/** How a node stands. */
export interface NodeReading extends Readonly<Record<Exclude<NodeValue, 'tasksPerSecond'>, number>> {
  readonly session: number;
  readonly endedTasks: number;
}

/** How far back the cluster's series go. */
export type ClusterSpan = '10m' | '2h' | '24h';

const CLUSTER_SHAPES: Readonly<Record<ClusterSpan, SeriesShape>> = {
  '10m': { stepMs: 1_000, steps: 600 },
  '2h': { stepMs: 10_000, steps: 720 },
  '24h': { stepMs: 60_000, steps: 1_440 },
};
const NODE_SHAPE: SeriesShape = { stepMs: 5_000, steps: 120, isRough: true };
/** 3 KB each. Those that come after so many are not measured as long as there are so many. */
const MAX_NODES = 10_000;
/** Parts of the time between two samples of a node: in each a part of the nodes has its turn, by session number. */
const PARTS = 20;
const PART_MS = NODE_SHAPE.stepMs / PARTS;
const MINUTE_STEPS = 60;

interface NodeSeries {
  readonly series: SteppedSeries<NodeValue>;
  endedTasks: number;
  /** Of the monotonic clock. */
  atMs: number;
}

/** One moment by two clocks. */
export interface Moment {
  /** Monotonic: the time between two moments. */
  readonly nowMs: number;
  /** Since 1970. It may be put forward and back. */
  readonly wallMs: number;
}

/** What a rate is divided by; not 0. */
function secondsBetween(fromMs: number, toMs: number): number {
  return Math.max(0.001, (toMs - fromMs) / 1000);
}

/** The rings. */
export class Measurements {
  readonly #cluster: Readonly<Record<ClusterSpan, SteppedSeries<ClusterValue>>> = {
    '10m': new SteppedSeries(CLUSTER_VALUES, CLUSTER_SHAPES['10m']),
    '2h': new SteppedSeries(CLUSTER_VALUES, CLUSTER_SHAPES['2h']),
    '24h': new SteppedSeries(CLUSTER_VALUES, CLUSTER_SHAPES['24h']),
  };
  readonly #nodes = Array.from({ length: PARTS }, () => new Map<number, NodeSeries>());
  #nodeCount = 0;
  #last: { readonly at: Moment; readonly endedTasks: number; readonly failedAttempts: number } | undefined;
  #part = -1;
  /** Attempts that had failed at the last sixty samples. */
  readonly #failedAttempts: number[] = [];

  /**
   * Time has passed.
   * @param moment where what is measured now belongs, by the clock of the day, and how long it took, by one that is never put back
   * @param cluster read if a sample of the cluster is due
   * @param nodes all that are connected; read where `isDue`
   */
  tick(
    moment: Moment,
    cluster: () => ClusterReading,
    nodes: (isDue: (session: number) => boolean) => Iterable<NodeReading>,
  ): void {
    const { wallMs } = moment;
    const { stepMs } = CLUSTER_SHAPES['10m'];
    if (Math.floor(wallMs / stepMs) !== Math.floor((this.#last?.at.wallMs ?? -Infinity) / stepMs))
      this.#sampleCluster(moment, cluster());
    const part = Math.floor(wallMs / PART_MS);
    if (part === this.#part) return;
    // Those that a late tick has passed over are due as well.
    const parts = part < this.#part ? 1 : Math.min(PARTS, part - this.#part);
    this.#part = part;
    const isDue = (session: number): boolean => (part - (session % PARTS)) % PARTS < parts;
    this.#sampleNodes(moment, nodes(isDue), isDue);
  }

  /** Of the cluster. */
  cluster(span: ClusterSpan): SeriesValues<ClusterValue> {
    return this.#cluster[span].read();
  }

  /** Of a node; undefined if it is not measured. */
  node(session: number): SeriesValues<NodeValue> | undefined {
    return this.#nodes[session % PARTS]?.get(session)?.series.read();
  }

  /** Nodes that are measured. */
  get nodeCount(): number {
    return this.#nodeCount;
  }

  /** Attempts that failed in the last minute. */
  get failuresPerMinute(): number {
    return (this.#failedAttempts.at(-1) ?? 0) - (this.#failedAttempts[0] ?? 0);
  }

  #sampleCluster(at: Moment, { endedTasks, failedAttempts, ...levels }: ClusterReading): void {
    const seconds = secondsBetween(this.#last?.at.nowMs ?? -Infinity, at.nowMs);
    const sample = {
      ...levels,
      tasksPerSecond: Math.max(0, endedTasks - (this.#last?.endedTasks ?? 0)) / seconds,
      failuresPerSecond: Math.max(0, failedAttempts - (this.#last?.failedAttempts ?? 0)) / seconds,
    };
    this.#last = { at, endedTasks, failedAttempts };
    for (const series of Object.values(this.#cluster)) series.add(at.wallMs, sample);
    this.#failedAttempts.push(failedAttempts);
    if (this.#failedAttempts.length > MINUTE_STEPS + 1) this.#failedAttempts.shift();
  }

  #sampleNodes(at: Moment, readings: Iterable<NodeReading>, isDue: (part: number) => boolean): void {
    const here = new Set<number>();
    for (const reading of readings) {
      here.add(reading.session);
      this.#sampleNode(at, reading);
    }
    for (const [part, nodes] of this.#nodes.entries()) {
      if (!isDue(part)) continue;
      for (const session of nodes.keys()) if (!here.has(session) && nodes.delete(session)) this.#nodeCount -= 1;
    }
  }

  #sampleNode({ nowMs, wallMs }: Moment, { session, endedTasks, ...levels }: NodeReading): void {
    const nodes = this.#nodes[session % PARTS];
    let node = nodes?.get(session);
    if (!node) {
      if (this.#nodeCount >= MAX_NODES) return;
      node = { series: new SteppedSeries(NODE_VALUES, NODE_SHAPE), endedTasks, atMs: -Infinity };
      nodes?.set(session, node);
      this.#nodeCount += 1;
    }
    const seconds = secondsBetween(node.atMs, nowMs);
    const tasksPerSecond = Math.max(0, endedTasks - node.endedTasks) / seconds;
    node.endedTasks = endedTasks;
    node.atMs = nowMs;
    node.series.add(wallMs, { ...levels, tasksPerSecond });
  }
}
