/**
 * What all kinds of harm have in common: chance, the cluster, the end of it, and the count of what happened.
 */
import type { Random } from '#shared/ports/random.ts';
import type { Cluster } from './cluster.ts';
import type { SessionName } from './echo.ts';
import type { FaultKind } from './faults.ts';
import type { SimNode } from './sim-node.ts';

/** What cannot happen now is tried again after this. */
const TRY_MS = 5;

/**
 * One kind of harm. True: it happened. False: there is nobody that it could happen to. `later`: it will perhaps, and is counted
 * when it does.
 */
export type Act = () => boolean | 'later';

/** Harm of one run. */
export class Harm {
  readonly cluster: Cluster;
  readonly random: Random;
  /** Nothing more goes wrong. */
  isHealed = false;

  constructor(cluster: Cluster, random: Random) {
    this.cluster = cluster;
    this.random = random;
  }

  count(kind: FaultKind): void {
    const { faults } = this.cluster;
    faults.set(kind, (faults.get(kind) ?? 0) + 1);
  }

  /** Happens to a node that runs, and is not about to leave. */
  withNode(act: (node: SimNode) => boolean | void, isMeant: (node: SimNode) => boolean = () => true): boolean {
    const up = this.cluster.nodes.filter(
      (node) => node.shell && !node.machine.isStill && !node.isLeaving && isMeant(node),
    );
    return up.length > 0 && act(this.pick(up)) !== false;
  }

  /** What it takes to speak as a node; undefined if it has no session. */
  sessionOf({ shell }: SimNode): SessionName | undefined {
    const serverEpoch = this.cluster.server.plane?.serverEpoch;
    if (!shell || shell.session.session === 0 || serverEpoch === undefined) return undefined;
    return { session: shell.session.session, epoch: shell.session.epoch, serverEpoch };
  }

  /** Happens as soon as it can, and is counted then. */
  soon(kind: FaultKind, act: () => boolean): 'later' {
    if (act()) this.count(kind);
    else
      this.cluster.world.plan(TRY_MS, () => {
        if (!this.isHealed) this.soon(kind, act);
      });
    return 'later';
  }

  /** Short times are likelier than long ones. */
  later(mostMs: number, act: () => void): void {
    this.cluster.world.plan(this.random.next() ** 2 * mostMs, () => {
      if (!this.isHealed) act();
    });
  }

  below(count: number): number {
    return Math.floor(this.random.next() * count);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T; // never called with an empty list
  }
}
