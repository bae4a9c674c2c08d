/**
 * Seats by how long a task would wait there, in levels of which each is twice the one before. A seat changes its level in
 * a few steps, however many there are: a strict order would cost more than it tells, as waiting times are estimates, and the
 * candidates of a decision are compared exactly.
 */
import type { Seat } from './node-class.ts';

const LEVELS = 32;
const MAX_WAIT_US = 2 ** 31 - 1;

/** The level of a waiting time: 0 for none, then one more with every doubling. */
export function levelOf(waitUs: number): number {
  return LEVELS - Math.clz32(Math.min(Math.ceil(waitUs), MAX_WAIT_US));
}

/** The seats. */
export class SeatLevels {
  readonly #levels: Seat[][] = Array.from({ length: LEVELS }, () => []);
  #size = 0;
  /** Where to begin in a level next time: equal ones take turns. */
  #turn = 0;

  get size(): number {
    return this.#size;
  }

  add(seat: Seat): void {
    seat.level = levelOf(seat.view.waitUs);
    const seats = this.#levels[seat.level] ?? [];
    seat.place = seats.push(seat) - 1;
    this.#size += 1;
  }

  remove(seat: Seat): void {
    const seats = this.#levels[seat.level];
    const last = seats?.pop();
    this.#size -= 1;
    if (!seats || !last || last === seat) return;
    seats[seat.place] = last;
    last.place = seat.place;
  }

  /** The waiting time at a seat has changed. */
  moved(seat: Seat): void {
    if (levelOf(seat.view.waitUs) === seat.level) return;
    this.remove(seat);
    this.add(seat);
  }

  /** Calls back for so many, those of the lowest levels first. */
  best(count: number, found: (seat: Seat) => void): void {
    let missing = count;
    for (const seats of this.#levels) {
      const some = Math.min(missing, seats.length);
      for (let step = 0; step < some; step++) {
        const seat = seats[(this.#turn + step) % seats.length];
        if (seat) found(seat);
      }
      missing -= some;
      if (missing === 0) break;
    }
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
  }

  /** Any of them, by a number from 0 to the size. */
  at(place: number): Seat | undefined {
    let rest = place;
    for (const seats of this.#levels) {
      if (rest < seats.length) return seats[rest];
      rest -= seats.length;
    }
    return undefined;
  }
}
