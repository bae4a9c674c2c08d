/**
 * What the tables of one life of the server must say of each other, and of what it told its nodes (rules M1, M2, S2–S4).
 */
import type { ControlPlane } from '#server/control-plane.ts';
import type { SessionRecord, TaskRecord } from '#server/gcs/entities.ts';
import type { Gcs } from '#server/gcs/gcs.ts';
import { offersWork } from '#server/gcs/node-offer.ts';
import type { ServerCommandOf } from '#shared/protocol/server-commands.ts';

/** The books of one life of the server. */
export class ServerBooks {
  readonly #plane: ControlPlane;
  readonly #fail: (message: string) => void;
  /** Leased tasks of each session, as the scheduler was told of them. */
  readonly #leased = new Map<number, number>();
  /** The latest life of each actor that any node was told of. */
  readonly #incarnations = new Map<number, number>();

  /** @param fail told what is wrong */
  constructor(plane: ControlPlane, fail: (message: string) => void) {
    this.#plane = plane;
    this.#fail = fail;
    this.#watchScheduler(plane.gcs);
    this.#watchLeases(plane);
    this.#watchResults(plane);
  }

  /** The scheduler counts what comes and goes; what was on the books at the start came before. */
  #watchScheduler({ scheduler, state }: Gcs): void {
    for (const session of state.sessions.values()) this.#leased.set(session.id, leasesOf(session));
    const add = (session: SessionRecord, change: number): void =>
      void this.#leased.set(session.id, (this.#leased.get(session.id) ?? 0) + change);
    const entered = scheduler.entered.bind(scheduler);
    scheduler.entered = (task, session) => {
      add(session, 1);
      entered(task, session);
    };
    const left = scheduler.left.bind(scheduler);
    scheduler.left = (task, session) => {
      add(session, -1);
      left(task, session);
    };
  }

  /** A lease goes to a node that is there, takes work and has what the task asks for. */
  #watchLeases(plane: ControlPlane): void {
    const command = plane.command.bind(plane);
    plane.command = (session, what) => {
      if (what.kind === 'lease') this.#checkLease(session, what);
      command(session, what);
    };
  }

  #checkLease(session: SessionRecord, lease: ServerCommandOf<'lease'>): void {
    const { state } = this.#plane.gcs;
    const name = `task ${lease.task} is leased to ${session.nodeName}`;
    const task = state.tasks.get(lease.task);
    const run = task && runOf(task, session);
    // A call that has its result is only repeated (rule A2).
    const isRepeat = task !== undefined && task.callNumber > 0 && task.state === 'finished';
    if (isRepeat ? task.attempt !== lease.attempt : run?.state !== 'leased' || run.attempt !== lease.attempt)
      this.#fail(`M2 ${name} and the books say otherwise`);
    else if (session.state === 'dead' || state.grace) this.#fail(`M3 ${name}, which is dead or not heard yet`);
    else if (task?.actor === 0) this.#checkOffer(session, task, name);
    const last = this.#incarnations.get(lease.actor || lease.task) ?? 0;
    if (lease.incarnation < last)
      this.#fail(`M2 ${name} for life ${lease.incarnation} of an actor, after life ${last}`);
    if (lease.incarnation > 0) this.#incarnations.set(lease.actor || lease.task, lease.incarnation);
  }

  #checkOffer({ state, successor, resources, trusted }: SessionRecord, { options }: TaskRecord, name: string): void {
    const { demand, trust } = options.options;
    if (state !== 'connected' || successor !== 0) this.#fail(`M1 ${name}, which is ${state}`);
    else if (resources.isEmpty || !resources.couldEverFit(demand)) this.#fail(`S4 ${name}, which offers less`);
    else if (!trusted && trust !== 'unchecked') this.#fail(`S1 ${name}, whom its job does not trust`);
  }

  /** A call is answered by the life of the actor that is believed. */
  #watchResults(plane: ControlPlane): void {
    const taskEnded = plane.taskEnded.bind(plane);
    plane.taskEnded = (outcome) => {
      const { task, session } = outcome;
      const actor = task.actor === 0 ? undefined : plane.gcs.state.actors.get(task.actor);
      if (actor?.state === 'alive' && outcome.outcome === 'succeeded' && actor.session !== session)
        this.#fail(`M2 call ${task.key} was answered by session ${session}, its actor lives with ${actor.session}`);
      taskEnded(outcome);
    };
  }

  /** Looks at everything. */
  check(): void {
    const { state, waitingCount, sessions } = this.#plane.gcs;
    this.#checkSessions([...state.sessions.values()]);
    let queued = 0;
    let assigned = 0;
    for (const task of state.tasks.values()) {
      if (task.state === 'queued' && task.actor === 0) queued += 1;
      const isGiven = task.state === 'leased' || task.state === 'local';
      if (isGiven !== (task.assigned !== 0)) this.#fail(`M2 task ${task.key} is ${task.state} with ${task.assigned}`);
      if (task.copy && !isGiven) this.#fail(`S6 task ${task.key} is ${task.state} and has a second copy`);
      if (isGiven) assigned += this.#checkRunners(task);
    }
    if (waitingCount !== queued)
      this.#fail(`S2 ${waitingCount} tasks wait at the scheduler and ${queued} by the tables`);
    const living: SessionRecord[] = [];
    for (const session of state.sessions.values()) {
      assigned -= session.assigned.size;
      if (session.state === 'dead') continue;
      living.push(session);
      const leased = leasesOf(session);
      const told = this.#leased.get(session.id) ?? 0;
      if (leased !== told) this.#fail(`S2 ${session.nodeName} has ${leased} leases and the scheduler counts ${told}`);
    }
    if (assigned !== 0) this.#fail(`M2 sessions have ${-assigned} more tasks than there are`);
    if (living.length !== sessions.livingCount)
      this.#fail(`M1 ${living.length} sessions live and ${sessions.livingCount} are counted`);
    this.#checkOffers(living);
  }

  /** Those that run a task have it on their books. Gives how many there are: with a second copy, elsewhere, two (rule S6). */
  #checkRunners(task: TaskRecord): number {
    const runners = task.copy ? [task.assigned, task.copy.session] : [task.assigned];
    if (new Set(runners).size < runners.length)
      this.#fail(`S6 task ${task.key} runs twice on session ${task.assigned}`);
    for (const id of runners)
      if (this.#plane.gcs.state.sessions.get(id)?.assigned.has(task) !== true)
        this.#fail(`M2 task ${task.key} is not on the books of its session ${id}`);
    return runners.length;
  }

  /** The scheduler sees those that live and offer work, and nobody else. */
  #checkOffers([one, ...others]: readonly SessionRecord[]): void {
    if (!one) return;
    const seen = this.#plane.gcs.scheduler.peersOf(one);
    const offering = others.filter(offersWork).length;
    if (seen !== offering)
      this.#fail(`S2 the scheduler sees ${seen} nodes beside ${one.nodeName}, and there are ${offering}`);
  }

  /**
   * One life of a node is believed (rules M2, M4): where one is connected no other is, and those before it have a successor. A
   * new one that has not answered its welcome is not connected yet. Without the key nobody takes the place of a node that had it.
   */
  #checkSessions(all: readonly SessionRecord[]): void {
    const lives = all.filter(({ state, successor, role }) => state !== 'dead' && successor === 0 && role !== 'driver');
    const present = new Map<string, SessionRecord>();
    for (const session of lives) {
      if (session.state !== 'connected') continue;
      const other = present.get(nodeOf(session));
      if (other) this.#fail(`M2 sessions ${other.id} and ${session.id} of ${session.nodeName} are both believed`);
      present.set(nodeOf(session), session);
    }
    for (const session of lives) {
      const other = present.get(nodeOf(session));
      if (other && other.epoch > session.epoch)
        this.#fail(`M2 session ${session.id} of ${session.nodeName} may come back beside session ${other.id}`);
    }
  }
}

function nodeOf({ nodeId, trusted }: SessionRecord): string {
  return `${nodeId} ${trusted}`;
}

/** What of a task a session runs. */
function runOf(task: TaskRecord, { id }: SessionRecord): Pick<TaskRecord, 'state' | 'attempt'> | undefined {
  if (task.copy?.session === id) return task.copy;
  return task.assigned === id ? task : undefined;
}

function leasesOf(session: SessionRecord): number {
  let count = 0;
  for (const task of session.assigned) if (runOf(task, session)?.state === 'leased') count += 1;
  return count;
}
