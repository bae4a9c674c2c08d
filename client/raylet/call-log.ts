/**
 * What a node does so that its actors can be repeated elsewhere (rule A2): it numbers their calls as they begin, has them save
 * checkpoints and restores those.
 *
 * A worker runs the calls of its actor one by one in the order they were sent, so a call's place is known when it is sent, and
 * what is saved behind the n-th call stands for n calls. Saving and restoring are runs of methods like any other, of which the
 * server knows nothing; what comes of them is told in records of their own.
 */
import { decodeError } from '#shared/errors/error-record.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { FUNCTION_KIND, OUTCOME } from '#shared/protocol/node-records.ts';
import type { ServerCommandOf } from '#shared/protocol/server-commands.ts';
import type { WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import { encodeArgs } from '#shared/serialization/value-codec.ts';
import { isRepeated } from '#shared/task/task-options.ts';
import { PULL_PRIORITY } from '../object-manager/ports.ts';
import type { ActorHost, HostedActor } from './actor-host.ts';
import type { Definitions } from './definitions.ts';
import type { ObjectListener, TaskEntry } from './entries.ts';
import type { Journal } from './journal.ts';
import type { LocalObjects } from './local-objects.ts';
import { newTask } from './new-task.ts';
import type { RayletPorts } from './ports.ts';
import type { RunSender } from './run-sender.ts';
import type { WorkerEntry } from './worker-pool.ts';

const NO_BYTES = new Uint8Array(0);
/** Level of a line that tells of an error. */
const ERROR_LEVEL = 3;

/** Stands for a reference; a plain object would be taken for a value. */
class Slot {}

/** Arguments of a method that takes one value, given as a reference. */
const ONE_REFERENCE = encodeArgs([new Slot()], { asReference: () => ({ kind: 'object', token: 0 }) }).toBytes();

/** How far an actor has come. */
export interface CallCount {
  /** Calls that began since it first lived. */
  number: number;
  /** So many had begun when it was last asked to save its state, … */
  savedNumber: number;
  /** … at this time. */
  savedAtMs: number;
  /** It repeats what former lives did: only the server knows what comes before a new call. */
  isCatchingUp: boolean;
  /** What it has to restore; 0 for nothing. */
  readonly restores: ObjectKey;
}

/** How far one has come that begins, perhaps after former lives. */
export function newCount(former: { readonly object: ObjectKey; readonly number: number } | undefined): CallCount {
  const number = former?.number ?? 0;
  return {
    number,
    savedNumber: number,
    savedAtMs: 0,
    isCatchingUp: former !== undefined,
    restores: former?.object ?? 0,
  };
}

/** What this needs of the raylet. Parts that know each other are asked for when they are needed. */
export interface CallLogParts {
  readonly host: ActorHost;
  readonly ports: Pick<RayletPorts, 'server'>;
  readonly journal: Journal;
  readonly definitions: () => Definitions;
  readonly objects: () => LocalObjects;
  readonly runs: () => RunSender;
  nextKey(): ObjectKey;
}

/** A run that the server does not know. */
interface OwnRun {
  readonly worker: WorkerEntry;
  ended(message: WorkerRequestOf<'result'>, memory: Attachment | undefined): void;
}

/** The calls of all actors of a node. */
export class CallLog {
  readonly #parts: CallLogParts;
  readonly #runs = new Map<ObjectKey, OwnRun>();

  constructor(parts: CallLogParts) {
    this.#parts = parts;
  }

  /** A call is about to be sent to its actor's worker. */
  begins(call: TaskEntry): void {
    const actor = this.#parts.host.get(call.actor);
    if (!actor) return;
    actor.count.number += 1;
    if (isRepeated(actor.creation.options.options)) this.#tell(actor, call, actor.count.number);
  }

  /** It was sent: the actor may have to save its state behind it. */
  sent(call: TaskEntry): void {
    const actor = this.#parts.host.get(call.actor);
    const everyCalls = checkpointOf(actor)?.everyCalls ?? 0;
    if (actor && everyCalls > 0 && actor.count.number - actor.count.savedNumber >= everyCalls) this.#save(actor);
  }

  /** Its worker had not begun it when it was cancelled. */
  notBegun(call: TaskEntry): void {
    const actor = this.#parts.host.get(call.actor);
    if (actor && isRepeated(actor.creation.options.options)) this.#tell(actor, call, 0);
  }

  #tell({ key, creation }: HostedActor, call: TaskEntry, number: number): void {
    const incarnation = creation.incarnation || 1;
    this.#parts.journal.append({ kind: 'began', actor: key, incarnation, task: call.key, number }, 'soon');
  }

  /** This node is to have a copy of what an actor elsewhere saved. */
  keep(object: ObjectKey): void {
    const objects = this.#parts.objects();
    objects.bring(objects.obtain(object), PULL_PRIORITY.copy);
  }

  /** It has repeated what there was. */
  caughtUp({ actor: key, incarnation }: ServerCommandOf<'caughtUp'>): void {
    const actor = this.#parts.host.get(key);
    if (actor?.creation.incarnation === incarnation) actor.count.isCatchingUp = false;
  }

  /** Those that have not saved for long enough do. */
  tick(nowMs: number): void {
    for (const actor of this.#parts.host.all()) {
      const { count } = actor;
      if (!this.#isDue(actor)) continue;
      // The time begins with the first call that is not saved.
      if (count.savedAtMs === 0) count.savedAtMs = nowMs;
      else if (nowMs - count.savedAtMs >= (checkpointOf(actor)?.everyMs ?? Infinity)) this.#save(actor);
    }
  }

  /** Some actor will have to save by time alone. */
  get isWaiting(): boolean {
    for (const actor of this.#parts.host.all()) if (this.#isDue(actor)) return true;
    return false;
  }

  #isDue(actor: HostedActor): boolean {
    return actor.alive && actor.count.number > actor.count.savedNumber && (checkpointOf(actor)?.everyMs ?? 0) > 0;
  }

  #save(actor: HostedActor): void {
    const { worker, count, creation } = actor;
    if (!worker) return;
    const { number } = count;
    count.savedNumber = number;
    count.savedAtMs = 0;
    this.#run(actor, worker, { method: 'saveCheckpoint', deps: [], args: NO_BYTES }, (message, memory) => {
      const object = message.task;
      if (message.outcome !== OUTCOME.value) {
        const reason = decodeError(message.value).message;
        this.#parts.ports.server.sendLog(
          creation.key,
          ERROR_LEVEL,
          `saveCheckpoint of ${classOf(creation)} failed: ${reason}`,
        );
        return;
      }
      const { sizeBytes, nested } = message;
      const value = memory ? NO_BYTES : message.value.slice();
      const incarnation = creation.incarnation || 1;
      this.#parts.journal.append({
        kind: 'saved',
        object,
        actor: actor.key,
        incarnation,
        number,
        sizeBytes,
        value,
        nested,
      });
      const objects = this.#parts.objects();
      if (memory) objects.setLocal(objects.obtain(object), memory, sizeBytes, nested);
    });
  }

  /**
   * An actor was constructed that lived before. Returns false if it has nothing to restore.
   *
   * @param done told the encoded error if it could not
   */
  restore(creation: TaskEntry, done: (error: Uint8Array | undefined) => void): boolean {
    const actor = this.#parts.host.get(creation.key);
    const worker = actor?.worker;
    if (!actor || !worker || actor.count.restores === 0) return false;
    const call = { method: 'restoreCheckpoint', deps: [actor.count.restores], args: ONE_REFERENCE };
    this.#whenHere(actor.count.restores, () => {
      if (actor.worker !== worker) return;
      this.#run(actor, worker, call, ({ outcome, value }) =>
        done(outcome === OUTCOME.value ? undefined : value.slice()),
      );
    });
    return true;
  }

  /** It was here when the constructor began, and may have had to leave memory since. */
  #whenHere(key: ObjectKey, go: () => void): void {
    const objects = this.#parts.objects();
    const object = objects.obtain(key);
    if (objects.isHere(object)) {
      go();
      return;
    }
    const listener: ObjectListener = {
      objectChanged: () => {
        if (!objects.isHere(object)) return;
        objects.unlisten(object, listener);
        go();
      },
    };
    objects.listen(object, listener);
    objects.bring(object, PULL_PRIORITY.input);
  }

  #run(
    actor: HostedActor,
    worker: WorkerEntry,
    { method, deps, args }: { method: string; deps: ObjectKey[]; args: Uint8Array },
    ended: OwnRun['ended'],
  ): void {
    const { creation } = actor;
    const key = this.#parts.nextKey();
    const fn = this.#parts.definitions().functionOf('', `${classOf(creation)}.${method}`, FUNCTION_KIND.method);
    const { options, job, incarnation } = creation;
    const life = { leased: false, incarnation, attempt: 1, caller: 0, age: 0 };
    const call = { task: key, parent: 0, actor: actor.key, args, deps, nested: [] };
    this.#runs.set(key, { worker, ended });
    this.#parts.runs().run(newTask(call, { fn, options, job, ...life }), worker);
  }

  /** True if the result is that of a run of this log's own. */
  took(worker: WorkerEntry, message: WorkerRequestOf<'result'>, memory: Attachment | undefined): boolean {
    const run = this.#runs.get(message.task);
    if (run?.worker !== worker) return false;
    this.#runs.delete(message.task);
    run.ended(message, memory);
    return true;
  }

  /** The worker ended. */
  ended(worker: WorkerEntry): void {
    for (const [key, run] of this.#runs) if (run.worker === worker) this.#runs.delete(key);
  }
}

function checkpointOf(actor: HostedActor | undefined): { everyCalls: number; everyMs: number } | undefined {
  const options = actor?.creation.options.options;
  // What cannot live again has no use for it.
  return options?.maxRestarts === 0 ? undefined : options?.checkpoint;
}

function classOf({ options, fn }: TaskEntry): string {
  return options.options.actor?.className ?? fn.name;
}
