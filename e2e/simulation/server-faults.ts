/**
 * Harm to the server: its process and its disk.
 */
import type { Act, Harm } from './harm.ts';

/** Every kind of it. */
export const SERVER_FAULTS = [
  'server killed',
  'server killed in a commit',
  'server killed, last frame torn',
  'server killed behind a commit',
  'server stands still',
  'disk full',
] as const;
type Kind = (typeof SERVER_FAULTS)[number];

/** Does it. */
export class ServerFaults {
  readonly acts: Record<Kind, Act>;
  readonly #harm: Harm;

  constructor(harm: Harm) {
    this.#harm = harm;
    this.acts = {
      'server killed': () => this.#kill(this.#written()) !== undefined,
      'server killed in a commit': () => this.#killInCommit('server killed in a commit', 0),
      'server killed, last frame torn': () =>
        this.#killInCommit('server killed, last frame torn', 0.01 + 0.98 * harm.random.next()),
      'server killed behind a commit': () => this.#killInCommit('server killed behind a commit', 1),
      'server stands still': () => this.#halt(),
      'disk full': () => this.#fillDisk(),
    };
  }

  /** It comes up, if it is down. */
  heal(): void {
    const { server } = this.#harm.cluster;
    server.inCommit = undefined;
    server.machine.goOn();
    if (!server.isUp) server.start();
  }

  /** How much of a commit that happens to be under way is written. */
  #written(): number {
    const dice = this.#harm.random.next();
    return dice < 0.4 ? 0 : dice < 0.7 ? 1 : this.#harm.random.next();
  }

  /** @returns whether a commit was under way; undefined if it was dead already */
  #kill(written: number): boolean | undefined {
    const { server } = this.#harm.cluster;
    if (!server.isUp || this.#harm.isHealed) return undefined;
    const wasInCommit = server.kill(written);
    this.#harm.later(15_000, () => {
      if (!server.isUp) server.start();
    });
    return wasInCommit;
  }

  #killInCommit(kind: Kind, written: number): false | 'later' {
    const { server } = this.#harm.cluster;
    if (!server.isUp || server.inCommit) return false;
    server.inCommit = () => {
      if (this.#kill(written) === true) this.#harm.count(kind);
    };
    return 'later';
  }

  #halt(): boolean {
    const { machine } = this.#harm.cluster.server;
    if (machine.isStill) return false;
    machine.tell('stands still');
    machine.standStill(false);
    this.#harm.later(15_000, () => {
      machine.tell('goes on');
      machine.goOn();
    });
    return true;
  }

  #fillDisk(): boolean {
    const { server } = this.#harm.cluster;
    if (!server.plane) return false;
    server.machine.tell('has a full disk');
    server.failCommits(1 + this.#harm.below(5));
    return true;
  }
}
