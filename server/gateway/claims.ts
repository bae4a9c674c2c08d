/**
 * Hellos whose node has still to prove that it is there (rule M1).
 *
 * A hello can come late: over a connection that its node gave up long ago, or from a process that has ended. While another
 * connection of the session, or another life of the node, seems to live, such a hello is answered and no more; it takes the
 * other's place when the node behind it goes on talking. Nobody answers over a connection that was given up.
 */
import type { SessionLink } from './session-link.ts';

/** Links that were welcomed and whose node has not been heard since. */
export class Claims {
  readonly #takePlace = new Map<SessionLink, () => void>();

  /** @param takePlace what happens once the node is heard */
  add(link: SessionLink, takePlace: () => void): void {
    this.#takePlace.set(link, takePlace);
  }

  remove(link: SessionLink): void {
    this.#takePlace.delete(link);
  }

  /** A frame came over the link. */
  heard(link: SessionLink): void {
    const takePlace = this.#takePlace.get(link);
    if (!takePlace) return;
    this.#takePlace.delete(link);
    takePlace();
  }
}
