/**
 * Whether a node has company (rule S1): nodes keep what is born on them while there is nobody to share it with. Who offers
 * nothing has company from the first node on, the others from the second: beyond that nobody else's answer changes, so few are told.
 */
import type { GlobalScheduler } from '../scheduler/global-scheduler.ts';
import type { SessionRecord } from './entities.ts';
import type { GcsState } from './state.ts';

/** Tells nodes how many others there are, when that matters to them. */
export class PeerNews {
  readonly #state: GcsState;
  readonly #scheduler: GlobalScheduler;
  readonly #untold = new Set<SessionRecord>();
  #fewTold = 0;

  constructor(state: GcsState, scheduler: GlobalScheduler) {
    this.#state = state;
    this.#scheduler = scheduler;
  }

  /** The answer for this session may be another now. */
  changed(session: SessionRecord): void {
    this.#untold.add(session);
  }

  tell(): void {
    const few = Math.min(2, this.#scheduler.offering);
    if (few !== this.#fewTold) for (const session of this.#state.sessions.values()) this.#untold.add(session);
    this.#fewTold = few;
    for (const session of this.#untold) {
      if (session.state !== 'connected') continue;
      const nodes = this.#scheduler.peersOf(session);
      if (session.peersTold >= 0 && nodes > 0 === session.peersTold > 0) continue;
      session.peersTold = nodes;
      this.#state.ports.command(session, { kind: 'peers', nodes });
    }
    this.#untold.clear();
  }
}
