/**
 * The harm that a seed holds: which faults come when. What each does is in a file by what it is done to; what comes of it by
 * itself is counted as well.
 */
import type { Cluster } from './cluster.ts';
import { FaultDice } from './fault-dice.ts';
import { Harm, type Act } from './harm.ts';
import { NETWORK_FAULTS, NetworkFaults } from './network-faults.ts';
import { NODE_FAULTS, NodeFaults } from './node-faults.ts';
import { SERVER_FAULTS, ServerFaults } from './server-faults.ts';

/** Harm comes while jobs run: over at least and at most so much time. */
const LEAST_SPAN_MS = 1_500;
const MAX_SPAN_MS = 12_000;
const MAX_FAULTS = 28;
/** Not every kind can happen at any time: another is tried then. */
const TRIES = 4;

const STRUCK = [...NODE_FAULTS, ...SERVER_FAULTS, ...NETWORK_FAULTS] as const;
/** Those that seldom find a victim are tried more often than others. */
const RARE = ['tab followed by another', 'browser storage emptied'] as const;
const DRAWN = [...STRUCK, ...RARE, ...RARE] as const;

/** Every kind of fault. */
export const FAULT_KINDS = [
  ...STRUCK,
  // What comes of others, or by itself.
  'stranger lies',
  'node back in its session',
  'node back as a new one',
  'tab finds its values again',
  'object store full',
] as const;
/** A kind of fault. */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** How often each kind happened. */
export type FaultCounts = Map<FaultKind, number>;

/** The faults of one run. */
export class Faults {
  readonly counts: FaultCounts;
  /** When the last of them begins. */
  readonly untilMs: number;
  /** How many the seed holds, whether they are kept or not. */
  readonly planned: number;
  readonly #cluster: Cluster;
  readonly #harm: Harm;
  readonly #acts: Record<(typeof STRUCK)[number], Act>;
  readonly #dice: FaultDice;
  readonly #victims: readonly { heal(): void }[];

  /** @param kept numbers, from 1, of those that come at all; default: every one */
  constructor(cluster: Cluster, kept?: ReadonlySet<number>) {
    const { world } = cluster;
    const times = world.random('faults');
    const dice = new FaultDice(world.random('what comes of faults'));
    const harm = new Harm(cluster, dice);
    const [nodes, server, network] = [new NodeFaults(harm), new ServerFaults(harm), new NetworkFaults(harm)];
    this.#cluster = cluster;
    this.#harm = harm;
    this.#dice = dice;
    this.counts = cluster.faults;
    this.#victims = [server, network, nodes];
    this.#acts = { ...nodes.acts, ...server.acts, ...network.acts };
    this.untilMs = LEAST_SPAN_MS + times.next() * (MAX_SPAN_MS - LEAST_SPAN_MS);
    this.planned = Math.floor(times.next() * (MAX_FAULTS + 1));
    for (let n = 1; n <= this.planned; n++) {
      const atMs = times.next() * this.untilMs;
      if (kept?.has(n) === false) continue;
      world.plan(atMs, () => {
        dice.throwFor(world.random(`fault ${n}`));
        this.#strike();
      });
    }
    nodes.watch();
    world.plan(this.untilMs, () => this.#heal());
  }

  #strike(): void {
    for (let n = 0; n < TRIES; n++) {
      const kind = this.#harm.pick(DRAWN);
      const happened = this.#acts[kind]();
      if (happened === true) this.#harm.count(kind);
      if (happened !== false) return;
    }
  }

  #heal(): void {
    this.#harm.isHealed = true;
    this.#cluster.world.story.tell('world', 'is healed');
    this.#dice.throwFor(this.#cluster.world.random('heal'));
    for (const victim of this.#victims) victim.heal();
    for (const liar of this.#cluster.liars) liar.stop();
  }
}
