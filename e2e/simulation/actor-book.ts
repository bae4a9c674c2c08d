/**
 * What the actors of a simulated cluster did, written down by themselves: which life answered which call, in which order. It
 * refuses what must not be: calls of one caller out of order, a call that a life answers twice (rules A1, L9), a reply that no
 * life gave.
 */
import type { ControlPlane } from '#server/control-plane.ts';
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { mix, type ReplyNote } from './values.ts';
import type { World } from './world.ts';

/** Where a call came from. */
interface Origin {
  /** The attempt of the task that called, or the driver. */
  readonly attempt: string;
  /** Which call of that attempt. */
  readonly order: number;
  readonly caller: ObjectKey;
  /** The same for the same call of another attempt, as long as no attempt had ended with a result in between. */
  readonly name: string;
}

/** One life of an actor: from its constructor's end to its worker's. */
export interface ActorLife {
  readonly number: number;
  state: number;
  /** Its calls, in their order. */
  readonly answered: { readonly call: ObjectKey; readonly state: number }[];
  /** The last call of each attempt that called. */
  readonly lastOrder: Map<string, number>;
  /** Names of the calls that it answered, by the task that called. */
  readonly names: Map<ObjectKey, Set<string>>;
}

/** All actors of a world. */
export class ActorBook {
  /** Control records were lost for good, and so was the knowledge of calls that had been made. */
  mayRepeat: () => boolean = () => false;
  /** Actors that ended, or may have, by the names of their plans: callers may get errors for replies. */
  readonly #harmed = new Set<number>();
  readonly #names = new Map<ObjectKey, number>();
  /** By session: actors that it has, or had. */
  readonly #hosted = new Map<number, Set<ObjectKey>>();
  readonly #lives: ActorLife[] = [];
  readonly #origins = new Map<ObjectKey, Origin>();
  /** Which life began a call. */
  readonly #begun = new Map<ObjectKey, number>();
  /** How often each task has ended. */
  readonly #ends = new Map<ObjectKey, number>();
  /** Calls that were sent to another life, because theirs ended before they were answered. */
  readonly #resent = new Set<ObjectKey>();
  readonly #orders = new Map<string, number>();

  /** A program makes an actor. */
  made(actor: ObjectKey, name: number): void {
    this.#names.set(actor, name);
    // It may stay where it was made.
    this.#hostedOn(sessionOfKey(actor)).add(actor);
  }

  /** An actor may not answer everything any more. */
  harm(actor: ObjectKey): void {
    const name = this.#names.get(actor);
    if (name !== undefined) this.#harmed.add(name);
  }

  /** True if calls of one of these may have been lost. */
  hasHarmed(names: readonly number[]): boolean {
    return names.some((name) => this.#harmed.has(name));
  }

  /** A program calls an actor. */
  called(call: ObjectKey, caller: { key: ObjectKey; attempt: string }, name: string): void {
    const order = this.#orders.get(caller.attempt) ?? 0;
    this.#orders.set(caller.attempt, order + 1);
    const lasting = `${name} after ${this.#ends.get(caller.key) ?? 0} ends`;
    this.#origins.set(call, { attempt: caller.attempt, order, caller: caller.key, name: lasting });
  }

  /** An actor begins a life. */
  born(name: number): ActorLife {
    const number = this.#lives.length;
    const life = { number, state: name, answered: [], lastOrder: new Map(), names: new Map() };
    this.#lives.push(life);
    return life;
  }

  /** A life begins a call; gives what its reply says of it, or what is wrong. */
  begins(life: ActorLife, call: ObjectKey, digest: number): ReplyNote | string {
    const origin = this.#origins.get(call);
    if (!origin) return `call ${call} was never made`;
    const { attempt, order, caller, name } = origin;
    if (order <= (life.lastOrder.get(attempt) ?? -1)) return `A1 call ${call} of ${attempt} comes out of order`;
    life.lastOrder.set(attempt, order);
    const former = this.#begun.get(call);
    if (former !== undefined && !(former !== life.number && this.#resent.has(call)) && !this.mayRepeat())
      return `L9 call ${call} was begun in life ${former} before`;
    this.#begun.set(call, life.number);
    let names = life.names.get(caller);
    if (!names) life.names.set(caller, (names = new Set()));
    if (caller !== 0 && names.has(name) && !this.mayRepeat()) return `L9 call ${call} (${name}) was answered before`;
    names.add(name);
    const position = life.answered.length;
    life.state = mix(life.state, digest);
    life.answered.push({ call, state: life.state });
    return { life: life.number, position, state: life.state };
  }

  /** What is wrong with a reply, if anything is. */
  faultIn(call: ObjectKey, { life, position, state }: ReplyNote): string | undefined {
    const answered = this.#lives[life]?.answered[position];
    if (answered?.call === call && answered.state === state) return undefined;
    return `the reply to call ${call} says life ${life}, place ${position}, where call ${answered?.call} was answered`;
  }

  #hostedOn(session: number): Set<ObjectKey> {
    let actors = this.#hosted.get(session);
    if (!actors) this.#hosted.set(session, (actors = new Set()));
    return actors;
  }

  /** Looks at what becomes of sessions and tasks in a life of the server. */
  watch(plane: ControlPlane): void {
    const command = plane.command.bind(plane);
    plane.command = (session, said) => {
      if (said.kind === 'lease' && said.actor !== 0 && said.attempt > 1) this.#resent.add(said.task);
      if (said.kind === 'lease' && this.#names.has(said.task)) this.#hostedOn(session.id).add(said.task);
      command(session, said);
    };
    const sessionEnded = plane.sessionEnded.bind(plane);
    plane.sessionEnded = (session, reason) => {
      for (const actor of this.#hostedOn(session.id)) this.harm(actor);
      sessionEnded(session, reason);
    };
    const { objects } = plane.gcs;
    const removeCopy = objects.removeCopy.bind(objects);
    objects.removeCopy = (object, session) => {
      // A browser's storage may lose what it kept, and a reply is not made again.
      for (const actor of this.#hostedOn(session.id)) this.harm(actor);
      removeCopy(object, session);
    };
    const taskEnded = plane.taskEnded.bind(plane);
    plane.taskEnded = (outcome) => {
      // It may run again to make a lost value anew; its calls of then are not remembered as those of now.
      const { key } = outcome.task;
      this.#ends.set(key, (this.#ends.get(key) ?? 0) + 1);
      taskEnded(outcome);
    };
  }
}

const books = new WeakMap<World, ActorBook>();

/** The book of a world. */
export function actorBookOf(world: World): ActorBook {
  let book = books.get(world);
  if (!book) books.set(world, (book = new ActorBook()));
  return book;
}
