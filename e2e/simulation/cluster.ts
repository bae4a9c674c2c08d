/**
 * A simulated cluster: one server, hosts, tabs and drivers with their jobs, all made from a seed.
 */
import type { Random } from '#shared/ports/random.ts';
import { type Books, Rules } from './rules.ts';
import { PlanMaker } from './make-plan.ts';
import { SimDriver } from './sim-driver.ts';
import { SimNode } from './sim-node.ts';
import { SimServer } from './sim-server.ts';
import { tellTale } from './tale.ts';
import { World } from './world.ts';

/** How large a cluster is, and how much it has to do; by default the seed says. */
export interface ClusterSize {
  readonly nodes?: number | undefined;
  /** Numbers, from 1, of the jobs that are run at all. */
  readonly jobs?: ReadonlySet<number> | undefined;
  /** No driver calls more tasks than about so many. */
  readonly tasks?: number | undefined;
}

/** A cluster. */
export class Cluster implements Books {
  readonly world: World;
  readonly server: SimServer;
  readonly nodes: SimNode[] = [];
  readonly drivers: SimDriver[] = [];
  readonly rules: Rules;
  /** How many jobs the seed holds. */
  readonly jobsPlanned: number;

  constructor(seed: number, { nodes, jobs, tasks = Infinity }: ClusterSize = {}) {
    this.world = new World(seed);
    this.rules = new Rules(this.world, this);
    this.server = new SimServer(this.world, this.rules.tap);
    this.server.onEnd = () => this.rules.serverEnds();
    this.server.onStarted = (plane) => this.rules.serverStarted(plane);
    const random = this.world.random('cluster');
    const below = (count: number): number => Math.floor(random.next() * count);
    const count = 2 + below(4);
    this.jobsPlanned = 1 + below(3);
    for (let n = 1; n <= (nodes ?? count); n++) this.nodes.push(this.#createNode(n, this.world.random(`node ${n}`)));
    for (let n = 1; n <= this.jobsPlanned; n++)
      if (jobs?.has(n) !== false) this.drivers.push(this.#createDriver(n, tasks));
    this.world.afterEvent = () => this.rules.check();
  }

  /** Each has its own source of chance: with fewer jobs, or fewer tasks in each, the rest is as it was. */
  #createDriver(number: number, mostTasks: number): SimDriver {
    const random = this.world.random(`job ${number}`);
    const cpus = random.next() < 0.5 ? 0 : 1 + Math.floor(random.next() * 2);
    const tasks = Math.min(5 + Math.floor(random.next() * 40), mostTasks);
    const plan = new PlanMaker(random).job(`driver${number}`, tasks);
    return new SimDriver(this.world, this.server, this.rules, { plan, cpus });
  }

  #createNode(number: number, random: Random): SimNode {
    const isTab = number > 1 && random.next() < 0.3;
    const kind = {
      role: isTab ? 'tab' : 'host',
      name: `${isTab ? 'tab' : 'host'}${number}`,
      // The first fits every task that there is.
      cpus: number === 1 ? 2 + Math.floor(random.next() * 3) : 1 + Math.floor(random.next() * 4),
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
    const share = (name: string): number => this.world.random(`start of ${name}`).next();
    this.server.start();
    for (const node of this.nodes) this.world.plan(share(node.kind.name) * 500, () => node.start());
    for (const driver of this.drivers) this.world.plan(share(driver.plan.name) * spanMs, () => driver.start());
  }

  /** Has the story told of tasks and objects as well. To be called before the start. */
  tellDetails(): void {
    const { onStarted } = this.server;
    this.server.onStarted = (plane) => {
      tellTale(plane, this.world.story);
      onStarted(plane);
    };
  }

  /** True once every job has its result, or can have none. */
  get isDone(): boolean {
    return this.drivers.every(({ state }) => state !== 'running');
  }
}
