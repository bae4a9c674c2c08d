/**
 * The nodes that could run one scheduling class (rule S2), and which of them take one more such task now: the open ones,
 * by how long it would wait there. Beside them, those of which a part is free that is not enough.
 */
import { couldRun, type NodeView, type Requirement, roomFor, slotsFor } from './node-view.ts';
import { SeatLevels } from './seat-levels.ts';

/** A node's place in a class that it could run. */
export interface Seat {
  readonly view: NodeView;
  readonly nodes: NodeClass;
  /** How many tasks of the class run side by side on it. */
  readonly slots: number;
  /** The seats among which it is, its level there, and its place in that. */
  among: SeatLevels | undefined;
  level: number;
  place: number;
}

/** Seats by what room there is. */
interface Seats {
  readonly open: SeatLevels;
  readonly partly: SeatLevels;
}

function noSeats(): Seats {
  return { open: new SeatLevels(), partly: new SeatLevels() };
}

/** The nodes of a class. */
export class NodeClass {
  readonly requirement: Requirement;
  readonly #opened: (nodes: NodeClass) => void;
  readonly #others = noSeats();
  /** Of an actor's class, tabs are apart. */
  readonly #tabs = noSeats();
  readonly #all = new Set<Seat>();
  /** Nodes that would do, were they not strangers'. */
  readonly #strangers = new Set<NodeView>();
  #hosts = 0;

  /** @param opened told when there is room (or a part) after there was none. */
  constructor(requirement: Requirement, opened: (nodes: NodeClass) => void) {
    this.requirement = requirement;
    this.#opened = opened;
  }

  /**
   * A tab may be closed at any moment, and an actor's state goes with it: tabs count only where no other node could ever
   * have the actor.
   */
  get #counted(): Seats {
    return this.requirement.isActor && this.#hosts === 0 ? this.#tabs : this.#others;
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

  /** Why no present node could ever run this (rule S4); `undefined` if one could. */
  get whyNowhere(): string | undefined {
    if (this.#all.size > 0) return undefined;
    if (this.#strangers.size === 0) return 'no node has the resources it asks for';
    return this.requirement.isActor
      ? "only strangers' nodes are here and actors do not run on them"
      : "only strangers' nodes are here and this job trusts none of them";
  }

  /** A node came that offers something. */
  join(view: NodeView): void {
    const { session } = view;
    const { demand } = this.requirement;
    if (!couldRun(session, this.requirement)) {
      if (session.resources.couldEverFit(demand)) this.#strangers.add(view);
      return;
    }
    const seat: Seat = {
      view,
      nodes: this,
      slots: slotsFor(session, demand),
      among: undefined,
      level: 0,
      place: 0,
    };
    this.#all.add(seat);
    if (session.role !== 'tab') this.#hosts += 1;
    view.seats.push(seat);
    this.update(seat);
  }

  /** The node of a seat goes, or offers something else from now on. */
  leave(seat: Seat): void {
    this.#all.delete(seat);
    seat.among?.remove(seat);
    if (seat.view.session.role === 'tab') return;
    this.#hosts -= 1;
    if (this.#hosts === 0 && this.hasRoom) this.#opened(this);
  }

  /** A stranger's node goes, or offers something else. */
  strangerLeft(view: NodeView): void {
    this.#strangers.delete(view);
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
    if (!hadRoom && this.hasRoom) this.#opened(this);
  }

  #seatsFor({ view, slots }: Seat): SeatLevels | undefined {
    const { kind } = roomFor(view, this.requirement.demand, slots, view.busyMilli);
    if (kind === 'none') return undefined;
    const seats = this.requirement.isActor && view.session.role === 'tab' ? this.#tabs : this.#others;
    return kind === 'enough' ? seats.open : seats.partly;
  }
}
