/**
 * The nodes that could run one scheduling class (rule S2), and which of them take one more such task now: the open ones,
 * by how long it would wait there. Beside them, those of which a part is free that is not enough.
 */
import { couldRun, isChosen, type Requirement } from './fit.ts';
import { type NodeView, roomFor, slotsFor } from './node-view.ts';
import { SeatLevels } from './seat-levels.ts';
import { SpreadTurns } from './spread-turns.ts';

/** A node's place in a class that it could run. */
export interface Seat {
  readonly view: NodeView;
  readonly nodes: NodeClass;
  /** How many tasks of the class run side by side on it. */
  readonly slots: number;
  /** How good the node is for the class: 0 is best, and only the best that are here count. */
  readonly rank: number;
  /** The seats among which it is, its level there, and its place in that. */
  among: SeatLevels | undefined;
  level: number;
  place: number;
}

/** Seats of one rank, by what room there is. */
interface Rank {
  readonly open: SeatLevels;
  readonly partly: SeatLevels;
  seats: number;
}

/**
 * How good a node is for a class; only the best that any node here has counts. A tab may be closed at any moment, and an actor's
 * state goes with it: tabs count only where no other node could ever have the actor. A node that was asked for, if possible, counts
 * alone as long as it is here and could run the task.
 */
const RANKS = 4;
const NOT_CHOSEN = 2;
const IN_A_TAB = 1;

function rankOf({ session }: NodeView, { isActor, place }: Requirement): number {
  const isOther = place?.node !== undefined && !isChosen(session, place.node);
  return (isOther ? NOT_CHOSEN : 0) + (isActor && session.role === 'tab' ? IN_A_TAB : 0);
}

/** The nodes of a class. */
export class NodeClass {
  readonly requirement: Requirement;
  readonly #opened: (nodes: NodeClass) => void;
  readonly #ranks: readonly Rank[] = Array.from({ length: RANKS }, () => ({
    open: new SeatLevels(),
    partly: new SeatLevels(),
    seats: 0,
  }));
  /** The best that any seat has. */
  #best = 0;
  readonly #all = new Set<Seat>();
  /** Whose turn it is; undefined where the least waiting time decides. */
  readonly turns: SpreadTurns | undefined;

  /** @param opened told when there is room (or a part) after there was none. */
  constructor(requirement: Requirement, opened: (nodes: NodeClass) => void) {
    this.requirement = requirement;
    this.#opened = opened;
    this.turns = requirement.place?.spread ? new SpreadTurns() : undefined;
  }

  get #counted(): Rank {
    const rank = this.#ranks[this.#best];
    if (!rank) throw new RangeError(`there is no rank ${this.#best}`);
    return rank;
  }

  /** Those that take one more now. */
  get open(): SeatLevels {
    return this.#counted.open;
  }

  /** Those where one more would wait until some of what runs there has ended. */
  get partly(): SeatLevels {
    return this.#counted.partly;
  }

  get hasRoom(): boolean {
    const { open, partly } = this.#counted;
    return open.size > 0 || partly.size > 0;
  }

  /** All that could run it, open or not. */
  get seats(): ReadonlySet<Seat> {
    return this.#all;
  }

  /** A node came that offers something. */
  join(view: NodeView): void {
    const { session } = view;
    if (!couldRun(session, this.requirement)) return;
    const seat: Seat = {
      view,
      nodes: this,
      slots: slotsFor(session, this.requirement.demand),
      rank: rankOf(view, this.requirement),
      among: undefined,
      level: 0,
      place: 0,
    };
    this.#all.add(seat);
    view.seats.push(seat);
    this.#count(seat, 1);
    this.update(seat);
  }

  /** The node of a seat goes, or offers something else from now on. */
  leave(seat: Seat): void {
    this.#all.delete(seat);
    seat.among?.remove(seat);
    this.turns?.remove(seat);
    const former = this.#best;
    this.#count(seat, -1);
    if (this.#best !== former && this.hasRoom) this.#opened(this);
  }

  #count({ rank }: Seat, change: 1 | -1): void {
    const counted = this.#ranks[rank];
    if (counted) counted.seats += change;
    this.#best = Math.max(
      0,
      this.#ranks.findIndex(({ seats }) => seats > 0),
    );
  }

  /** The node of a seat was given something, lost or reported something. */
  update(seat: Seat): void {
    const among = this.#seatsFor(seat);
    if (among === seat.among) {
      among?.moved(seat);
      return;
    }
    const hadRoom = this.hasRoom;
    seat.among?.remove(seat);
    seat.among = among;
    among?.add(seat);
    this.turns?.setOpen(seat, among !== undefined && among === this.#ranks[seat.rank]?.open);
    if (!hadRoom && this.hasRoom) this.#opened(this);
  }

  #seatsFor({ view, slots, rank }: Seat): SeatLevels | undefined {
    const { kind } = roomFor(view, this.requirement.demand, slots, view.busyMilli);
    if (kind === 'none') return undefined;
    const seats = this.#ranks[rank];
    return kind === 'enough' ? seats?.open : seats?.partly;
  }
}
