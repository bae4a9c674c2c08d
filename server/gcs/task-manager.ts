/**
 * Tasks: from submission to a result that is accepted once (rules L1, L4, L5).
 *
 * A task is with the local scheduler of its birth node (`local`), waits for inputs, queues at the global scheduler, is
 * leased to a node, and finishes. What ends an attempt without a result sends it round again: by its own fault within
 * `maxRetries`, by a lost node as often as it takes (up to a limit, with back-off).
 */
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { END_REASON, FUNCTION_KIND, type NodeRecordOf, OUTCOME } from '#shared/protocol/node-records.ts';
import { lossBackoffMs, MAX_LOSSES, mayRetry } from '#shared/task/retry-policy.ts';
import { moveTask } from '#shared/task/task-state.ts';
import { type Assignments, KNOWS_WITHDRAW } from './assignments.ts';
import { keepObjectId, taskId } from './content-names.ts';
import type { JobRecord, ObjectRecord, SessionRecord, TaskRecord } from './entities.ts';
import { believedRunUs } from '../trust/believed-run.ts';
import { countEnded } from './function-counts.ts';
import { endHistory, mainStartsAnew } from './histories.ts';
import { isHeld } from './holders.ts';
import type { ObjectTable } from './object-table.ts';
import type { Quarantine } from './quarantine.ts';
import type { GcsState, TaskOutcome } from './state.ts';
import { errorKindOf, errorLine, systemError } from './system-errors.ts';

/** The queue of ready tasks (the global scheduler). */
export interface ReadyQueue {
  add(task: TaskRecord): void;
  remove(task: TaskRecord): void;
  /** So long a run took; the task has not left its node yet. */
  ran(task: TaskRecord, durationUs: number, session: SessionRecord): void;
  /** It ended a worker; it has not left its node yet. */
  crashed(task: TaskRecord, session: SessionRecord): void;
}

/** Actors, as far as tasks touch them. */
export interface ActorHooks {
  created(task: TaskRecord, place: number, session: SessionRecord): boolean;
  creationEnded(task: TaskRecord, session: SessionRecord | undefined, error: Uint8Array | undefined): void;
  called(task: TaskRecord, place: number, session: SessionRecord): void;
  callEnded(task: TaskRecord): void;
  /** True if it answers a call that had ended before, and was only repeated (rule A2). */
  repeated(task: TaskRecord | undefined, session: SessionRecord, record: NodeRecordOf<'finish'>): boolean;
  /** True if the node that has the call says whether it was in time to take it back. */
  decidesCancel(task: TaskRecord): boolean;
  /** An actor that was being made goes back to the queue. */
  creationLost(task: TaskRecord): void;
  makerEnded(task: TaskRecord): void;
  /** Sends a call to the next life of its actor. Returns false if it may not be tried again. */
  resend(call: TaskRecord): boolean;
}

/** What a submission becomes. */
export class TaskManager {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  readonly #queue: Quarantine;
  readonly #runs: Assignments;
  readonly #actors: ActorHooks;
  /** Attempts that ended without a value, since the start. */
  failedAttempts = 0;

  constructor(state: GcsState, objects: ObjectTable, queue: Quarantine, runs: Assignments, actors: ActorHooks) {
    this.#state = state;
    this.#objects = objects;
    this.#queue = queue;
    this.#runs = runs;
    this.#actors = actors;
  }

  /** An attempt ended with a result: the first valid one is accepted, all later ones are not believed (L5, M2). */
  finish(session: SessionRecord, record: NodeRecordOf<'finish'>): void {
    const task = this.#state.task(record.task);
    if (this.#actors.repeated(task, session, record)) return;
    if (!task || task.state === 'finished' || !this.#runs.isCurrent(task, session, record.attempt)) {
      this.#disown(session, record.task);
      return;
    }
    if (task.assigned !== session.id) this.#runs.swap(task);
    const object = this.#state.objects.get(task.key);
    if (object && !this.#objects.isAvailable(object)) {
      const nested = record.nested.map((key) => this.#state.resolve(key));
      if (record.outcome === OUTCOME.value)
        this.#objects.setValue(object, session, { sizeBytes: record.sizeBytes, value: record.value, nested });
      else this.#objects.setError(object, record.value);
      const late = task.copy && this.#state.sessions.get(task.copy.session);
      if (late) this.#keepWhatWasMadeBy(late, task, object);
      this.#objects.reconsider(object);
    } else if (record.outcome === OUTCOME.value && record.value.length === 0) {
      // Another attempt's result was accepted, or nobody holds the object any more: one more copy, or one too many.
      if (object?.status === 'stored') this.#objects.addCopy(object, session, record.sizeBytes);
      else this.#state.ports.command(session, { kind: 'dropCopy', object: record.task });
    }
    this.#runs.overtake(task);
    this.#queue.ran(task, believedRunUs(session, task, record.durationUs, this.#state.wallMs), session);
    session.executed += 1;
    const failed = record.outcome !== OUTCOME.value;
    if (failed) this.failedAttempts += 1;
    this.#close(task, {
      outcome: failed ? 'failed' : 'succeeded',
      session: session.id,
      durationUs: record.durationUs,
      sizeBytes: record.sizeBytes,
      message: failed ? errorLine(record.value) : '',
    });
    if (task.fn.kind === FUNCTION_KIND.actor)
      this.#actors.creationEnded(task, session, failed ? record.value : undefined);
    this.#giveUpLostPuts(task);
  }

  /**
   * What a task put in an earlier attempt, was lost with its node and is not among what this attempt put: over 1 MB a
   * put is another object in each attempt (rule L1). Whoever waits for it would have the task run again for ever.
   */
  #giveUpLostPuts(task: TaskRecord): void {
    if (!task.replayed || this.#state.grace) return;
    for (const key of task.made) {
      const object = this.#state.objects.get(key);
      if (object?.maker !== task.key || this.#objects.isAvailable(object)) continue;
      if (object.status !== 'stored' && object.status !== 'pending') continue;
      const message =
        'every copy was on nodes that are gone, and its task puts another object when it runs again: return large values instead of putting them';
      this.#objects.setError(object, systemError('objectLost', message));
    }
  }

  /** What the other copy made stays with the result. */
  #keepWhatWasMadeBy(session: SessionRecord, task: TaskRecord, result: ObjectRecord): void {
    for (const key of task.made) {
      const made = sessionOfKey(key) === session.id ? this.#state.objects.get(key) : undefined;
      if (made) this.#objects.keepWith(result, made);
    }
  }

  /** An attempt ended without a result. */
  attemptFailed(session: SessionRecord, record: NodeRecordOf<'failed'>): void {
    const task = this.#state.task(record.task);
    if (!task || task.state === 'finished' || !this.#runs.isCurrent(task, session, record.attempt)) return;
    this.failedAttempts += 1;
    // While the other copy goes on nothing is decided: if that fails as well, it counts.
    if (record.counted && task.copy) task.runsAlone = true;
    else if (record.counted) task.failures += 1;
    this.#state.touch(task);
    const poisoned = record.counted ? this.#queue.failed(task, record.reason, session) : undefined;
    if (poisoned !== undefined) {
      const message = `it ended workers on ${poisoned}, the last time: ${record.message}`;
      this.end(task, systemError(errorKindOf(record.reason), message, record.logTail), 'failed');
      return;
    }
    if (task.copy?.session === session.id) {
      if (record.retriedHere) task.copy.attempt += 1;
      else this.#runs.endSecond(task, false);
      return;
    }
    if (record.retriedHere) {
      task.attempt += 1;
      task.replayed = true;
      return;
    }
    if (task.actor !== 0) {
      if (!this.#actors.resend(task)) this.end(task, systemError('actorUnavailable', record.message), 'failed');
    } else if (record.reason === END_REASON.returned || mayRetry(task.options.options, task.failures)) {
      if (task.fn.kind === FUNCTION_KIND.actor) this.#actors.creationLost(task);
      this.again(task);
    } else {
      this.end(task, systemError(errorKindOf(record.reason), record.message, record.logTail), 'failed');
    }
  }

  /** The node went away while it had this task: costs no retry, but not for ever (rule L4). */
  lost(task: TaskRecord, { id, nodeName }: SessionRecord): void {
    // The end of another that was there may have been its own.
    if (task.state === 'finished') return;
    this.failedAttempts += 1;
    if (task.copy?.session === id) {
      this.#runs.endSecond(task, false);
      return;
    }
    if (task.actor !== 0) {
      if (this.#actors.resend(task)) return;
      this.end(task, systemError('actorUnavailable', `the call was on node ${nodeName}, which left`), 'failed');
      return;
    }
    task.losses += 1;
    // A `main` is started again as often as it takes (rule J1).
    if (task.losses > MAX_LOSSES && !this.#state.histories.of(task.key)) {
      const message = `${task.losses} nodes left while running it, the last was ${nodeName}`;
      this.end(task, systemError('nodeDied', message), 'failed');
      return;
    }
    task.notBeforeMs = this.#state.nowMs + lossBackoffMs(task.losses);
    this.again(task);
  }

  /**
   * The attempt on this session waits in vain for what its own node lost: it starts anew, at no cost of a retry, but not for
   * ever. Returns false if it cannot, and goes on.
   */
  startAnew(task: TaskRecord, session: SessionRecord): boolean {
    if (!this.#mayRunAgain(task) || task.losses >= MAX_LOSSES || session.version < KNOWS_WITHDRAW) return false;
    this.failedAttempts += 1;
    task.losses += 1;
    task.notBeforeMs = this.#state.nowMs + lossBackoffMs(task.losses);
    if (this.#runs.takeBack(task, session)) this.again(task);
    return true;
  }

  /** Starts another attempt through the global scheduler, unless one runs already. */
  again(task: TaskRecord): void {
    if (this.#runs.promoteSecond(task)) return;
    this.#runs.leave(task);
    task.attempt = this.#runs.nextAttempt(task);
    task.replayed = true;
    mainStartsAnew({ state: this.#state, objects: this.#objects, tasks: this }, task);
    this.awaitInputs(task);
  }

  /** A call is for the next life of its actor: it waits for that, as another attempt. */
  callAgain(call: TaskRecord): void {
    const birth = call.state === 'local' ? this.#state.sessions.get(call.assigned) : undefined;
    const object = this.#state.objects.get(call.key);
    // The node that it was born on ran it itself, and did not wait for news.
    if (birth && object) (object.wants ??= []).push({ session: birth.id, key: call.key });
    this.#runs.leave(call);
    call.failures += 1;
    call.attempt = this.#runs.nextAttempt(call);
    call.replayed = true;
    if (call.state !== 'waiting') moveTask(call, 'waiting');
    moveTask(call, 'queued');
    this.#state.touch(call);
  }

  /** Makes a finished task run again because its result was lost (rule L4). Returns false if it cannot. */
  rerun(task: TaskRecord): boolean {
    if (!this.#mayRunAgain(task)) return false;
    const inputs = [...task.deps, ...task.nested];
    if (!inputs.every((key) => this.#state.object(key))) return false;
    for (const key of inputs) this.#objects.holdInput(key, task.key);
    task.attempt = this.#runs.nextAttempt(task);
    task.replayed = true;
    task.job.unfinished.set(task.key, task);
    this.#state.batches.submitted(task);
    this.awaitInputs(task);
    return true;
  }

  /** The local scheduler passes a task on, or a task is ready for the global one: waits for its inputs first. */
  awaitInputs(task: TaskRecord): void {
    this.#state.touch(task);
    this.restore(task);
  }

  /** The same for a task whose row says that it waits. */
  restore(task: TaskRecord): void {
    moveTask(task, 'waiting');
    task.missing = 0;
    if (task.deps.length === 0) {
      this.inputReady(task);
      return;
    }
    const absent = task.deps
      .map((key) => this.#state.object(key))
      .filter((object) => object !== undefined && !this.#objects.isAvailable(object));
    if (absent.length === 0) {
      this.inputReady(task);
      return;
    }
    // Counted before any is asked for: asking can make one available at once.
    task.missing = new Set(absent).size;
    for (const object of new Set(absent)) if (object) this.#objects.addWaiter(object, task);
  }

  inputReady(task: TaskRecord): void {
    if (task.state !== 'waiting') return;
    moveTask(task, 'queued');
    this.#queue.add(task);
  }

  /** A node gives away what was born on it. Returns false if the task is not its to give: it may be over. */
  spill(session: SessionRecord, key: ObjectKey): boolean {
    const task = this.#state.task(key);
    if (!task || task.assigned !== session.id || task.state !== 'local') return false;
    const object = this.#state.objects.get(task.key);
    if (object) (object.wants ??= []).push({ session: session.id, key });
    if (task.actor !== 0) {
      if (!this.#actors.resend(task))
        this.end(task, systemError('actorUnavailable', 'the actor is restarting'), 'failed');
      return true;
    }
    if (this.#runs.promoteSecond(task)) return true;
    this.#runs.leave(task);
    this.awaitInputs(task);
    return true;
  }

  /** Ends a task with an error of the system's. */
  end(task: TaskRecord, error: Uint8Array, outcome: TaskOutcome['outcome']): void {
    if (task.state === 'finished') return;
    const object = this.#state.objects.get(task.key);
    if (object && !this.#objects.isAvailable(object)) {
      this.#objects.setError(object, error);
      this.#objects.reconsider(object);
    }
    this.#close(task, { outcome, session: task.assigned, durationUs: 0, sizeBytes: 0, message: errorLine(error) });
    if (task.fn.kind === FUNCTION_KIND.actor) this.#actors.creationEnded(task, undefined, error);
  }

  cancel(key: ObjectKey, recursive: boolean, force: boolean): void {
    const queue = [key];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const task = this.#state.task(next);
      if (!task) continue;
      if (recursive) queue.push(...task.made);
      if (task.state === 'finished' || task.cancelled) continue;
      task.cancelled = true;
      const runner = this.#state.sessions.get(task.assigned);
      if (runner && runner.state !== 'dead')
        this.#state.ports.command(runner, { kind: 'cancelTask', task: task.key, force });
      if (task.actor !== 0 && this.#actors.decidesCancel(task)) {
        this.#state.touch(task);
        continue;
      }
      this.end(task, systemError('cancelled', 'the task was cancelled'), 'cancelled');
    }
  }

  /** Ends everything a job still has to do (rule J3). */
  stopJob(job: JobRecord, reason: string): void {
    this.#queue.jobEnded(job);
    for (const task of job.unfinished.values()) {
      task.cancelled = true;
      this.end(task, systemError('cancelled', reason), 'cancelled');
    }
  }

  #mayRunAgain({ actor, fn, job }: TaskRecord): boolean {
    return actor === 0 && fn.kind !== FUNCTION_KIND.actor && job.status === 'running';
  }

  /** Drops the record of a finished task that can no longer be needed. */
  forget(task: TaskRecord): void {
    // By its record it is known whose late word is that of a withdrawn copy.
    if (task.state !== 'finished' || task.lineageOf > 0 || task.withdrawnFrom !== 0 || this.#isNameNeeded(task)) return;
    if (task.callNumber > 0) return;
    // An actor's entry needs its creation; both go with the job.
    if (this.#state.actors.has(task.key)) return;
    this.#keepIds(task);
    if (!this.#state.tasks.delete(task.key)) return;
    this.#state.dropped(task);
    if (task.kept) {
      for (const key of task.deps) this.#objects.removeLineageRef(key);
      for (const key of task.nested) this.#objects.removeLineageRef(key);
    }
    // Children were kept so that this task could name them again.
    for (const key of task.made) {
      const child = this.#state.tasks.get(key);
      if (child) this.forget(child);
    }
  }

  /** Those that hold what the task returned or put may pass it to a call that is named by it (rule L1). */
  #keepIds(task: TaskRecord): void {
    if (task.parent !== 0) this.#keepId(task.key);
    for (const key of task.made) if (this.#state.objects.get(key)?.maker === task.key) this.#keepId(key);
  }

  #keepId(key: ObjectKey): void {
    const object = this.#state.objects.get(key);
    if (object && isHeld(object)) keepObjectId(this.#state, object);
  }

  /** A job that is over computes nothing again: what was kept for that may go. */
  dropLineage(job: JobRecord): void {
    for (const task of this.#state.tasks.values()) {
      if (task.job !== job) continue;
      if (task.kept) {
        task.kept = false;
        for (const key of task.deps) this.#objects.removeLineageRef(key);
        for (const key of task.nested) this.#objects.removeLineageRef(key);
      }
      if (task.withdrawnFrom === 0) continue;
      task.withdrawnFrom = 0;
      this.#state.touch(task);
      this.forget(task);
    }
  }

  #close(task: TaskRecord, ended: Omit<TaskOutcome, 'task'>): void {
    const { job } = task;
    if (task.state === 'queued') this.#queue.remove(task);
    this.#runs.leave(task);
    this.#runs.endSecond(task, true);
    moveTask(task, 'finished');
    this.#queue.closed(task, ended.outcome === 'succeeded');
    this.#state.touch(task);
    if (job.unfinished.delete(task.key)) {
      this.#state.batches.ended(task, ended.outcome === 'succeeded' ? ended.durationUs : 0);
      this.#state.dirty.jobs.add(job.id);
      job.finished += 1;
      countEnded(job.functions, task, ended);
      if (ended.outcome !== 'succeeded') job.failed += 1;
    }
    this.#state.ports.taskEnded({ task, ...ended });
    if (task.lineageOf > 0 && !task.kept && job.status === 'running') {
      task.kept = true;
      for (const key of task.deps) this.#objects.addLineageRef(key);
      for (const key of task.nested) this.#objects.addLineageRef(key);
    }
    if (task.actor !== 0) this.#actors.callEnded(task);
    endHistory({ state: this.#state, objects: this.#objects }, task);
    // By its name a later attempt of its parent finds it again. It hangs on the inputs, whose records may go now.
    if (task.deps.length + task.nested.length > 0 && this.#isNameNeeded(task)) taskId(this.#state, task);
    // An actor keeps the arguments of its creation as long as it lives: it may have to be created again.
    if (!this.#state.actors.has(task.key) && task.callNumber === 0) this.releaseInputs(task);
    if (task.callNumber === 0) this.#releaseMade(task);
    if (task.madeActors) this.#actors.makerEnded(task);
    this.forget(task);
  }

  /** A call need not be repeated any more: what was kept for that goes. */
  letGo(call: TaskRecord): void {
    const reply = this.#state.objects.get(call.key);
    // Who waits for it to come again waits in vain.
    if (reply) this.#objects.ensure(reply);
    this.releaseInputs(call);
    this.#releaseMade(call);
    this.forget(call);
  }

  #releaseMade(task: TaskRecord): void {
    for (const key of task.made) {
      this.#objects.releaseKey(key, task.key);
      const child = this.#state.tasks.get(key);
      if (child) this.forget(child);
    }
  }

  /** A call that has its result is to be repeated: what it makes is known by name. */
  countAttempt(call: TaskRecord): void {
    call.attempt = this.#runs.nextAttempt(call);
    call.replayed = true;
    this.#state.touch(call);
  }

  /** A call that its actor has not answered waits for another life of it. */
  callBack(call: TaskRecord): void {
    this.#runs.leave(call);
    this.countAttempt(call);
    moveTask(call, 'waiting');
    moveTask(call, 'queued');
  }

  releaseInputs(task: TaskRecord): void {
    for (const key of task.deps) this.#objects.releaseKey(key, task.key);
    for (const key of task.nested) this.#objects.releaseKey(key, task.key);
  }

  /** A result that is not accepted still left a copy and references on the node: it may drop them. */
  #disown(session: SessionRecord, key: ObjectKey): void {
    const object = this.#state.object(key);
    if (!object || !session.copies.has(object.key))
      this.#state.ports.command(session, { kind: 'dropCopy', object: key });
  }

  /** While a parent may run again its children are found by name, so their records stay. */
  #isNameNeeded(task: TaskRecord): boolean {
    if (task.parent === 0) return false;
    const parent = this.#state.tasks.get(task.parent);
    return (
      parent !== undefined &&
      (parent.state !== 'finished' || parent.lineageOf > 0 || parent.callNumber > 0) &&
      this.#state.objects.has(task.key)
    );
  }
}
