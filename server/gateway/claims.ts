/**
 * Hellos whose node has still to prove that it is there (rule M1).
 *
 * A hello can come late: over a connection that its node gave up long ago, or from a process that has ended. While another
 * connection of the session, or another life of the node, seems to live, such a hello is answered and no more; it takes the
 * other's place when the node behind it answers a challenge. Nobody answers over a connection that was given up, and whoever
 * says again what was said before does not know the number. (That a frame comes is proof of less: a proxy may repeat one.)
 */
import type { SessionLink } from './session-link.ts';

const CHALLENGES_PER_EPOCH = 2 ** 32;

/** A claim to be the present connection of a session, or the present life of a node. */
interface Claim {
  /** What is asked for. */
  readonly number: number;
  readonly takePlace: () => void;
}

/** Challenged links whose node has not answered yet. */
export class Claims {
  readonly #claims = new Map<SessionLink, Claim>();
  readonly #serverEpoch: number;
  #count = 0;

  constructor(serverEpoch: number) {
    this.#serverEpoch = serverEpoch;
  }

  /**
   * @param takePlace what happens once the node has proved that it is there
   * @returns the number of the challenge, which no server process uses twice
   */
  add(link: SessionLink, takePlace: () => void): number {
    this.#count += 1;
    const number = this.#serverEpoch * CHALLENGES_PER_EPOCH + this.#count;
    this.#claims.set(link, { number, takePlace });
    return number;
  }

  has(link: SessionLink): boolean {
    return this.#claims.has(link);
  }

  remove(link: SessionLink): void {
    this.#claims.delete(link);
  }

  /**
   * A node of a challenged link said something. Returns false if that proves nothing.
   *
   * @param answer the number that it gives, if it gives one
   */
  heard(link: SessionLink, answer: number | undefined): boolean {
    const claim = this.#claims.get(link);
    if (!claim || claim.number !== answer) return false;
    this.#claims.delete(link);
    claim.takePlace();
    return true;
  }
}
