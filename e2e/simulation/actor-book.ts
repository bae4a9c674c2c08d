/**
 * What the actors of a simulated cluster did, written down by themselves: which life answered which call, in which order. It
 * refuses what must not be: calls of one caller out of order, a call that a life answers twice (rules A1, L9), a reply that no
 * life gave, and of an actor that is repeated (rule A2) a life that does not go on from what former lives were seen to answer.
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
  readonly actor: ObjectKey;
  state: number;
  /** Its calls, in their order, and those that its checkpoint stands for. */
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
  /** Actors that are repeated; their lives are one. */
  readonly #repeated = new Set<ObjectKey>();
  /** Of those: what drivers were seen to be answered, by the place of the call. */
  readonly #seen = new Map<ObjectKey, Map<number, { readonly call: ObjectKey; readonly state: number }>>();
  /** Actors of whose replies the large ones may be lost with their nodes. */
  readonly #mayLoseReplies = new Set<number>();

  /** A program makes an actor. */
  made(actor: ObjectKey, name: number, isRepeated: boolean): void {
    this.#names.set(actor, name);
    if (isRepeated) this.#repeated.add(actor);
    // It may stay where it was made.
    this.#hostedOn(sessionOfKey(actor)).add(actor);
  }

  /** An actor may not answer everything any more. */
  harm(actor: ObjectKey): void {
    const name = this.#names.get(actor);
    if (name !== undefined) this.#harmed.add(name);
  }

  /** Its node is gone, or a value there is. Where the actor is repeated only large replies cannot be had again. */
  nodeHarmed(actor: ObjectKey): void {
    const name = this.#names.get(actor);
    if (!this.#repeated.has(actor)) this.harm(actor);
    else if (name !== undefined) this.#mayLoseReplies.add(name);
  }

  /** True if calls of one of these may have been lost, so that this error stands for their reply. */
  hasHarmed(names: readonly number[], label: string): boolean {
    return names.some(
      (name) => this.#harmed.has(name) || (label === 'ObjectLostError' && this.#mayLoseReplies.has(name)),
    );
  }

  /** A program calls an actor. */
  called(call: ObjectKey, caller: { key: ObjectKey; attempt: string }, name: string): void {
    const order = this.#orders.get(caller.attempt) ?? 0;
    this.#orders.set(caller.attempt, order + 1);
    const lasting = `${name} after ${this.#ends.get(caller.key) ?? 0} ends`;
    this.#origins.set(call, { attempt: caller.attempt, order, caller: caller.key, name: lasting });
  }

  /** An actor begins a life. */
  born(name: number, actor: ObjectKey): ActorLife {
    const number = this.#lives.length;
    const life = { number, actor, state: name, answered: [], lastOrder: new Map(), names: new Map() };
    this.#lives.push(life);
    return life;
  }

  /** What a checkpoint says. */
  saved({ number, answered, state }: ActorLife): ReplyNote {
    return { life: number, position: answered.length, state };
  }

  /** A life that has done nothing yet goes on from what a former one saved. */
  restored(life: ActorLife, { life: former, position, state }: ReplyNote): void {
    for (const { call } of this.#lives[former]?.answered.slice(0, position) ?? []) {
      const origin = this.#origins.get(call);
      if (!origin) continue;
      life.lastOrder.set(origin.attempt, origin.order);
      this.#namesOf(life, origin.caller).add(origin.name);
    }
    life.answered.push(...(this.#lives[former]?.answered.slice(0, position) ?? []));
    life.state = state;
  }

  /** A life begins a call; gives what its reply says of it, or what is wrong. */
  begins(life: ActorLife, call: ObjectKey, digest: number): ReplyNote | string {
    const origin = this.#origins.get(call);
    if (!origin) return `call ${call} was never made`;
    const { attempt, order, caller, name } = origin;
    if (order <= (life.lastOrder.get(attempt) ?? -1)) return `A1 call ${call} of ${attempt} comes out of order`;
    life.lastOrder.set(attempt, order);
    const former = this.#begun.get(call);
    const isAgain = former !== life.number && (this.#repeated.has(life.actor) || this.#resent.has(call));
    if (former !== undefined && !isAgain && !this.mayRepeat())
      return `L9 call ${call} was begun in life ${former} before`;
    this.#begun.set(call, life.number);
    const names = this.#namesOf(life, caller);
    if (caller !== 0 && names.has(name) && !this.mayRepeat()) return `L9 call ${call} (${name}) was answered before`;
    names.add(name);
    const position = life.answered.length;
    life.state = mix(life.state, digest);
    life.answered.push({ call, state: life.state });
    return { life: life.number, position, state: life.state };
  }

  #namesOf(life: ActorLife, caller: ObjectKey): Set<string> {
    let names = life.names.get(caller);
    if (!names) life.names.set(caller, (names = new Set()));
    return names;
  }

  /** What is wrong with a reply, if anything is. */
  faultIn(call: ObjectKey, { life: number, position, state }: ReplyNote): string | undefined {
    const life = this.#lives[number];
    const answered = life?.answered[position];
    if (life && answered?.call === call && answered.state === state) return this.#faultBefore(life, position);
    return `the reply to call ${call} says life ${number}, place ${position}, where call ${answered?.call} was answered`;
  }

  /** The lives of an actor that is repeated are one: what was seen before is what this life did before, or will have done. */
  #faultBefore(life: ActorLife, position: number): string | undefined {
    if (!this.#repeated.has(life.actor) || this.mayRepeat()) return undefined;
    let seen = this.#seen.get(life.actor);
    if (!seen) this.#seen.set(life.actor, (seen = new Map()));
    for (const [place, { call, state }] of seen) {
      const here = life.answered[place];
      if (place <= position && (here?.call !== call || here.state !== state))
        return `A2 call ${call} of actor ${life.actor} was answered at place ${place}, where life ${life.number} did call ${here?.call}`;
    }
    const answered = life.answered[position];
    if (answered) seen.set(position, answered);
    return undefined;
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
      for (const actor of this.#hostedOn(session.id)) this.nodeHarmed(actor);
      sessionEnded(session, reason);
    };
    const { objects, actors } = plane.gcs;
    const kill = actors.kill.bind(actors);
    actors.kill = (key, noRestart, reason) => {
      this.harm(plane.gcs.state.resolve(key));
      kill(key, noRestart, reason);
    };
    const creationEnded = actors.creationEnded.bind(actors);
    actors.creationEnded = (task, session, error) => {
      // One that lived before cannot be made again: what it was made of is lost.
      if (error) this.harm(task.key);
      creationEnded(task, session, error);
    };
    const removeCopy = objects.removeCopy.bind(objects);
    objects.removeCopy = (object, session) => {
      // A browser's storage may lose what it kept, and a reply is not made again.
      for (const actor of this.#hostedOn(session.id)) this.nodeHarmed(actor);
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
