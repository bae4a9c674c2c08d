/**
 * A simulated cluster: one server, hosts, tabs and drivers with their jobs, all made from a seed. Some clusters are public:
 * strangers' nodes are there as well. Either they are honest and jobs trust them with some tasks, or some lie and no job does.
 */
import type { Random } from '#shared/ports/random.ts';
import type { FaultCounts, FaultKind } from './faults.ts';
import { actorBookOf } from './actor-book.ts';
import { LINK_SPEEDS } from './link-speed.ts';
import { RARE_RESOURCE, SEAT_RESOURCE } from './job-module.ts';
import { Liar } from './liar.ts';
import { type Books, Rules } from './rules.ts';
import { PlanMaker } from './make-plan.ts';
import { SimDriver } from './sim-driver.ts';
import { type NodeEvents, SimNode } from './sim-node.ts';
import { SimServer } from './sim-server.ts';
import { SimSubmitted } from './sim-submitted.ts';
import { TabDisk } from './tab-disk.ts';
import { tellTale } from './tale.ts';
import { World } from './world.ts';

/** Shares of all clusters. */
const WITH_LIARS = 0.15;
const WITH_TRUSTED_STRANGERS = 0.2;
const ONLY_TABS = 0.45;
/** Of the nodes of the others. */
const TAB_SHARE = 0.3;
/** Clusters with a submitted job as well. */
const WITH_SUBMITTED = 0.5;
/** Its number among the jobs. */
const SUBMITTED_JOB = 0;

/** What not every node offers, in thousandths. */
const SCARCE = [
  { name: RARE_RESOURCE, milli: 1000 },
  { name: SEAT_RESOURCE, milli: 1_000_000 },
];

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
  /** Further machines with the identity of a node. */
  readonly twins: SimNode[] = [];
  readonly liars: Liar[] = [];
  readonly drivers: SimDriver[] = [];
  readonly submitted: SimSubmitted[] = [];
  readonly rules: Rules;
  /** How often each kind of harm happened. */
  readonly faults: FaultCounts = new Map();
  /** How many jobs the seed holds. */
  readonly jobsPlanned: number;
  readonly #tabShare: number;
  readonly #trustsStrangers: boolean;

  constructor(seed: number, { nodes, jobs, tasks = Infinity }: ClusterSize = {}) {
    this.world = new World(seed);
    this.rules = new Rules(this.world, this);
    const random = this.world.random('cluster');
    const below = (count: number): number => Math.floor(random.next() * count);
    const openness = random.next();
    const hasLiars = openness < WITH_LIARS;
    const isPublic = openness < WITH_LIARS + WITH_TRUSTED_STRANGERS;
    this.#trustsStrangers = isPublic && !hasLiars;
    this.#tabShare = random.next() < ONLY_TABS ? 1 : TAB_SHARE;
    this.server = new SimServer(this.world, this.rules.tap, isPublic);
    this.server.onEnd = () => this.rules.serverEnds();
    const book = actorBookOf(this.world);
    book.mayRepeat = () => this.rules.mayHaveLost;
    this.server.onStarted = (plane) => {
      this.rules.serverStarted(plane);
      book.watch(plane);
      for (const job of this.submitted) job.serverStarted(plane);
    };
    // Strangers get something to do where there are few others.
    const drawn = 2 + below(4);
    const count = nodes ?? (this.#trustsStrangers ? 1 : drawn);
    this.jobsPlanned = 1 + below(3);
    const strangers = isPublic ? 1 + below(3) : 0;
    const liars = hasLiars ? 1 + below(2) : 0;
    for (let n = 1; n <= count + strangers; n++)
      this.nodes.push(this.#createNode(n, this.world.random(`node ${n}`), n > count));
    for (let n = 1; n <= liars; n++) this.liars.push(new Liar(this, `liar${n}`, () => this.#count('stranger lies')));
    for (let n = 1; n <= this.jobsPlanned; n++)
      if (jobs?.has(n) !== false) this.drivers.push(this.#createDriver(n, tasks));
    if (jobs === undefined || jobs.has(SUBMITTED_JOB)) this.#createSubmitted(tasks);
    this.world.afterEvent = () => this.rules.check();
  }

  /** Each has its own source of chance: with fewer jobs, or fewer tasks in each, the rest is as it was. */
  #createDriver(number: number, mostTasks: number): SimDriver {
    const random = this.world.random(`job ${number}`);
    const below = (count: number): number => Math.floor(random.next() * count);
    const cpus = this.#tabShare === 1 || this.#trustsStrangers || random.next() < 0.5 ? 0 : 1 + below(2);
    const tasks = Math.min(5 + below(40), mostTasks);
    const plan = new PlanMaker(random, this.#trustsStrangers).job(`driver${number}`, tasks);
    return new SimDriver(this.world, this.server, this.rules, { plan, cpus });
  }

  /** Of strangers no node has what actors and mains need. */
  #createSubmitted(mostTasks: number): void {
    const random = this.world.random('submitted job');
    if (random.next() > WITH_SUBMITTED) return;
    const plan = new PlanMaker(random, this.#trustsStrangers).main(
      'submitted',
      Math.min(5 + Math.floor(random.next() * 30), mostTasks),
    );
    this.submitted.push(new SimSubmitted(this.world, this.server, this.rules, plan));
  }

  #createNode(number: number, random: Random, isStranger: boolean): SimNode {
    const isTab = random.next() < this.#tabShare && (number > 1 || this.#tabShare === 1);
    const kind = {
      role: isTab ? 'tab' : 'host',
      name: `${isTab ? 'tab' : 'host'}${number}`,
      // The first fits every task that there is.
      cpus: number === 1 ? 2 + Math.floor(random.next() * 3) : 1 + Math.floor(random.next() * 4),
      // Some things only the first has for sure (rule S4).
      resources: !isStranger && (number === 1 || random.next() < 0.3) ? SCARCE : [],
      zone: number === 1 || this.world.random(`zone of node ${number}`).next() < 0.4 ? 'a' : 'b',
      wallOffsetMs: Math.round((random.next() - 0.5) * 1e7),
      isStranger,
      memoryLimitBytes: 2_000 + Math.floor(random.next() ** 3 * 500_000),
      persistAfterMs: random.next() < 0.7 ? 0 : random.next() * 200,
    } as const;
    const speed = LINK_SPEEDS[Math.floor(this.world.random(`line of node ${number}`).next() * LINK_SPEEDS.length)];
    const disk = isTab ? new TabDisk(Math.floor(random.next() ** 3 * 4_000_000)) : undefined;
    const node = new SimNode(this.world, this.server, kind, { events: this.#events(), disk });
    if (speed !== undefined) node.machine.bytesPerMs = speed;
    return node;
  }

  #events(): NodeEvents {
    return {
      onEnd: (machine, backlog) => this.rules.nodeEnds(machine, backlog),
      onReturn: (resumed) => this.#count(resumed ? 'node back in its session' : 'node back as a new one'),
      onBrought: (shell, key, bytes) =>
        this.rules.transfers.brought(shell.session.session, key, bytes, this.server.plane?.gcs.state),
      onFoundAgain: () => this.#count('tab finds its values again'),
    };
  }

  #count(kind: FaultKind): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
  }

  /** Everything that is a node, drivers too. */
  all(): SimNode[] {
    return [...this.nodes, ...this.twins, ...this.drivers.map(({ node }) => node)];
  }

  /** @param spanMs jobs begin within this time */
  start(spanMs: number): void {
    const share = (name: string): number => this.world.random(`start of ${name}`).next();
    this.server.start();
    for (const node of this.nodes) {
      const withinMs = share(`late ${node.kind.name}`) < 0.1 ? spanMs : 500;
      this.world.plan(share(node.kind.name) * withinMs, () => node.shell ?? node.start());
    }
    for (const [n, liar] of this.liars.entries()) this.world.plan(share(`liar ${n}`) * 500, () => liar.start());
    for (const job of this.submitted) this.world.plan(share(job.plan.name) * spanMs, () => job.start());
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
    return [...this.drivers, ...this.submitted].every(({ state }) => state !== 'running');
  }
}
