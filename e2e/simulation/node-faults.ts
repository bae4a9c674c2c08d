/**
 * Harm to nodes, their machines, their workers, and drivers.
 */
import { END_REASON } from '#shared/protocol/node-records.ts';
import type { Act, Harm } from './harm.ts';
import type { SimNode } from './sim-node.ts';
import type { EndedFor } from './sim-workers.ts';

/** A node that leaves has left by then. */
const LEAVE_LIMIT_MS = 10_000;
/** A machine that stands still or sleeps when all is healed goes on within so much: some come back after they were given up. */
const LAST_SLEEP_MS = 40_000;
/** A page closes, and the word of it reaches the server after this. */
const NOTICE_MS = 10;
/** How often stores are looked at. */
const LOOK_MS = 20;
/** The next tab of a browser has the lock at once. */
const NEXT_TAB_MS = 50;

/** Every kind of it. */
export const NODE_FAULTS = [
  'node killed',
  'node without power',
  'node stands still',
  'node sleeps',
  'node leaves',
  'node paused',
  'node started twice',
  'session duplicated',
  'clock set',
  'clock jumps ahead',
  'worker ends by itself',
  'worker out of memory',
  'tab closed',
  'tab followed by another',
  'browser storage fails',
  'browser storage emptied',
  'driver killed',
  'no room for values',
] as const;

/** Does it. */
export class NodeFaults {
  readonly acts: Record<(typeof NODE_FAULTS)[number], Act>;
  readonly #harm: Harm;
  /** Tasks whose worker was ended. */
  readonly #struck = new Set<number>();
  /** Those of which it is known. */
  readonly #full = new WeakSet<object>();
  readonly #twins: SimNode[];

  constructor(harm: Harm) {
    const { random } = harm;
    this.#harm = harm;
    this.#twins = harm.cluster.twins;
    this.acts = {
      'node killed': () => harm.withNode((node) => this.#kill(node, false)),
      'node without power': () => harm.withNode((node) => this.#kill(node, true)),
      'node stands still': () => harm.withNode((node) => this.#halt(node, false, 30_000)),
      'node sleeps': () => harm.withNode((node) => this.#halt(node, true, 90_000)),
      'node leaves': () => harm.withNode((node) => this.#leave(node)),
      'node paused': () => harm.withNode((node) => this.#pause(node)),
      'node started twice': () => harm.withNode((node) => this.#startTwin(node.twin(this.#twins.length + 1))),
      'session duplicated': () => harm.withNode((node) => this.#duplicate(node)),
      'clock set': () => harm.withNode((node) => node.machine.jumpWall((random.next() - 0.5) * 7_200_000)),
      'clock jumps ahead': () => harm.withNode((node) => node.machine.jumpAhead(random.next() ** 2 * 60_000)),
      'worker ends by itself': () => harm.soon('worker ends by itself', () => this.#strike(END_REASON.workerCrashed)),
      'worker out of memory': () => harm.soon('worker out of memory', () => this.#strike(END_REASON.outOfMemory)),
      'tab closed': () => this.#withTab((tab) => this.#close(tab)),
      'tab followed by another': () =>
        this.#hasTabs && harm.soon('tab followed by another', () => this.#withTab((tab) => this.#follow(tab))),
      'browser storage fails': () => this.#withTab((tab) => this.#fillStorage(tab)),
      'browser storage emptied': () =>
        this.#hasTabs && harm.soon('browser storage emptied', () => this.#withTab((tab) => tab.disk?.empty() === true)),
      'driver killed': () => this.#killDriver(),
      'no room for values': () => harm.withNode((node) => this.#fillMemory(node)),
    };
  }

  /** Sees nodes whose store takes nothing more. */
  watch(): void {
    const { cluster } = this.#harm;
    cluster.world.plan(LOOK_MS, () => {
      if (this.#harm.isHealed) return;
      for (const { shell, disk } of cluster.nodes) {
        if (!shell || !disk || shell.raylet.store.room.freeBytes > 0 || this.#full.has(shell.raylet)) continue;
        this.#full.add(shell.raylet);
        this.#harm.count('object store full');
      }
      this.watch();
    });
  }

  /** Nothing more goes wrong, and everything that is down comes up. */
  heal(): void {
    const { nodes, drivers } = this.#harm.cluster;
    for (const twin of this.#twins) this.#endTwin(twin);
    for (const node of nodes) {
      if (node.disk) node.disk.isFull = false;
      node.hasNoRoom = false;
      if (node.machine.isStill)
        this.#harm.cluster.world.plan(this.#harm.random.next() * LAST_SLEEP_MS, () => this.#revive(node));
      else this.#revive(node);
    }
    for (const { node } of drivers) node.machine.goOn();
  }

  #revive(node: SimNode): void {
    node.machine.goOn();
    if (!node.shell) node.start();
    else if (node.isLeaving) this.#harm.cluster.world.plan(LEAVE_LIMIT_MS, () => node.shell ?? node.start());
    else node.offer(node.kind.cpus);
  }

  #kill(node: SimNode, silently: boolean): void {
    node.kill(silently);
    this.#harm.later(20_000, () => this.#revive(node));
  }

  #halt(node: SimNode, sleeps: boolean, mostMs: number): void {
    node.machine.tell(sleeps ? 'falls asleep' : 'stands still');
    node.machine.standStill(sleeps);
    this.#harm.later(mostMs, () => this.#goOn(node));
  }

  #goOn(node: SimNode): void {
    if (!node.machine.isStill) return;
    node.machine.tell('goes on');
    node.machine.goOn();
  }

  #leave(node: SimNode): void {
    node.leave('its owner wants it back');
    this.#harm.later(15_000, () => {
      if (!node.shell) node.start();
    });
  }

  /** Its owner pauses it: nothing more is offered, and what runs has some seconds. */
  #pause(node: SimNode): void {
    node.machine.tell('is paused');
    node.offer(0);
    const { shell } = node;
    this.#harm.later(3_000, () => {
      if (node.shell === shell && node.isPaused) shell?.raylet.endRunning('its owner paused it');
    });
    this.#harm.later(15_000, () => {
      if (node.shell === shell) node.offer(node.kind.cpus);
    });
  }

  /** One identity on two machines: each new session of one ends that of the other. */
  #startTwin(twin: SimNode): void {
    this.#twins.push(twin);
    twin.start();
    this.#harm.later(8_000, () => this.#endTwin(twin));
  }

  /** A machine made from a snapshot of this one, taken when its session had just begun, goes on with that session. */
  #duplicate(node: SimNode): boolean {
    const name = this.#harm.sessionOf(node);
    if (name) this.#startTwin(node.twin(this.#twins.length + 1, name));
    return name !== undefined;
  }

  #endTwin(twin: SimNode): void {
    if (twin.shell) twin.kill(false);
  }

  /** A worker of any node that computes now, drivers too. */
  #strike(reason: EndedFor): boolean {
    const busy = this.#harm.cluster.all().filter(({ activeMilli, machine }) => activeMilli > 0 && !machine.isStill);
    return busy.length > 0 && this.#harm.pick(busy).strikeWorker(reason, this.#struck);
  }

  // --- tabs --------------------------------------------------------------------------------------------------------------

  get #hasTabs(): boolean {
    return this.#harm.cluster.nodes.some(({ disk }) => disk !== undefined);
  }

  #withTab(act: (tab: SimNode) => boolean | void): boolean {
    return this.#harm.withNode(act, ({ disk }) => disk !== undefined);
  }

  /** A page that closes says so beside its session's connection, if it still can. */
  #close(tab: SimNode): void {
    const { server, world } = this.#harm.cluster;
    const { session: id, epoch } = tab.shell?.session ?? { session: 0, epoch: 0 };
    tab.kill(false);
    const notice = { session: id, epoch, nodeId: tab.nodeId };
    world.plan(NOTICE_MS, () =>
      server.machine.arrive(0, () => server.plane?.step((gcs) => gcs.sessions.leaveNotice(notice))),
    );
    this.#harm.later(20_000, () => this.#revive(tab));
  }

  /** A tab that waited for the lock of the profile takes over, with the same identity and the same storage. */
  #follow(tab: SimNode): boolean {
    if (tab.disk?.usedBytes === 0) return false;
    tab.kill(this.#harm.random.next() < 0.5);
    this.#harm.cluster.world.plan(NEXT_TAB_MS * this.#harm.random.next(), () => tab.shell ?? tab.start());
    return true;
  }

  #fillStorage({ disk, machine }: SimNode): void {
    if (!disk) return;
    machine.tell('may write nothing more');
    disk.isFull = true;
    this.#harm.later(20_000, () => (disk.isFull = false));
  }

  #fillMemory(node: SimNode): void {
    node.machine.tell('has no room for values of others');
    node.hasNoRoom = true;
    this.#harm.later(20_000, () => (node.hasNoRoom = false));
  }

  // --- drivers -----------------------------------------------------------------------------------------------------------

  #killDriver(): boolean {
    const running = this.#harm.cluster.drivers.filter(({ state, node }) => state === 'running' && node.shell);
    // Some jobs shall be there to come to the right end.
    if (running.length < 2) return false;
    this.#harm.pick(running).lose();
    return true;
  }
}
