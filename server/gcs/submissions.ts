/**
 * What nodes submit and put: new work and new objects, or names of those that an earlier attempt of their maker made (rule L1).
 */
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { FUNCTION_KIND, type NodeRecordOf, PLACE } from '#shared/protocol/node-records.ts';
import { MAIN_FUNCTION } from '#shared/task/main-function.ts';
import { optionsToJson } from '#shared/task/task-options.ts';
import type { ActorManager } from './actor-manager.ts';
import type { Assignments } from './assignments.ts';
import { noteCall, noteCallOf, notePut } from './histories.ts';
import { nameCall, objectId, taskId } from './content-names.ts';
import type { FunctionEntry, OptionsEntry } from './dictionaries.ts';
import { type JobRecord, newTask, type ObjectRecord, type SessionRecord, type TaskRecord } from './entities.ts';
import { namesMadeBy } from './made-names.ts';
import type { ObjectTable } from './object-table.ts';
import type { GcsState } from './state.ts';
import { systemError } from './system-errors.ts';
import type { TaskManager } from './task-manager.ts';

const NO_BYTES = new Uint8Array(0);

type SubmissionActors = Pick<ActorManager, 'created' | 'called' | 'existing'>;

/** Takes submissions and puts into the tables. */
export class Submissions {
  readonly #state: GcsState;
  readonly #objects: ObjectTable;
  readonly #tasks: TaskManager;
  readonly #runs: Assignments;
  readonly #actors: SubmissionActors;

  constructor(state: GcsState, objects: ObjectTable, tasks: TaskManager, runs: Assignments, actors: SubmissionActors) {
    this.#state = state;
    this.#objects = objects;
    this.#tasks = tasks;
    this.#runs = runs;
    this.#actors = actors;
  }

  /** A node submitted a task, an actor's creation or a call. */
  submit(session: SessionRecord, record: NodeRecordOf<'submit'>): void {
    const parent = record.parent === 0 ? undefined : this.#state.task(record.parent);
    const job = parent?.job ?? session.job;
    const fn = session.functions[record.fn];
    const given = session.options[record.options];
    if (sessionOfKey(record.task) !== session.id || this.#isKnown(record.task)) return;
    if (!job || !fn || !given || !this.#mayCall(session, parent)) {
      this.turnAway(session, record, systemError('cancelled', 'the task that made this call is over'));
      return;
    }
    const options = this.#optionsFor(job, fn, given);
    const call = {
      actor: this.#state.resolve(record.actor),
      fn,
      // The bytes are a view of the frame they came in; a copy keeps a large frame from staying alive.
      args: record.args.length === 0 ? NO_BYTES : record.args.slice(),
      deps: record.deps.map((key) => this.#state.resolve(key)),
      nested: record.nested.map((key) => this.#state.resolve(key)),
      k: record.k,
    };
    if (this.#isAnswered(session, record, parent, { ...call, job, options })) return;
    const origin = { key: record.task, parent: parent?.key ?? 0, job, options, submittedMs: this.#state.wallMs };
    const task = newTask({ ...origin, ...call });
    this.#state.tasks.set(task.key, task);
    const object = this.#objects.claim(task.key);
    noteCall(this.#state, parent, task);
    this.#holdMade(object, record.parent, parent, session);
    this.#adopt(parent, task.key, () => taskId(this.#state, task));
    for (const key of [...task.deps, ...task.nested]) this.#objects.holdInput(key, task.key);
    job.unfinished.set(task.key, task);
    this.#state.batches.submitted(task);
    job.submitted += 1;
    this.#state.dirty.jobs.add(job.id);
    if (record.place !== PLACE.here) (object.wants ??= []).push({ session: session.id, key: task.key });
    if (job.status !== 'running') {
      this.#tasks.end(task, systemError('cancelled', `job ${job.id} is over`), 'cancelled');
      return;
    }
    this.#place(task, session, record.place);
  }

  /** Where a job trusts strangers, so do its tasks; not its `main` and its actors, on which the others depend (rule S1). */
  #optionsFor(job: JobRecord, fn: FunctionEntry, given: OptionsEntry): OptionsEntry {
    const isPlain = fn.kind === FUNCTION_KIND.task && fn.name !== MAIN_FUNCTION;
    if (job.trust === 'own' || !isPlain || given.options.trust !== 'own') return given;
    return this.#state.dictionaries.optionsOf(optionsToJson({ ...given.options, trust: job.trust }));
  }

  /**
   * True if this session's attempt of the calling task goes on. If two copies run, the second ends: what is called may have
   * effects (rule L9).
   */
  #mayCall(session: SessionRecord, parent: TaskRecord | undefined): boolean {
    if (!parent) return true;
    // What is not of its present run is in no history (rule J1).
    if (this.#state.histories.of(parent.key)) return parent.assigned === session.id;
    if (parent.withdrawnFrom === session.id) return false;
    if (parent.copy && !parent.options.options.idempotent) {
      const isSecond = parent.copy.session === session.id;
      this.#runs.endSecond(parent, true);
      parent.runsAlone = true;
      return !isSecond;
    }
    const isElsewhere = parent.assigned !== 0 && parent.assigned !== session.id && parent.copy?.session !== session.id;
    // After a start of the server its books may be older than what the node does.
    return !isElsewhere || this.#state.grace;
  }

  /**
   * A submission is not taken, because the task that called is over or may not call this: the node is told why, and to stop it
   * where it runs already.
   */
  turnAway(session: SessionRecord, { task, place }: NodeRecordOf<'submit'>, error: Uint8Array): void {
    if (this.#isKnown(task)) return;
    if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task, here: false });
    else this.#state.ports.command(session, { kind: 'cancelTask', task, force: false });
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
    } else if (place === PLACE.here || (place === PLACE.ask && session.trusted && !task.options.options.place)) {
      if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task: task.key, here: true });
      this.#runs.assign(task, session, 'local');
    } else {
      // What is born on a stranger's node is leased like any other task, to whomever (rule S1); so is what asks for a place.
      if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task: task.key, here: false });
      this.#tasks.awaitInputs(task);
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
    // A run with a history knows what was called before (rule J1): the rest is new.
    if (this.#state.histories.of(parent.key)) return false;
    const known = namesMadeBy(this.#state, parent).get(nameCall(this.#state, taskId(this.#state, parent), call));
    const object = known === undefined ? undefined : this.#state.objects.get(known);
    if (!object) return false;
    this.#state.addAlias(key, object.key);
    this.#holdMade(object, parent.key, parent, session);
    this.#state.ports.command(session, { kind: 'assign', task: key, here: false });
    this.#objects.want(object, session, key);
    return true;
  }

  /** What is submitted was made before, or is there already. */
  #isAnswered(
    session: SessionRecord,
    record: NodeRecordOf<'submit'>,
    parent: TaskRecord | undefined,
    call: Parameters<typeof nameCall>[2] & { readonly job: JobRecord; readonly options: OptionsEntry },
  ): boolean {
    const isKnown = record.place === PLACE.ask && parent && this.#answerFromRecord(session, record.task, parent, call);
    return isKnown === true || this.#answerWithActor(session, record, parent, call);
  }

  /** The actor that is to be made exists: it has one more key. Its arguments are not needed. */
  #answerWithActor(
    session: SessionRecord,
    { task: key, parent: caller, place }: NodeRecordOf<'submit'>,
    parent: TaskRecord | undefined,
    call: Parameters<typeof nameCall>[2] & { readonly job: JobRecord; readonly options: OptionsEntry },
  ): boolean {
    const { job, fn, options } = call;
    if (fn.kind !== FUNCTION_KIND.actor || place === PLACE.here || job.status !== 'running') return false;
    const actor = this.#actors.existing(job, options.options);
    const object = actor && this.#state.objects.get(actor.key);
    if (!object) return false;
    this.#state.addAlias(key, object.key);
    noteCallOf(this.#state, parent, { key: object.key, ...call });
    // It keeps its names itself, as long as it lives: a task that has one more does not let go of it as of what it made.
    this.#objects.hold(object, actor.key);
    if (caller === 0) this.#objects.hold(object, session.id);
    if (place === PLACE.ask) this.#state.ports.command(session, { kind: 'assign', task: key, here: false });
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
    const history = parent && this.#state.histories.of(parent.key);
    if (history && parent.assigned !== session.id) {
      this.#state.ports.command(session, { kind: 'dropCopy', object: record.object });
      return;
    }
    if (parent?.replayed) {
      const probe = this.#objects.claim(record.object, origin);
      const known = history
        ? history.puts.get(record.k)
        : namesMadeBy(this.#state, parent).get(objectId(this.#state, probe));
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
    if (history && made.key === record.object) notePut(history, parent, made);
    this.#holdMade(made, record.parent, parent, session);
    this.#adopt(parent, made.key, () => objectId(this.#state, made));
  }

  /** What was made is the driver's, the task's or its actor's. Of a task that is over it is nobody's, unless somebody says so. */
  #holdMade(object: ObjectRecord, maker: ObjectKey, parent: TaskRecord | undefined, session: SessionRecord): void {
    const actor = parent && this.#state.actors.get(parent.actor);
    if (maker === 0) this.#objects.hold(object, session.id);
    // What an actor's method makes may outlive the call in the actor's state: the actor holds it.
    else if (actor && actor.state !== 'dead') {
      this.#objects.hold(object, actor.key);
      // Whatever becomes of the actor's references: the call names it again when it is repeated (rule A2).
      if (parent.callNumber > 0) this.#objects.hold(object, parent.key);
    } else if (parent && parent.state !== 'finished') this.#objects.hold(object, parent.key);
    else {
      const result = parent?.withdrawnFrom === session.id ? this.#state.objects.get(parent.key) : undefined;
      if (result) this.#objects.keepWith(result, object);
      this.#objects.reconsider(object);
    }
  }

  #adopt(parent: TaskRecord | undefined, key: ObjectKey, id: () => string): void {
    if (!parent) return;
    parent.made.push(key);
    parent.names?.set(id(), key);
  }
}
