/**
 * The tasks of a node: born here or leased to it, from submission to result (rules S1, L4–L7).
 *
 * Everything that happens to a task is written to the journal; what the GCS makes of it comes back as commands. A task
 * that was kept here ends here, also when it fails; one that was leased goes back to the server after a failed attempt.
 */
import { errorNames } from '#shared/errors/error-names.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import { type ObjectKey, sessionOfKey } from '#shared/ids/object-key.ts';
import { END_REASON, FUNCTION_KIND, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import type { ServerCommandOf } from '#shared/protocol/server-commands.ts';
import type { WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { isRetriedException, mayRetry } from '#shared/task/retry-policy.ts';
import { ActorCalls } from './actor-calls.ts';
import type { ActorHost } from './actor-host.ts';
import type { FunctionInfo, OptionsInfo, TaskEntry } from './entries.ts';
import type { LocalObjects } from './local-objects.ts';
import { keepFor, newTask, noteRun } from './new-task.ts';
import { actorDied, cancelledError, crashError } from './task-errors.ts';
import type { LocalScheduler } from './local-scheduler.ts';
import { moveTask } from './local-task-state.ts';
import { RemoteCalls } from './remote-calls.ts';
import type { LocalTaskHooks, NewTask } from './local-task-hooks.ts';
import { TaskInputs } from './task-inputs.ts';
import { type TaskResult, tellResult } from './task-result.ts';
import { endOf } from './worker-end.ts';
import type { WorkerEntry } from './worker-pool.ts';

/** All tasks of a node that have no result yet. */
export class LocalTasks {
  readonly #tasks = new Map<ObjectKey, TaskEntry>();
  readonly #objects: LocalObjects;
  readonly #scheduler: LocalScheduler;
  readonly #actors: ActorHost;
  readonly actorCalls: ActorCalls;
  readonly #hooks: LocalTaskHooks;
  readonly #remoteCalls = new RemoteCalls();
  readonly #inputs: TaskInputs;
  #nextAge = 1;

  constructor(objects: LocalObjects, scheduler: LocalScheduler, actors: ActorHost, hooks: LocalTaskHooks) {
    this.#objects = objects;
    this.#scheduler = scheduler;
    this.#actors = actors;
    this.#hooks = hooks;
    this.actorCalls = new ActorCalls(actors, {
      failWith: (task, error) => this.failWith(task, error),
      giveBack: (call) => this.#giveBackCall(call),
      handBack: (call) => {
        this.#close(call);
        this.#objects.madeElsewhere(call.key);
      },
      failEncoded: (task, error) => this.#failEncoded(task, error),
      creationFailed: (task, reason, message) =>
        this.#attemptFailed(task, reason, message, reason !== END_REASON.bystander),
      stopWorker: (worker, reason, message) => hooks.stopWorker(worker, reason, message),
    });
    this.#inputs = new TaskInputs(objects, {
      complete: (task) => this.#inputsReady(task),
      failed: (task, error) => this.#failEncoded(task, error),
      isMadeHere: (key) => this.#tasks.has(key),
      bringModule: (hash, whenHere) => hooks.bringModule(hash, whenHere),
    });
  }

  get(key: ObjectKey): TaskEntry | undefined {
    return this.#tasks.get(key);
  }

  all(): IterableIterator<TaskEntry> {
    return this.#tasks.values();
  }

  get count(): number {
    return this.#tasks.size;
  }

  /** A worker or the driver submitted a task. */
  submit({ message, worker, fn, options, job }: NewTask): void {
    const parent = message.parent === 0 ? undefined : this.#tasks.get(message.parent);
    const caller = message.parent === 0 ? sessionOfKey(message.task) : message.parent;
    const birth = { leased: false, incarnation: 0, attempt: 1, caller, age: this.#nextAge++, job: parent?.job ?? job };
    const task = newTask(message, { fn, options, ...birth });
    this.#tasks.set(task.key, task);
    const object = this.#objects.obtain(task.key);
    object.owner = worker;
    // A call made after its task had ended belongs to nobody: its result is told, not kept.
    if (parent || message.parent === 0) this.#objects.use(object);
    keepFor(worker, parent, message.parent, task.key);
    const place = this.#placeOf(task, parent);
    this.#hooks.journal(
      {
        kind: 'submit',
        task: task.key,
        parent: message.parent,
        actor: message.actor,
        fn: fn.index,
        options: options.index,
        args: message.args,
        deps: message.deps,
        nested: message.nested,
        k: message.k,
        place,
      },
      place === PLACE.here ? 'soon' : 'now',
    );
    if (place === PLACE.here) {
      this.#begin(task);
      return;
    }
    moveTask(task, place === PLACE.ask ? 'asking' : 'elsewhere');
    object.wanted = true;
    this.#remoteCalls.left(task);
  }

  /** The server's answer about work that may be known already: it is new, or somebody else makes it. */
  assigned(key: ObjectKey, here: boolean): void {
    const task = this.#tasks.get(key);
    // The server started anew, and the one before had found it with somebody else: it is not here to be run.
    if (here && (!task || task.state === 'elsewhere')) this.#hooks.journal({ kind: 'spill', task: key }, 'now');
    if (!task || task.state !== 'asking') return;
    if (!here) moveTask(task, 'elsewhere');
    else if (task.cancelled) this.failWith(task, cancelledError());
    // An actor that begins here stays here.
    else if (task.fn.kind === FUNCTION_KIND.actor && !this.#scheduler.couldRun(task)) this.#handBack(task);
    else this.#begin(task);
  }

  /** The server gives this node a task. @param failures attempts that ended by its own fault; default: all before this one */
  lease(command: ServerCommandOf<'lease'>, fn: FunctionInfo, options: OptionsInfo, failures?: number): void {
    const known = this.#tasks.get(command.task);
    if (known?.isWithdrawn) {
      known.next = { attempt: command.attempt, begin: () => this.lease(command, fn, options, failures) };
      return;
    }
    // One that is still asked for is the answer: it was found to be nobody's, and that word was lost with a former server.
    if (known && known.state !== 'elsewhere' && known.state !== 'asking') {
      // The server lost sight of it: what runs here is the attempt that it means now (rule M2).
      known.attempt = Math.max(known.attempt, command.attempt);
      return;
    }
    if (known) this.#remoteCalls.returned(known);
    const { job, incarnation, attempt, caller } = command;
    // A task born here can come back, as old as it is.
    const before = failures ?? attempt - 1;
    const life = { leased: true, incarnation, attempt, caller, failures: before, age: known?.age ?? this.#nextAge++ };
    const task = newTask({ ...command, parent: 0 }, { fn, options, job, ...life });
    // The object of one that comes back stays known to the worker that submitted it.
    this.#tasks.set(task.key, task);
    this.#begin(task);
  }

  /** A worker has a result. */
  result(worker: WorkerEntry, message: WorkerRequestOf<'result'>, memory: Attachment | undefined): void {
    const task = this.#tasks.get(message.task);
    if (!task || task.worker !== worker) return;
    noteRun(task.fn, message.durationUs);
    this.#scheduler.ran(task, message.durationUs);
    if (task.isWithdrawn || task.cancelled) {
      this.#endUnwanted(task);
      return;
    }
    if (message.outcome !== OUTCOME.value && this.#retriesException(task, message.value)) return;
    if (message.outcome === OUTCOME.value && task.fn.kind === FUNCTION_KIND.actor) this.#constructed(task, message);
    else this.finish(task, { ...message, memory });
  }

  /** An actor that lived before restores what it saved, and then it is there. */
  #constructed(creation: TaskEntry, message: WorkerRequestOf<'result'>): void {
    const result = { ...message, value: message.value.slice(), memory: undefined };
    const waits = this.#hooks.restore(creation, (error) => {
      if (creation.state === 'done') return;
      if (error) this.#failEncoded(creation, error);
      else this.finish(creation, result);
    });
    if (!waits) this.finish(creation, result);
  }

  /** A worker gave a run back that it had not begun. */
  recalled(worker: WorkerEntry, key: ObjectKey): void {
    const task = this.#tasks.get(key);
    if (!task || task.worker !== worker || task.state !== 'running') return;
    if (task.actor !== 0) {
      this.#hooks.notBegun(task);
      if (task.cancelled) this.#endUnwanted(task);
      else this.failWith(task, actorDied('it ended itself'));
      return;
    }
    this.#scheduler.recalled(task);
    if (task.isWithdrawn || task.cancelled) this.#endUnwanted(task);
    else if (!this.#mayStay(task)) this.#handBack(task);
  }

  /** Gives back what waits here and can no longer run here, because the node offers less than before. */
  handBackUnfit(): void {
    for (const task of [...this.#tasks.values()]) {
      const waits = task.state === 'waiting' || task.state === 'ready';
      if (waits && !this.#mayStay(task)) this.#handBack(task);
    }
  }

  /** Gives some of what is too much for this node to others. */
  handBackSurplus(): void {
    this.#scheduler.giveSurplus((task) => this.#handBack(task));
  }

  /** An actor born here has its calls with it already: its creation waits for better times, and so do they. */
  #mayStay(task: TaskEntry): boolean {
    const isBornActor = task.fn.kind === FUNCTION_KIND.actor && !task.leased;
    return task.actor !== 0 || isBornActor || this.#scheduler.couldRun(task);
  }

  /** The global scheduler takes a task that waits here. */
  #handBack(task: TaskEntry): void {
    if (task.leased) {
      this.#attemptFailed(task, END_REASON.returned, 'the node no longer offers what it needs', false);
      return;
    }
    this.#hooks.journal({ kind: 'spill', task: task.key }, 'now');
    if (task.state === 'ready') this.#scheduler.remove(task);
    this.#inputs.release(task);
    moveTask(task, 'elsewhere');
    this.#objects.obtain(task.key).wanted = true;
  }

  /** Ends a task with a result: tells whoever is here, and the journal. */
  finish(task: TaskEntry, result: TaskResult): void {
    const error = tellResult(task, result, this.#objects, this.#hooks);
    this.#close(task);
    if (task.fn.kind === FUNCTION_KIND.actor) this.actorCalls.creationEnded(task, error);
  }

  /** Ends a task with an error of the system's. */
  failWith(task: TaskEntry, error: Error): void {
    this.#failEncoded(task, encodeError(error));
  }

  #failEncoded(task: TaskEntry, value: Uint8Array): void {
    this.finish(task, {
      outcome: OUTCOME.error,
      durationUs: 0,
      sizeBytes: value.length,
      value,
      nested: [],
      memory: undefined,
    });
  }

  /** News of an object that was made elsewhere: a task of ours that ran there is over. */
  objectSettled(key: ObjectKey): void {
    const task = this.#tasks.get(key);
    if (!task || (task.state !== 'elsewhere' && task.state !== 'asking')) return;
    this.#remoteCalls.returned(task);
    this.#tasks.delete(key);
    moveTask(task, 'done');
  }

  /** Rule L7. `force` ends the worker of a running task at once instead of asking it first. */
  cancel(key: ObjectKey, recursive: boolean, force: boolean): void {
    const queue = [key];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      const task = this.#tasks.get(next);
      if (!task) continue;
      if (recursive && task.made) queue.push(...task.made);
      this.#cancelOne(task, force);
    }
  }

  #cancelOne(task: TaskEntry, force: boolean): void {
    task.next = undefined;
    if (task.cancelled || task.isWithdrawn || task.state === 'done') return;
    task.cancelled = true;
    if (task.state === 'elsewhere' || task.state === 'asking') return;
    if (this.#endsAtOnce(task)) return;
    // It is asked to stop first; the raylet ends the worker of one that does not listen.
    this.#hooks.abort(task);
    if (force && task.worker && task.actor === 0)
      this.#hooks.stopWorker(task.worker, END_REASON.bystander, 'a task in it was cancelled by force');
  }

  /** Another attempt's result was accepted (rule S6): this one ends without one, and what was made elsewhere is asked for. */
  withdraw(key: ObjectKey, attempt: number): void {
    const task = this.#tasks.get(key);
    if (!task) return;
    task.next = undefined;
    // One that crashed may have been tried again here meanwhile; a later lease comes after this word.
    if (task.attempt < attempt || task.cancelled || task.isWithdrawn) return;
    if (task.state === 'elsewhere' || task.state === 'asking') return;
    task.isWithdrawn = true;
    if (!this.#endsAtOnce(task)) this.#hooks.abort(task);
  }

  /** Ends a task that nobody wants any more if it does not run yet. */
  #endsAtOnce(task: TaskEntry): boolean {
    const runs = task.state === 'running' || task.state === 'blocked';
    if (runs && !this.#scheduler.takeBack(task)) return false;
    this.#endUnwanted(task);
    return true;
  }

  #endUnwanted(task: TaskEntry): void {
    if (task.cancelled) {
      this.failWith(task, cancelledError());
      return;
    }
    this.#close(task);
    if (task.next) task.next.begin();
    else this.#objects.madeElsewhere(task.key);
  }

  /** A worker ended: one of its tasks is to blame, the others run again at no cost. */
  workerEnded(worker: WorkerEntry, reason: number, message: string): void {
    const { tasks, culprit, suspects } = endOf(worker, reason);
    const why = 'its worker was ended for another task';
    for (const task of tasks)
      if (task !== culprit) this.#attemptFailed(task, END_REASON.bystander, why, false, suspects.has(task));
    if (culprit) this.#attemptFailed(culprit, reason, message, true);
  }

  /** An attempt ended without a result. @param staysHere a leased one is tried again here, too */
  #attemptFailed(task: TaskEntry, reason: number, message: string, counted: boolean, staysHere = false): void {
    if (task.state === 'done') return;
    if (task.cancelled || task.isWithdrawn) {
      this.#endUnwanted(task);
      return;
    }
    if (reason === END_REASON.killed || reason === END_REASON.exited) {
      this.failWith(task, actorDied(message));
      return;
    }
    if (counted) task.failures += 1;
    const retriedHere =
      task.actor === 0 && (!task.leased || staysHere) && mayRetry(task.options.options, task.failures);
    if (!task.leased && !retriedHere) {
      this.failWith(task, crashError(reason, task, message));
      return;
    }
    this.#hooks.journal(
      {
        kind: 'failed',
        task: task.key,
        attempt: task.attempt,
        reason,
        counted,
        retriedHere,
        message,
        logTail: task.logTail,
      },
      'now',
    );
    if (retriedHere) {
      this.#retry(task);
      return;
    }
    this.#close(task);
    this.#objects.madeElsewhere(task.key);
    if (task.fn.kind === FUNCTION_KIND.actor) this.actorCalls.creationGone(task, message);
  }

  /** Its actor's life here is over, and the next may answer it (rule A3). */
  #giveBackCall(task: TaskEntry): void {
    if (task.leased || task.cancelled)
      return this.#attemptFailed(task, END_REASON.returned, 'the actor is restarting', false);
    this.#hooks.journal({ kind: 'spill', task: task.key }, 'now');
    this.#hooks.attemptEnded(task);
    this.#scheduler.ended(task);
    this.#inputs.releaseAll(task);
    task.worker = undefined;
    moveTask(task, 'elsewhere');
    this.#objects.obtain(task.key).wanted = true;
    this.#remoteCalls.left(task);
  }

  #retriesException(task: TaskEntry, error: Uint8Array): boolean {
    const { options } = task.options;
    const isPlain = task.actor === 0 && task.fn.kind === FUNCTION_KIND.task;
    if (!isPlain || !isRetriedException(options, errorNames(error)) || !mayRetry(options, task.failures + 1))
      return false;
    this.#attemptFailed(task, END_REASON.exception, 'it threw an exception that is to be tried again', true);
    return true;
  }

  #retry(task: TaskEntry): void {
    this.#hooks.attemptEnded(task);
    this.#scheduler.ended(task);
    this.#inputs.releaseMade(task);
    task.worker = undefined;
    task.attempt += 1;
    task.ranMs = 0;
    task.runningSinceMs = 0;
    moveTask(task, 'waiting');
    this.#inputsReady(task);
  }

  /** The server's, where it has to know first; else the local scheduler's answer to a task (rule S1), or the actor's place. */
  #placeOf(task: TaskEntry, parent: TaskEntry | undefined): number {
    if (parent && parent.attempt > 1) return PLACE.ask;
    if (parent && parent.decidedBy > 0) return PLACE.global;
    if (task.actor !== 0) {
      const actor = this.#actors.get(task.actor);
      const isHere = actor?.ending === 'no' && !actor.count.isCatchingUp && !this.#remoteCalls.has(task.actor);
      return isHere ? PLACE.here : PLACE.global;
    }
    // Whether there is an actor of that name already only the server knows.
    return !task.options.options.getIfExists && this.#scheduler.keeps(task) ? PLACE.here : PLACE.global;
  }

  /** The task will run on this node: first its inputs. */
  #begin(task: TaskEntry): void {
    moveTask(task, 'waiting');
    if (task.fn.kind === FUNCTION_KIND.actor) this.actorCalls.creationBegins(task);
    const actor = task.actor === 0 ? undefined : this.#actors.get(task.actor);
    if (task.actor !== 0 && !actor) {
      this.#attemptFailed(task, END_REASON.returned, 'the actor no longer lives here', false);
      return;
    }
    if (actor?.ending === 'exiting') {
      this.failWith(task, actorDied('it ended itself'));
      return;
    }
    if (actor) this.#actors.enqueue(actor, task);
    const { module } = task.fn;
    const lacksModule = module !== '' && !this.#hooks.hasModule(module);
    if (task.deps.length === 0 && !lacksModule) this.#inputsReady(task);
    else this.#inputs.await(task, lacksModule);
  }

  #inputsReady(task: TaskEntry): void {
    if (task.state !== 'waiting') return;
    task.inputWait = undefined;
    const actor = task.actor === 0 ? undefined : this.#actors.get(task.actor);
    if (actor) this.#actors.ready(actor, task);
    else if (this.#mayStay(task)) this.#scheduler.add(task);
    else this.#handBack(task);
  }

  #close(task: TaskEntry): void {
    this.#hooks.attemptEnded(task);
    if (task.state === 'ready') this.#scheduler.remove(task);
    else this.#scheduler.ended(task);
    if (task.actor !== 0) this.#actors.left(task);
    moveTask(task, 'done');
    this.#tasks.delete(task.key);
    this.#inputs.releaseAll(task);
  }
}
