/**
 * Tasks: from submission to a result that is accepted once (rules L1, L4, L5).
 *
 * A task is with the local scheduler of its birth node (`local`), waits for inputs, queues at the global scheduler, is
 * leased to a node, and finishes. What ends an attempt without a result sends it round again: by its own fault within
 * `maxRetries`, by a lost node as often as it takes (up to a limit, with back-off).
 */
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { END_REASON, FUNCTION_KIND, type NodeRecordOf, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import { lossBackoffMs, MAX_LOSSES, mayRetry } from '#shared/task/retry-policy.ts';
import { moveTask } from '#shared/task/task-state.ts';
import { nameCall, objectId, taskId } from './content-names.ts';
import { recordRun } from './dictionaries.ts';
import { type JobRecord, newTask, type ObjectRecord, type SessionRecord, type TaskRecord } from './entities.ts';
import { believedRunUs } from '../trust/believed-run.ts';
import { namesMadeBy } from './made-names.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState, TaskOutcome } from './state.ts';
import { errorKindOf, FREED, systemError } from './system-errors.ts';

const NO_BYTES = new Uint8Array(0);

/** The queue of ready tasks (the global scheduler). */
export interface ReadyQueue {
  add(task: TaskRecord): void;
  remove(task: TaskRecord): void;
  /** The task was given to a node. */
  entered(task: TaskRecord, session: SessionRecord): void;
  /** The task left its node: that node has room again. */
  left(task: TaskRecord, session: SessionRecord): void;
}

/** Actors, as far as tasks touch them. */
export interface ActorHooks {
  created(task: TaskRecord, place: number, session: SessionRecord): boolean;
  creationEnded(task: TaskRecord, session: SessionRecord | undefined, error: Uint8Array | undefined): void;
  called(task: TaskRecord, place: number, session: SessionRecord): void;
  callEnded(task: TaskRecord): void;
  makerEnded(task: TaskRecord): void;
}

/** What a submission becomes. */
export class TaskManager {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  readonly #queue: ReadyQueue;
  readonly #actors: ActorHooks;

  constructor(state: GcsState, objects: ObjectTable, queue: ReadyQueue, actors: ActorHooks) {
    this.#state = state;
    this.#objects = objects;
    this.#queue = queue;
    this.#actors = actors;
  }

  /** A node submitted a task, an actor's creation or a call. */
  submit(session: SessionRecord, record: NodeRecordOf<'submit'>): void {
    const parent = record.parent === 0 ? undefined : this.#state.task(record.parent);
    const job = parent?.job ?? session.job;
    const fn = session.functions[record.fn];
    const options = session.options[record.options];
    if (sessionOfKey(record.task) !== session.id || this.#isKnown(record.task)) return;
    if (!job || !fn || !options) {
      this.turnAway(session, record, systemError('cancelled', 'the task that made this call is over'));
      return;
    }
    const call = {
      actor: this.#state.resolve(record.actor),
      fn,
      // The bytes are a view of the frame they came in; a copy keeps a large frame from staying alive.
      args: record.args.length === 0 ? NO_BYTES : record.args.slice(),
      deps: record.deps.map((key) => this.#state.resolve(key)),
      nested: record.nested.map((key) => this.#state.resolve(key)),
      k: record.k,
    };
    if (record.place === PLACE.ask && parent && this.#answerFromRecord(session, record.task, parent, call)) return;
    const origin = { key: record.task, parent: parent?.key ?? 0, job, options, submittedMs: this.#state.wallMs };
    const task = newTask({ ...origin, ...call });
    this.#state.tasks.set(task.key, task);
    const object = this.#objects.claim(task.key);
    this.#holdMade(object, record.parent, parent, session);
    this.#adopt(parent, task.key, () => taskId(this.#state, task));
    for (const key of [...task.deps, ...task.nested]) this.#holdInput(key, task.key);
    job.unfinished.add(task);
    job.submitted += 1;
    this.#state.dirty.jobs.add(job.id);
    if (record.place !== PLACE.here) (object.wants ??= []).push({ session: session.id, key: task.key });
    if (job.status !== 'running') {
      this.end(task, systemError('cancelled', `job ${job.id} is over`), 'cancelled');
      return;
    }
    this.#place(task, session, record.place);
  }

  /** A submission is not taken, because the task that called is over or may not call this: the node is told why. */
  turnAway(session: SessionRecord, { task, place }: NodeRecordOf<'submit'>, error: Uint8Array): void {
    if (this.#isKnown(task)) return;
    if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task, here: false });
    const object = this.#objects.claim(task);
    this.#objects.setError(object, error);
    this.#objects.want(object, session, task);
    this.#objects.reconsider(object);
  }

  /** True if the key names a task or object already; a placeholder is none yet. */
  #isKnown(key: ObjectKey): boolean {
    const object = this.#state.objects.get(key);
    return (
      this.#state.aliases.has(key) ||
      this.#state.tasks.has(key) ||
      (object !== undefined && !this.#objects.isPlaceholder(object))
    );
  }

  #place(task: TaskRecord, session: SessionRecord, place: number): void {
    if (task.fn.kind === FUNCTION_KIND.actor && !this.#actors.created(task, place, session)) return;
    if (task.actor !== 0) {
      if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task: task.key, here: false });
      this.#actors.called(task, place, session);
    } else if (place === PLACE.here || (place === PLACE.ask && session.trusted)) {
      if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task: task.key, here: true });
      this.assign(task, session, 'local');
    } else {
      // What is born on a stranger's node is leased like any other task, to whomever (rule S1).
      if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task: task.key, here: false });
      this.awaitInputs(task);
    }
  }

  /**
   * The parent runs again and names a child that an earlier attempt named too: the child keeps its record and its
   * result, under one more key. Returns false if this is new work.
   */
  #answerFromRecord(
    session: SessionRecord,
    key: ObjectKey,
    parent: TaskRecord,
    call: Parameters<typeof nameCall>[2],
  ): boolean {
    const known = namesMadeBy(this.#state, parent).get(nameCall(this.#state, taskId(this.#state, parent), call));
    const object = known === undefined ? undefined : this.#state.objects.get(known);
    if (!object) return false;
    this.#state.addAlias(key, object.key);
    this.#holdMade(object, parent.key, parent, session);
    this.#state.ports.command(session, { kind: 'assign', task: key, here: false });
    this.#objects.want(object, session, key);
    return true;
  }

  /** A `put`: by content, like a child, if its maker runs again. */
  put(session: SessionRecord, record: NodeRecordOf<'put'>): void {
    const parent = record.parent === 0 ? undefined : this.#state.task(record.parent);
    if (sessionOfKey(record.object) !== session.id || this.#isKnown(record.object)) return;
    const origin = { maker: parent?.key ?? 0, k: record.k, digest: record.digest.slice() };
    const value = {
      sizeBytes: record.sizeBytes,
      value: record.value,
      nested: record.nested.map((key) => this.#state.resolve(key)),
    };
    let object: ObjectRecord | undefined;
    if (parent?.replayed) {
      const probe = this.#objects.claim(record.object, origin);
      const known = namesMadeBy(this.#state, parent).get(objectId(this.#state, probe));
      object = known === undefined ? undefined : this.#state.objects.get(known);
      if (object) {
        this.#state.objects.delete(record.object);
        this.#state.dropped(probe);
        this.#state.addAlias(record.object, object.key);
        if (!this.#objects.isAvailable(object)) this.#objects.setValue(object, session, value);
        else if (value.value.length === 0) this.#objects.addCopy(object, session, value.sizeBytes);
      } else {
        object = probe;
        this.#objects.setValue(object, session, value);
      }
    } else {
      object = this.#objects.claim(record.object, origin);
      this.#objects.setValue(object, session, value);
    }
    const made = object;
    this.#holdMade(made, record.parent, parent, session);
    this.#adopt(parent, made.key, () => objectId(this.#state, made));
  }

  /** An attempt ended with a result: the first valid one is accepted, all later ones are not believed (L5, M2). */
  finish(session: SessionRecord, record: NodeRecordOf<'finish'>): void {
    const task = this.#state.task(record.task);
    if (!task || task.assigned !== session.id || task.attempt !== record.attempt || task.state === 'finished') {
      this.#disown(session, record.task);
      return;
    }
    const object = this.#state.objects.get(task.key);
    if (object && !this.#objects.isAvailable(object)) {
      const nested = record.nested.map((key) => this.#state.resolve(key));
      if (record.outcome === OUTCOME.value)
        this.#objects.setValue(object, session, { sizeBytes: record.sizeBytes, value: record.value, nested });
      else this.#objects.setError(object, record.value);
      this.#objects.reconsider(object);
    } else if (record.outcome === OUTCOME.value && record.value.length === 0) {
      // Another attempt's result was accepted, or nobody holds the object any more: one more copy, or one too many.
      if (object?.status === 'stored') this.#objects.addCopy(object, session, record.sizeBytes);
      else this.#state.ports.command(session, { kind: 'dropCopy', object: record.task });
    }
    recordRun(task.fn, believedRunUs(session, task, record.durationUs, this.#state.wallMs));
    session.executed += 1;
    const failed = record.outcome !== OUTCOME.value;
    this.#close(task, {
      outcome: failed ? 'failed' : 'succeeded',
      session: session.id,
      durationUs: record.durationUs,
      sizeBytes: record.sizeBytes,
      message: '',
    });
    if (task.fn.kind === FUNCTION_KIND.actor)
      this.#actors.creationEnded(task, session, failed ? record.value : undefined);
    if (task.replayed) this.#giveUpLostPuts(task);
  }

  /**
   * What a task put in an earlier attempt, was lost with its node and is not among what this attempt put: over 1 MB a
   * put is another object in each attempt (rule L1). Whoever waits for it would have the task run again for ever.
   */
  #giveUpLostPuts(task: TaskRecord): void {
    if (this.#state.grace) return;
    for (const key of task.made) {
      const object = this.#state.objects.get(key);
      if (object?.maker !== task.key || object.status !== 'stored' || this.#objects.isAvailable(object)) continue;
      const message =
        'every copy was on nodes that are gone, and its task puts another object when it runs again: return large values instead of putting them';
      this.#objects.setError(object, systemError('objectLost', message));
    }
  }

  /** An attempt ended without a result. */
  attemptFailed(session: SessionRecord, record: NodeRecordOf<'failed'>): void {
    const task = this.#state.task(record.task);
    if (!task || task.assigned !== session.id || task.attempt !== record.attempt || task.state === 'finished') return;
    if (record.counted) task.failures += 1;
    this.#state.touch(task);
    if (record.retriedHere) {
      task.attempt += 1;
      task.replayed = true;
      return;
    }
    if (task.actor !== 0) {
      this.end(task, systemError('actorUnavailable', record.message), 'failed');
    } else if (record.reason === END_REASON.returned || mayRetry(task.options.options, task.failures)) {
      this.again(task);
    } else {
      this.end(task, systemError(errorKindOf(record.reason), record.message, record.logTail), 'failed');
    }
  }

  /** The node went away while it had this task: costs no retry, but not for ever (rule L4). */
  lost(task: TaskRecord, nodeName: string): void {
    if (task.actor !== 0) {
      this.end(task, systemError('actorUnavailable', `the call was on node ${nodeName}, which left`), 'failed');
      return;
    }
    task.losses += 1;
    if (task.losses > MAX_LOSSES) {
      const message = `${task.losses} nodes left while running it, the last was ${nodeName}`;
      this.end(task, systemError('nodeDied', message), 'failed');
      return;
    }
    task.notBeforeMs = this.#state.nowMs + lossBackoffMs(task.losses);
    this.again(task);
  }

  /** Starts another attempt through the global scheduler. */
  again(task: TaskRecord): void {
    this.#leave(task);
    task.attempt += 1;
    task.replayed = true;
    this.awaitInputs(task);
  }

  /** Makes a finished task run again because its result was lost (rule L4). Returns false if it cannot. */
  rerun(task: TaskRecord): boolean {
    if (task.actor !== 0 || task.fn.kind === FUNCTION_KIND.actor || task.job.status !== 'running') return false;
    const inputs = [...task.deps, ...task.nested];
    if (!inputs.every((key) => this.#state.object(key))) return false;
    for (const key of inputs) this.#holdInput(key, task.key);
    task.attempt += 1;
    task.replayed = true;
    task.job.unfinished.add(task);
    this.awaitInputs(task);
    return true;
  }

  /** The local scheduler passes a task on, or a task is ready for the global one: waits for its inputs first. */
  awaitInputs(task: TaskRecord): void {
    moveTask(task, 'waiting');
    this.#state.touch(task);
    task.missing = 0;
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

  spill(session: SessionRecord, key: ObjectKey): void {
    const task = this.#state.task(key);
    if (!task || task.assigned !== session.id || task.state !== 'local') return;
    this.#leave(task);
    const object = this.#state.objects.get(task.key);
    if (object) (object.wants ??= []).push({ session: session.id, key });
    this.awaitInputs(task);
  }

  /** Gives a task to a session: by lease, or because its own local scheduler has it. */
  assign(task: TaskRecord, session: SessionRecord, state: 'local' | 'leased'): void {
    this.#leave(task);
    moveTask(task, state);
    task.assigned = session.id;
    task.startedMs = this.#state.wallMs;
    session.assigned.add(task);
    if (state === 'leased') this.#queue.entered(task, session);
    this.#state.touch(task);
  }

  /** Ends a task with an error of the system's. */
  end(task: TaskRecord, error: Uint8Array, outcome: TaskOutcome['outcome']): void {
    if (task.state === 'finished') return;
    const object = this.#state.objects.get(task.key);
    if (object && !this.#objects.isAvailable(object)) {
      this.#objects.setError(object, error);
      this.#objects.reconsider(object);
    }
    this.#close(task, { outcome, session: task.assigned, durationUs: 0, sizeBytes: 0, message: '' });
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
      this.end(task, systemError('cancelled', 'the task was cancelled'), 'cancelled');
    }
  }

  /** Ends everything a job still has to do (rule J3). */
  stopJob(job: JobRecord, reason: string): void {
    for (const task of job.unfinished) {
      task.cancelled = true;
      this.end(task, systemError('cancelled', reason), 'cancelled');
    }
  }

  /** Drops the record of a finished task that can no longer be needed. */
  forget(task: TaskRecord): void {
    if (task.state !== 'finished' || task.lineageOf > 0 || this.#isNameNeeded(task)) return;
    // An actor's entry needs its creation; both go with the job.
    if (this.#state.actors.has(task.key)) return;
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

  /** A job that is over computes nothing again: what was kept for that may go. */
  dropLineage(job: JobRecord): void {
    for (const task of this.#state.tasks.values()) {
      if (task.job !== job || !task.kept) continue;
      task.kept = false;
      for (const key of task.deps) this.#objects.removeLineageRef(key);
      for (const key of task.nested) this.#objects.removeLineageRef(key);
    }
  }

  #close(task: TaskRecord, ended: Omit<TaskOutcome, 'task'>): void {
    const { job } = task;
    if (task.state === 'queued') this.#queue.remove(task);
    this.#leave(task);
    moveTask(task, 'finished');
    this.#state.touch(task);
    if (job.unfinished.delete(task)) {
      this.#state.dirty.jobs.add(job.id);
      job.finished += 1;
      if (ended.outcome !== 'succeeded') job.failed += 1;
    }
    this.#state.ports.taskEnded({ task, ...ended });
    if (task.lineageOf > 0 && !task.kept && job.status === 'running') {
      task.kept = true;
      for (const key of task.deps) this.#objects.addLineageRef(key);
      for (const key of task.nested) this.#objects.addLineageRef(key);
    }
    if (task.actor !== 0) this.#actors.callEnded(task);
    // An actor keeps the arguments of its creation as long as it lives: it may have to be created again.
    if (!this.#state.actors.has(task.key)) this.releaseInputs(task);
    for (const key of task.made) {
      this.#objects.releaseKey(key, task.key);
      const child = this.#state.tasks.get(key);
      if (child) this.forget(child);
    }
    if (task.madeActors) this.#actors.makerEnded(task);
    this.forget(task);
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
      parent !== undefined && (parent.state !== 'finished' || parent.lineageOf > 0) && this.#state.objects.has(task.key)
    );
  }

  #leave(task: TaskRecord): void {
    if (task.assigned === 0) return;
    const session = this.#state.sessions.get(task.assigned);
    task.assigned = 0;
    if (!session) return;
    session.assigned.delete(task);
    if (task.state === 'leased') this.#queue.left(task, session);
  }

  /** What was made is the driver's, the task's or its actor's. Of a task that is over it is nobody's, unless somebody says so. */
  #holdMade(object: ObjectRecord, maker: ObjectKey, parent: TaskRecord | undefined, session: SessionRecord): void {
    const actor = parent && this.#state.actors.get(parent.actor);
    if (maker === 0) this.#objects.hold(object, session.id);
    // What an actor's method makes may outlive the call in the actor's state: the actor holds it.
    else if (actor && actor.state !== 'dead') this.#objects.hold(object, actor.key);
    else if (parent && parent.state !== 'finished') this.#objects.hold(object, parent.key);
    else this.#objects.reconsider(object);
  }

  #holdInput(key: ObjectKey, holder: ObjectKey): void {
    this.#objects.hold(this.#state.object(key) ?? this.#missingInput(key), holder);
  }

  /** An input that is not known: freed, or, after a restart, not told of again yet. */
  #missingInput(key: ObjectKey): ObjectRecord {
    const object = this.#objects.create(key);
    if (!this.#state.grace) this.#objects.setError(object, FREED);
    return object;
  }

  #adopt(parent: TaskRecord | undefined, key: ObjectKey, id: () => string): void {
    if (!parent) return;
    parent.made.push(key);
    parent.names?.set(id(), key);
  }
}
