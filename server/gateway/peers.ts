/**
 * Which session is behind which connection: a session has one at most, and outlives it.
 */
import type { SessionRecord } from '../gcs/entities.ts';
import { CommandStream } from './command-stream.ts';
import { LogBudget } from './log-budget.ts';
import type { SessionLink } from './session-link.ts';

/** A living session and its present connection. */
export interface Peer {
  readonly session: SessionRecord;
  readonly stream: CommandStream;
  readonly logBudget: LogBudget;
  link: SessionLink | undefined;
  /** False until a new session is durable and its node knows of it. */
  welcomed: boolean;
  /** Its records up to this number are durable. */
  durable: number;
}

/** The peers of one server. */
export class Peers {
  readonly #byId = new Map<number, Peer>();
  readonly #byLink = new Map<SessionLink, Peer>();

  /** Sessions that have a connection. */
  get connectedCount(): number {
    return this.#byLink.size;
  }

  all(): Iterable<Peer> {
    return this.#byId.values();
  }

  connected(): Iterable<[SessionLink, Peer]> {
    return this.#byLink;
  }

  /** The peer of a session; made if there is none. */
  of(session: SessionRecord): Peer {
    let peer = this.#byId.get(session.id);
    if (!peer) {
      peer = {
        session,
        stream: new CommandStream(),
        logBudget: new LogBudget(session.trusted),
        link: undefined,
        welcomed: false,
        durable: 0,
      };
      this.#byId.set(session.id, peer);
    }
    return peer;
  }

  get(session: number): Peer | undefined {
    return this.#byId.get(session);
  }

  /** The peer whose node speaks over the link. */
  behind(link: SessionLink): Peer | undefined {
    return this.#byLink.get(link);
  }

  connect(peer: Peer, link: SessionLink): void {
    peer.link = link;
    this.#byLink.set(link, peer);
  }

  disconnect(peer: Peer): void {
    if (peer.link) this.#byLink.delete(peer.link);
    peer.link = undefined;
    peer.stream.detach();
  }

  /** The session is over. */
  remove(peer: Peer): void {
    this.#byId.delete(peer.session.id);
    if (peer.link) this.#byLink.delete(peer.link);
  }
}
