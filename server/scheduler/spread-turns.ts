/**
 * Whose turn it is among the open nodes of a class that is to be spread: the one that was given something longest ago. The
 * estimated waiting time would do the same only while all tasks take equally long.
 */
import { Heap, NO_PLACE } from '#shared/scheduling/heap.ts';
import type { Seat } from './node-class.ts';

/** The turns of one class. */
export class SpreadTurns {
  readonly #last = new Map<Seat, number>();
  readonly #places = new Map<Seat, number>();
  readonly #open = new Heap<Seat>(
    (a, b) => this.#lastOf(a) < this.#lastOf(b) || (this.#lastOf(a) === this.#lastOf(b) && idOf(a) < idOf(b)),
    (seat, place) => {
      if (place === NO_PLACE) this.#places.delete(seat);
      else this.#places.set(seat, place);
    },
  );
  #turn = 0;

  /** The seat takes one more now, or no more. */
  setOpen(seat: Seat, isOpen: boolean): void {
    const place = this.#places.get(seat);
    if (isOpen && place === undefined) this.#open.add(seat);
    else if (!isOpen && place !== undefined) this.#open.remove(place);
  }

  /** The node is gone. */
  remove(seat: Seat): void {
    this.setOpen(seat, false);
    this.#last.delete(seat);
  }

  first(): Seat | undefined {
    return this.#open.first();
  }

  /** It was given one: the others come first. */
  gave(seat: Seat): void {
    this.#turn += 1;
    this.#last.set(seat, this.#turn);
    const place = this.#places.get(seat);
    if (place !== undefined) this.#open.moved(place);
  }

  #lastOf(seat: Seat): number {
    return this.#last.get(seat) ?? 0;
  }
}

function idOf({ view }: Seat): number {
  return view.session.id;
}
