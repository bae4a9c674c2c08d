/**
 * Nodes that come back after a start of the server (rule M3): what they run and hold is believed over books that were
 * written before the server died, except from strangers' nodes, whose word counts only where the books agree.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { NodeRecord } from '#shared/protocol/node-records.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { moveTask } from '#shared/task/task-state.ts';
import type { GlobalScheduler } from '../scheduler/global-scheduler.ts';
import type { ActorManager } from './actor-manager.ts';
import type { Assignments } from './assignments.ts';
import type { ObjectRecord, SessionRecord, TaskRecord } from './entities.ts';
import type { ObjectTable } from './object-table.ts';
import { HeldStreams, runnerKey } from './held-streams.ts';
import { awaitedKey, Orphans } from './orphans.ts';
import type { SessionManager } from './session-manager.ts';
import type { GcsState } from './state.ts';
import { systemError } from './system-errors.ts';
import type { TaskManager } from './task-manager.ts';

/** The tables that a report changes. */
export interface ReportedTables {
  readonly state: GcsState;
  readonly objects: ObjectTable;
  readonly tasks: TaskManager;
  readonly runs: Assignments;
  readonly actors: ActorManager;
  readonly sessions: SessionManager;
  readonly scheduler: GlobalScheduler;
  readonly inGrace: boolean;
}

/** Takes reports, and what waits for them. */
export class ReturningNodes {
  readonly #gcs: ReportedTables;
  readonly #state: GcsState;
  readonly #orphans: Orphans;
  readonly #held: HeldStreams;
  /** Nothing more is to come. */
  #isLastCall = false;
  readonly #apply: (session: SessionRecord, record: NodeRecord) => void;
  /** Former sessions that have reported. */
  readonly #reported = new Set<number>();
  /** Of strangers' nodes, whose reports name what is in records that are still to come. */
  readonly #early = new Map<number, SessionFrameOf<'report'>>();

  constructor(gcs: ReportedTables, apply: (session: SessionRecord, record: NodeRecord) => void) {
    this.#gcs = gcs;
    this.#state = gcs.state;
    this.#orphans = new Orphans(gcs.state);
    this.#held = new HeldStreams(
      (record, session) => awaitedKey(gcs.state, record, this.#isLastCall) || this.#awaitedRunner(session, record),
      (session, record) => this.#applyHeld(session, record),
      ({ id }) => this.#held.becameKnown(runnerKey(id)),
    );
    this.#apply = apply;
  }

  *levels(): Iterable<QueueLevel> {
    yield* this.#held.levels();
    yield* this.#orphans.levels();
  }

  /**
   * Takes the next record of a session: applies it, or has it wait.
   *
   * @throws RangeError if too many wait already.
   */
  take(session: SessionRecord, record: NodeRecord): void {
    // What a stranger's node says of what is not on the books is not kept for later.
    if (!this.#gcs.inGrace || !session.trusted || !this.#held.hold(session, record)) {
      session.received += 1;
      session.heard = session.received;
      this.#apply(session, record);
    } else {
      session.heard += 1;
    }
  }

  /**
   * A result of an attempt that the books do not know waits for the node that has the task, or the actor, by them: the former
   * server may have taken, and told of, either's, and there is no more than one result that was told (rule L5). A life of an
   * actor that the books do not know is believed after the word that the former one ended, which is that node's to say
   * (rule M2). The key stands for that session.
   */
  #awaitedRunner(session: SessionRecord, record: NodeRecord): ObjectKey {
    if (record.kind !== 'finish' || !this.#gcs.sessions.isFormer(session)) return 0;
    const task = this.#state.task(record.task);
    if (!task || record.attempt <= task.attempt) return 0;
    const runner = task.assigned || (this.#state.actors.get(task.key)?.session ?? 0);
    if (runner === 0 || runner === session.id || task.copy?.session === session.id) return 0;
    return this.#isToCome(runner) ? runnerKey(runner) : 0;
  }

  /** The session is not over, and something that it has to say was not applied. */
  #isToCome(id: number): boolean {
    const session = this.#state.sessions.get(id);
    if (session && session.state !== 'dead' && this.#held.has(session)) return true;
    return !this.#isLastCall && this.#isUnheard(id);
  }

  /** The session is not over and has not said everything. */
  #isUnheard(id: number): boolean {
    const session = this.#state.sessions.get(id);
    return session !== undefined && session.state !== 'dead' && session.heard < session.reportedUpTo;
  }

  /** The node comes back over another connection, and says again what was not applied. */
  resumed(session: SessionRecord): void {
    this.#held.drop(session);
    session.heard = session.received;
  }

  #applyHeld(session: SessionRecord, record: NodeRecord): void {
    session.received += 1;
    this.#state.dirty.sessions.add(session.id);
    try {
      this.#apply(session, record);
    } catch (error) {
      const message = `${session.nodeName}: ${error instanceof Error ? error.message : String(error)}`;
      this.#state.ports.event({ severity: 'warning', kind: 'bad-record', message, job: 0, session: session.id });
    }
  }

  /** A key became known: what waited for it is applied. */
  becameKnown(key: ObjectKey): void {
    this.#held.becameKnown(key);
    for (const { session: id, record } of this.#orphans.take(key)) {
      const session = this.#state.sessions.get(id);
      if (!session || session.state === 'dead') continue;
      this.#apply(session, record);
    }
  }

  /** True as long as a session of a former server has not said what it has. */
  isToReport(session: SessionRecord): boolean {
    return this.#early.has(session.id) || (this.#gcs.sessions.isFormer(session) && !this.#reported.has(session.id));
  }

  /** What a node runs and holds, after a restart of the server (rule M3). */
  adoptReport(session: SessionRecord, report: SessionFrameOf<'report'>): void {
    for (const { task, attempt } of report.leases) this.#reportedLease(session, task, attempt);
    const running = new Set(report.leases.map((lease) => this.#state.resolve(lease.task)));
    for (const task of [...session.assigned]) {
      if (task.copy?.session === session.id) {
        if (!running.has(task.key)) this.#gcs.runs.endSecond(task, false);
        continue;
      }
      // A lease that never arrived, or whose result is in a record still to come, is no loss of the node's.
      if (task.state === 'leased' && !running.has(task.key))
        this.#gcs.sessions.pendingLeases.set(task, { session: session.id, attempt: task.attempt });
    }
    for (const { actor: key, incarnation } of report.actors) this.#adoptActor(session, key, incarnation);
    // What a stranger says of what is not on the books is not kept record by record, as it is for others (see `orphans.ts`).
    if (session.trusted || session.received >= report.lastRecord) this.#adoptObjects(session, report);
    else this.#early.set(session.id, report);
    this.#reported.add(session.id);
    this.heard(session);
    if (!this.#gcs.inGrace) this.settleLeases();
  }

  /** Further records of a node have come. */
  heard(session: SessionRecord): void {
    if (this.#gcs.inGrace && session.heard >= session.reportedUpTo) this.#held.becameKnown(runnerKey(session.id));
    const report = this.#early.get(session.id);
    if (!report || session.received < report.lastRecord) return;
    this.#early.delete(session.id);
    this.#adoptObjects(session, report);
  }

  /** The session is over. */
  gone(session: SessionRecord): void {
    this.#reported.delete(session.id);
    this.#early.delete(session.id);
    this.#held.drop(session);
    if (this.#gcs.inGrace) this.#held.becameKnown(runnerKey(session.id));
  }

  #adoptObjects(session: SessionRecord, report: SessionFrameOf<'report'>): void {
    for (const { object, sizeBytes } of report.copies)
      this.#applyWord(session, { kind: 'located', object, present: true, sizeBytes });
    for (const object of report.wants) {
      this.#answerAgain(session, object);
      this.#applyWord(session, { kind: 'want', object });
    }
  }

  /** It asked whether to make this itself, and the answer was lost with the former server. (Who heard it passes this over.) */
  #answerAgain(session: SessionRecord, key: ObjectKey): void {
    const task = this.#state.tasks.get(key);
    if (task?.state === 'local' && task.assigned === session.id)
      this.#state.ports.command(session, { kind: 'assign', task: key, here: true });
  }

  #applyWord(session: SessionRecord, word: NodeRecord): void {
    const waits = this.#gcs.inGrace && session.trusted && this.#orphans.keep(session.id, word);
    if (!waits) this.#apply(session, word);
  }

  /**
   * A node tells how an attempt ended whose lease was lost with the server: it had it, also where the task's own record came
   * again before.
   */
  attemptEnds(session: SessionRecord, key: ObjectKey, attempt: number): void {
    if (!session.trusted || !this.#gcs.sessions.isFormer(session)) return;
    if (attempt < (this.#state.task(key)?.attempt ?? 0)) return;
    this.#gcs.sessions.lateLeases.delete(key);
    this.#adoptLease(session, key, attempt);
  }

  #reportedLease(session: SessionRecord, key: ObjectKey, attempt: number): void {
    const task = this.#state.task(key);
    const isRunner = task?.assigned === session.id || task?.copy?.session === session.id;
    const isStrangers = !session.trusted && !isRunner;
    // Else any task could be had by claiming to have it (rule T2).
    if (isStrangers) this.#cancel(session, key);
    else if (this.#state.task(key)) this.#adoptLease(session, key, attempt);
    else if (this.#gcs.inGrace) this.#gcs.sessions.lateLeases.set(key, { session: session.id, attempt });
    else this.#cancel(session, key);
  }

  /** Nobody wants the result of what the node runs. */
  #cancel(session: SessionRecord, key: ObjectKey): void {
    this.#state.ports.command(session, { kind: 'cancelTask', task: key, force: true });
  }

  /** The server gave this lease before it died and had not written it down yet: the node is right. */
  #adoptLease(session: SessionRecord, key: ObjectKey, attempt: number): void {
    const task = this.#state.task(key);
    if (!task || task.state === 'finished' || task.assigned === session.id || task.copy?.session === session.id) return;
    if (task.assigned !== 0 && task.state === 'leased') {
      // By the books another node has an earlier attempt. It has not come back: the one that has an end of a later one is believed.
      const isLater = this.#isLastCall && attempt > task.attempt && this.#isUnheard(task.assigned);
      if (!isLater) return;
      this.#gcs.runs.leave(task);
    }
    this.#gcs.scheduler.remove(task);
    // It had its turn before the server died, wherever it has come again since.
    moveTask(task, 'waiting');
    task.attempt = attempt;
    this.#gcs.runs.assign(task, session, 'leased');
  }

  #adoptActor(session: SessionRecord, key: ObjectKey, incarnation: number): void {
    const actor = this.#state.actors.get(this.#state.resolve(key));
    if (!actor && this.#gcs.inGrace && session.trusted) {
      this.#gcs.sessions.lateActors.set(key, { session: session.id, incarnation });
      return;
    }
    if (!actor || actor.state === 'dead' || !session.trusted) {
      this.#state.ports.command(session, { kind: 'killActor', actor: key, incarnation });
      return;
    }
    if (actor.incarnation > incarnation)
      this.#state.ports.command(session, { kind: 'killActor', actor: key, incarnation });
  }

  /** What waits is applied before anything is rescheduled: it may be what a node was reported to run. */
  applyHeld(): void {
    this.#isLastCall = true;
    this.#held.applyAll();
    this.#isLastCall = false;
  }

  graceEnded(): void {
    for (const [key, lease] of this.#gcs.sessions.lateLeases) {
      const session = this.#state.sessions.get(lease.session);
      if (!session || session.state === 'dead') continue;
      if (this.#state.task(key)) this.#adoptLease(session, key, lease.attempt);
      else this.#cancel(session, key);
    }
    this.#gcs.sessions.lateLeases.clear();
    for (const [key, actor] of this.#gcs.sessions.lateActors) {
      const session = this.#state.sessions.get(actor.session);
      if (session && session.state !== 'dead') this.#adoptActor(session, key, actor.incarnation);
    }
    this.#gcs.sessions.lateActors.clear();
    for (const [id, report] of this.#early) {
      const session = this.#state.sessions.get(id);
      if (session) this.#adoptObjects(session, report);
    }
    this.#early.clear();
    this.#dropOrphans();
    this.settleLeases();
    // What was lost and is wanted waits in the rebuilder's queue since it was asked for.
    for (const object of this.#gcs.objects.takePlaceholders()) this.#giveUp(object);
  }

  /** Nobody sent the records again that these were waiting for: they are applied to what there is. */
  #dropOrphans(): void {
    for (const { session: id, record } of this.#orphans.takeAll()) {
      const session = this.#state.sessions.get(id);
      if (session && session.state !== 'dead') this.#apply(session, record);
    }
  }

  /** Leases on our books that their nodes, having said everything, do not know: they were lost with the connection. */
  settleLeases(): void {
    const calls: TaskRecord[] = [];
    for (const [task, lease] of this.#gcs.sessions.pendingLeases) {
      const session = this.#state.sessions.get(lease.session);
      const isHeard = !session || session.state === 'dead' || session.received >= session.reportedUpTo;
      if (!isHeard) continue;
      this.#gcs.sessions.pendingLeases.delete(task);
      // What the node told since may have ended that attempt, and another may be under way.
      if (task.state !== 'leased' || task.assigned !== lease.session || task.attempt !== lease.attempt) continue;
      if (task.actor !== 0) calls.push(task);
      else this.#gcs.tasks.again(task);
    }
    this.#gcs.actors.resume(calls);
  }

  /** What nobody made will not come. */
  #giveUp(object: ObjectRecord): void {
    const message = 'the record of what made it was lost with the server';
    this.#gcs.objects.setError(object, systemError('objectLost', message));
    this.#gcs.objects.reconsider(object);
  }
}
