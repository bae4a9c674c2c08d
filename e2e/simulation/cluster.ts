/**
 * A simulated cluster: one server, hosts, tabs and drivers with their jobs, all made from a seed.
 */
import type { Random } from '#shared/ports/random.ts';
import { actorBookOf } from './actor-book.ts';
import { RARE_RESOURCE, SEAT_RESOURCE } from './job-module.ts';
import { PlanMaker } from './make-plan.ts';
import { type Books, Rules } from './rules.ts';
import { SimDriver } from './sim-driver.ts';
import { SimNode } from './sim-node.ts';
import { SimServer } from './sim-server.ts';
import { World } from './world.ts';

/** What not every node offers, in thousandths. */
const SCARCE = [
  { name: RARE_RESOURCE, milli: 1000 },
  { name: SEAT_RESOURCE, milli: 1_000_000 },
];

/** How large a cluster is; by default the seed says. */
export interface ClusterSize {
  readonly nodes?: number | undefined;
}

/** A cluster. */
export class Cluster implements Books {
  readonly world: World;
  readonly server: SimServer;
  readonly nodes: SimNode[] = [];
  readonly drivers: SimDriver[] = [];
  readonly rules: Rules;

  constructor(seed: number, { nodes }: ClusterSize = {}) {
    this.world = new World(seed);
    this.rules = new Rules(this.world, this);
    this.server = new SimServer(this.world, this.rules.tap);
    this.server.onEnd = () => this.rules.serverEnds();
    const book = actorBookOf(this.world);
    book.mayRepeat = () => this.rules.mayHaveLost;
    this.server.onStarted = (plane) => {
      this.rules.serverStarted(plane);
      book.watch(plane);
    };
    const random = this.world.random('cluster');
    const below = (count: number): number => Math.floor(random.next() * count);
    const count = nodes ?? 2 + below(4);
    for (let n = 1; n <= count; n++) this.nodes.push(this.#createNode(n, random));
    const maker = new PlanMaker(this.world.random('programs'));
    const jobs = 1 + below(3);
    for (let n = 1; n <= jobs; n++) {
      const cpus = random.next() < 0.5 ? 0 : 1 + below(2);
      this.drivers.push(
        new SimDriver(this.world, this.server, this.rules, { plan: maker.job(`driver${n}`, 5 + below(40)), cpus }),
      );
    }
    this.world.afterEvent = () => this.rules.check();
  }

  #createNode(number: number, random: Random): SimNode {
    const isTab = number > 1 && random.next() < 0.3;
    const kind = {
      role: isTab ? 'tab' : 'host',
      name: `${isTab ? 'tab' : 'host'}${number}`,
      // The first fits every task that there is.
      cpus: number === 1 ? 2 + Math.floor(random.next() * 3) : 1 + Math.floor(random.next() * 4),
      // Some things only the first has for sure (rule S4).
      resources: number === 1 || random.next() < 0.3 ? SCARCE : [],
      wallOffsetMs: Math.round((random.next() - 0.5) * 1e7),
    } as const;
    return new SimNode(this.world, this.server, kind, { onEnd: (backlog) => this.rules.nodeEnds(backlog) });
  }

  /** Everything that is a node, drivers too. */
  all(): SimNode[] {
    return [...this.nodes, ...this.drivers.map(({ node }) => node)];
  }

  /** @param spanMs jobs begin within this time */
  start(spanMs: number): void {
    const random = this.world.random('start');
    this.server.start();
    for (const node of this.nodes) {
      // Some join late, perhaps the only one that has what some tasks ask for.
      const withinMs = random.next() < 0.1 ? spanMs : 500;
      this.world.plan(random.next() * withinMs, () => node.shell ?? node.start());
    }
    for (const driver of this.drivers) this.world.plan(random.next() * spanMs, () => driver.start());
  }

  /** True once every job has its result, or can have none. */
  get isDone(): boolean {
    return this.drivers.every(({ state }) => state !== 'running');
  }
}
