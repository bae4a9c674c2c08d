/**
 * The global control store as one state machine: sessions, records in, commands out.
 *
 * It holds no promise and no timer and reads no clock: the shell sets the time, applies what arrived, and calls `tick`
 * now and then. So the simulator can run the very same code on a fake clock, and a restart is: load the rows, go on.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND, type NodeRecord, type NodeRecordOf } from '#shared/protocol/node-records.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import type { Random } from '#shared/ports/random.ts';
import type { Explanation } from '../scheduler/explain.ts';
import { GlobalScheduler } from '../scheduler/global-scheduler.ts';
import { Speculation } from '../scheduler/speculation.ts';
import { Strangers } from '../trust/strangers.ts';
import { ActorHistories } from './actor-history.ts';
import { ActorManager } from './actor-manager.ts';
import { describeActorOf } from './actor-words.ts';
import { Assignments } from './assignments.ts';
import { takeCopyWord } from './copy-words.ts';
import type { SessionRecord, TaskRecord } from './entities.ts';
import { checkCounts } from './counts.ts';
import { cutHistory, givenTo, noteDecision } from './histories.ts';
import { JobManager } from './job-manager.ts';
import { LeaseWriter } from './lease-writer.ts';
import { ObjectTable } from './object-table.ts';
import { Quarantine } from './quarantine.ts';
import { PeerNews } from './peer-news.ts';
import { Rebuilder } from './rebuilder.ts';
import { ReturningNodes } from './returning-nodes.ts';
import { SessionManager } from './session-manager.ts';
import type { GcsPorts } from './state.ts';
import { GcsState } from './state.ts';
import { FREED, systemError } from './system-errors.ts';
import { Submissions } from './submissions.ts';
import { TaskManager } from './task-manager.ts';

/** Functions, and sets of options, one session may introduce. */
const MAX_DEFINITIONS = 100_000;

/** Options of the GCS; times in milliseconds. */
export interface GcsOptions {
  readonly random: Random;
  /** Identifies this life of the server; higher than that of every earlier life. */
  readonly serverEpoch: number;
  /** After a start nodes have this long to come back before anything is rescheduled (rule M3). */
  readonly graceMs: number;
  readonly hostDeadMs: number;
  readonly tabDeadMs: number;
  readonly driverDeadMs: number;
}

/** The GCS. */
export class Gcs {
  readonly state: GcsState;
  readonly objects: ObjectTable;
  readonly runs: Assignments;
  readonly tasks: TaskManager;
  readonly actors: ActorManager;
  readonly histories: ActorHistories;
  readonly jobs: JobManager;
  readonly sessions: SessionManager;
  readonly scheduler: GlobalScheduler;
  readonly quarantine: Quarantine;
  readonly #submissions: Submissions;
  readonly speculation: Speculation;
  readonly #rebuilder: Rebuilder;
  readonly #returning: ReturningNodes;
  readonly #strangers: Strangers;
  readonly #peers: PeerNews;

  constructor(ports: GcsPorts, options: GcsOptions) {
    this.state = new GcsState(ports);
    const leases = new LeaseWriter(this.state);
    this.objects = new ObjectTable(this.state, {
      inputReady: (task) => this.tasks.inputReady(task),
      rebuild: (object) => this.#rebuilder.add(object),
      forgetTask: (task) => this.tasks.forget(task),
    });
    const lease = (task: TaskRecord, session: SessionRecord, incarnation: number, lane?: ObjectKey): void => {
      this.runs.assign(task, session, 'leased');
      givenTo(this, task, session);
      leases.write(task, session, { attempt: task.attempt, incarnation, lane }, this.objects);
    };
    this.scheduler = new GlobalScheduler(
      this.state,
      (task, session) => {
        if (task.fn.kind === FUNCTION_KIND.actor && !this.actors.tellFormerLife(task, session)) return;
        lease(task, session, this.#incarnationOf(task));
      },
      options.random,
      (task, session) => this.quarantine.hasEndedOn(task, session),
    );
    this.#peers = new PeerNews(this.state, this.scheduler);
    this.speculation = new Speculation(this.state, this.state.batches, {
      idleNodeFor: (task, not) => this.scheduler.idleNodeFor(task, not),
      start: (task, session) => {
        this.runs.beginSecond(task, session);
        leases.write(task, session, { attempt: task.copy?.attempt ?? 0, incarnation: 0 }, this.objects);
      },
    });
    this.histories = new ActorHistories(this.state, this.objects, { letGo: (call) => this.tasks.letGo(call) });
    this.actors = new ActorManager(this.state, this.objects, this.histories, {
      lease,
      repeat: (task, session, incarnation, lane) =>
        leases.write(task, session, { attempt: task.attempt, incarnation, lane }, this.objects),
      keep: (task, session) => this.runs.assign(task, session, 'local'),
    });
    this.runs = new Assignments(this.state, this.scheduler);
    this.quarantine = new Quarantine(this.state, this.scheduler);
    this.tasks = new TaskManager(this.state, this.objects, this.quarantine, this.runs, this.actors);
    this.actors.connect(this.tasks);
    this.#submissions = new Submissions(this.state, this.objects, this.tasks, this.runs, this.actors);
    this.#rebuilder = new Rebuilder(
      this.state,
      this.objects,
      this.tasks,
      this.actors,
      (session) => session.state === 'disconnected' || this.#returning.isToReport(session),
    );
    this.jobs = new JobManager(this.state, this.tasks, this.actors);
    this.sessions = new SessionManager(this.state, options, {
      joined: (session) => {
        this.scheduler.addNode(session);
        this.#peers.changed(session);
      },
      offerChanged: (session) => {
        this.scheduler.offerChanged(session);
        this.#peers.changed(session);
      },
      changed: (session) => {
        this.scheduler.nodeChanged(session);
        this.#rebuilder.heardOf(session);
        this.#peers.changed(session);
      },
      died: (session, reason) => this.#sessionDied(session, reason),
      reported: (session, report) => {
        this.jobs.tellFormerEnds(session);
        this.#returning.adoptReport(session, report);
        this.#rebuilder.heardOf(session);
        this.#settle();
      },
      graceEnds: () => this.#returning.applyHeld(),
      graceEnded: () => {
        this.#returning.graceEnded();
        this.#settle();
      },
    });
    this.#returning = new ReturningNodes(this, this.#apply.bind(this));
    this.#strangers = new Strangers(this.state, this.#submissions.turnAway.bind(this.#submissions));
  }

  /** Sets the time for the steps that follow. */
  setTime(nowMs: number, wallMs: number): void {
    this.state.nowMs = nowMs;
    this.state.wallMs = wallMs;
  }

  /** How full its queues are (rule B1). */
  levels(): Iterable<QueueLevel> {
    return this.#returning.levels();
  }

  /** True from a restart until all nodes reported or the grace is over. */
  get inGrace(): boolean {
    return this.sessions.inGrace;
  }

  /**
   * Applies records of one session in order; those it applied before are passed over (rule L2).
   *
   * @throws RangeError if records are missing before the first: nothing is applied.
   * @throws TypeError if a record says what no node may say: it and those after it are not applied; it counts as received.
   */
  applyRecords(session: SessionRecord, first: number, records: readonly NodeRecord[]): void {
    if (first > session.heard + 1) throw new RangeError(`record ${first} came after ${session.heard}`);
    try {
      for (let index = Math.max(0, session.heard + 1 - first); index < records.length; index++) {
        const record = records[index];
        if (record) this.#returning.take(session, record);
      }
      this.#returning.heard(session);
    } finally {
      this.state.dirty.sessions.add(session.id);
      if (!this.inGrace && this.sessions.pendingLeases.size > 0) this.#returning.settleLeases();
      this.#settle();
    }
  }

  /** The session has a connection again. */
  resume(session: SessionRecord, hello: SessionFrameOf<'hello'>): void {
    this.#returning.resumed(session);
    this.sessions.resume(session, hello);
  }

  /** Lets time pass: sessions expire, back-offs end. */
  tick(): void {
    this.sessions.tick();
    this.quarantine.tick();
    this.histories.copies.tick();
    this.#peers.tell();
    this.#settle();
    this.speculation.run();
  }

  /** Why a task waits, or why it runs where it runs (rule S2). */
  explain(key: ObjectKey): Explanation {
    const task = this.state.task(key);
    const held = task && this.quarantine.whyWaits(task);
    if (held !== undefined) return { state: 'held', reason: held, candidates: [] };
    const explained = this.scheduler.explain(key);
    return { ...explained, reason: (task && describeActorOf(this.state, task)) ?? explained.reason };
  }

  /** Ready tasks that no node has yet. */
  get waitingCount(): number {
    return this.scheduler.waitingCount + this.quarantine.waitingCount;
  }

  /** Ends a step that changed something from outside (an operator's command). */
  settle(): void {
    this.#settle();
  }

  #settle(): void {
    for (const { task, reason } of this.scheduler.lost())
      this.tasks.end(task, systemError('infeasible', reason), 'failed');
    this.#rebuilder.run();
    this.objects.settle();
    this.scheduler.dispatch();
  }

  #apply(session: SessionRecord, record: NodeRecord): void {
    checkCounts(record);
    if (!session.trusted && !this.#strangers.admits(session, record)) return;
    if (this.inGrace && (record.kind === 'finish' || record.kind === 'failed'))
      this.#returning.attemptEnds(session, record.task, record.attempt);
    switch (record.kind) {
      case 'submit':
        this.#submissions.submit(session, record);
        this.#returning.becameKnown(record.task);
        return;
      case 'finish':
        this.tasks.finish(session, record);
        return;
      case 'failed':
        this.tasks.attemptFailed(session, record);
        return;
      case 'put':
        this.#submissions.put(session, record);
        this.#returning.becameKnown(record.object);
        return;
      case 'spill':
        // The node waits for news of it from now on.
        if (!this.tasks.spill(session, record.task)) this.#want(session, record.task);
        return;
      case 'cancel':
        this.tasks.cancel(record.task, record.recursive, record.force);
        return;
      default:
        this.#applyObjectRecord(session, record);
    }
  }

  #applyObjectRecord(session: SessionRecord, record: NodeRecord): void {
    switch (record.kind) {
      case 'release': {
        const holder = this.#holder(session, record.holder);
        if (holder !== undefined && !this.actors.isMadeOf(holder, record.object))
          this.objects.releaseKey(record.object, holder);
        return;
      }
      case 'hold':
        this.#hold(session, record);
        return;
      case 'want':
        this.#want(session, record.object);
        return;
      case 'located': {
        const object = this.state.object(record.object);
        if (object && record.present) {
          this.objects.addCopy(object, session, record.sizeBytes);
          this.histories.copied(record.object);
        } else if (object) this.objects.copyLost(object, session, record.object);
        // It was freed while the copy was on its way.
        else if (record.present) this.state.ports.command(session, { kind: 'dropCopy', object: record.object });
        return;
      }
      case 'killActor':
        this.actors.kill(record.actor, record.noRestart, 'it was killed');
        return;
      case 'actorDown':
        this.actors.down(session, record);
        return;
      case 'began':
        this.histories.began(session, record);
        return;
      case 'saved':
        this.histories.saved(session, record);
        return;
      default:
        if (!takeCopyWord(this, session, record)) this.#applyDefinition(session, record);
    }
  }

  #applyDefinition(session: SessionRecord, record: NodeRecord): void {
    switch (record.kind) {
      case 'function':
        checkNumber(record.fn);
        session.functions[record.fn] = this.state.dictionaries.functionOf(
          record.module,
          record.name,
          record.functionKind,
        );
        return;
      case 'options':
        checkNumber(record.options);
        session.options[record.options] = this.state.dictionaries.optionsOf(record.json);
        return;
      case 'module':
        this.jobs.addModule(record.module, record.code, record.sourceMap);
        return;
      case 'jobFinished':
        if (session.job) this.jobs.finished(session.job, record.outcome, record.value);
        return;
      case 'jobInfo':
        if (session.job) this.jobs.describe(session.job, record.submitter, record.purpose);
        return;
      case 'succeeded':
        this.sessions.succeeded(session);
        return;
      case 'decision':
        noteDecision(this.state, session, record);
        return;
      case 'checkpoint':
        cutHistory(this, session, record);
        return;
      default:
        return;
    }
  }

  /**
   * A holder field means the session itself (0), an actor that lives there or is being made, or a durable `main` that runs there;
   * any other holds nothing.
   */
  #holder(session: SessionRecord, holder: number): number | undefined {
    if (holder === 0) return session.id;
    const actor = this.state.actors.get(this.state.resolve(holder));
    if (!actor) return this.#mainAt(session, holder);
    return actor.session === session.id || actor.creation.assigned === session.id ? actor.key : undefined;
  }

  #mainAt(session: SessionRecord, key: ObjectKey): number | undefined {
    const isThere = this.state.histories.of(key) !== undefined && this.state.tasks.get(key)?.assigned === session.id;
    return isThere ? key : undefined;
  }

  #hold(session: SessionRecord, record: NodeRecordOf<'hold'>): void {
    const holder = this.#holder(session, record.holder);
    if (holder === undefined) return;
    // It has waited for the record of what made this: that was lost with the server, and who holds it is to hear so.
    const isLost = this.inGrace && session.trusted;
    const object = this.state.object(record.object) ?? (isLost ? this.objects.create(record.object) : undefined);
    if (object) this.objects.hold(object, holder);
  }

  #want(session: SessionRecord, key: ObjectKey): void {
    const object = this.state.object(key);
    if (object) {
      this.objects.want(object, session, key);
    } else {
      const gone = this.objects.create(key);
      this.objects.setError(gone, FREED);
      this.objects.want(gone, session, key);
      this.objects.reconsider(gone);
    }
  }

  #incarnationOf(task: TaskRecord): number {
    return this.state.actors.get(task.key)?.incarnation ?? 0;
  }

  /** The node is gone for good: everything it had goes elsewhere or ends (M1, L4, A3, J3). */
  #sessionDied(session: SessionRecord, reason: string): void {
    this.scheduler.removeNode(session);
    if (session.job) this.jobs.driverDied(session.job, reason);
    for (const actor of [...this.state.actors.values()]) {
      if (actor.session === session.id) this.actors.hostDied(actor, session.nodeName);
      else if (actor.creation.assigned === session.id) this.actors.creationLost(actor.creation);
    }
    for (const task of [...session.assigned]) this.tasks.lost(task, session);
    this.objects.removeSession(session);
    this.histories.copies.nodeGone();
    this.#returning.gone(session);
    this.#rebuilder.heardOf(session);
    this.state.ports.sessionEnded(session, reason);
    this.#settle();
  }

  /** Puts a task that was loaded from disk back where it stood. */
  restoreTask(task: TaskRecord): void {
    if (task.callNumber > 0) this.actors.restoreBegun(task);
    if (task.state === 'finished') return;
    task.job.unfinished.set(task.key, task);
    this.state.batches.submitted(task);
    const session = this.state.sessions.get(task.assigned);
    const given =
      session !== undefined && session.state !== 'dead' && (task.state === 'leased' || task.state === 'local');
    if (given) {
      session.assigned.add(task);
      nameAgain(this.state, session, task);
      if (task.state === 'leased') this.scheduler.entered(task, session);
    } else {
      task.assigned = 0;
    }
    const second = task.copy && this.state.sessions.get(task.copy.session);
    if (second && second.state !== 'dead') {
      second.assigned.add(task);
      nameAgain(this.state, second, task);
      this.scheduler.entered(task, second);
    } else {
      task.copy = undefined;
    }
    if (task.actor !== 0) {
      this.actors.restoreCall(task);
    } else if (!given && !this.runs.promoteSecond(task)) {
      this.tasks.restore(task);
    }
  }
}

/** What a stranger's node had of a lease: its names, and those of the references in the values it was told. */
function nameAgain(state: GcsState, session: SessionRecord, task: TaskRecord): void {
  const { book } = session;
  if (!book) return;
  book.leased(task);
  // It was told what came of its children as well.
  const queue = [...task.deps, ...task.nested, ...task.made];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    const inner = state.object(key)?.nested.filter((each) => !book.knows(each)) ?? [];
    book.name(inner);
    queue.push(...inner);
  }
}

function checkNumber(number: number): void {
  if (number >= MAX_DEFINITIONS)
    throw new TypeError(
      `a session may introduce ${MAX_DEFINITIONS} functions and sets of options, not number ${number}`,
    );
}
