/**
 * What a program asks of the cluster beside calls and values: actors by name, their end, that of tasks, files for people, room in
 * the queue. In a durable `main` the answers are part of its history, and what an earlier run did is not done again (rule J1).
 */
import { actorIdentity } from '../api/actor-handle.ts';
import type { ObjectRef } from '../api/object-ref.ts';
import type { ActorHandle } from '../api/remote-types.ts';
import { ActorDiedError } from '#shared/errors/daylight-error.ts';
import { requests } from '#shared/protocol/requests.ts';
import { encodeValue } from '#shared/serialization/value-codec.ts';
import { bytesDigest, textDigest } from '#shared/task/call-digest.ts';
import { OPERATION } from '#shared/task/history-entries.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { ActorRecord } from './actor-record.ts';
import type { CoreWorker } from './core-worker.ts';
import { MainRun, nothing } from './main-run.ts';
import { openHistory } from './open-history.ts';
import type { PublishedFile, Questions } from './questions.ts';
import { referencedKeys } from './submission.ts';
import type { TaskState } from './task-state.ts';

/** See above. */
export class OutwardCalls {
  readonly #core: CoreWorker;
  readonly #questions: Questions;

  constructor(core: CoreWorker, questions: Questions) {
    this.#core = core;
    this.#questions = questions;
  }

  /** Ends a task; resolves when that is on its way, with whether the task was over. */
  async cancel(ref: ObjectRef<unknown>, recursive: boolean, force: boolean): Promise<boolean> {
    const core = this.#core;
    const key = core.references.keyOf(ref);
    const live = async (): Promise<Uint8Array> => {
      const isOver = core.cache.find(key)?.isReady === true;
      core.cancel(ref, recursive, force);
      await core.flush();
      return new Uint8Array([isOver ? 1 : 0]);
    };
    const main = this.#main;
    const [isOver] = await (main ? main.operate({ op: OPERATION.cancel, digest: main.digestOf([key]), live }) : live());
    return isOver === 1;
  }

  /** Ends an actor; resolves when that is on its way. */
  async kill(handle: ActorHandle<unknown>, noRestart: boolean): Promise<void> {
    const core = this.#core;
    const record = actorIdentity(handle);
    if (!(record instanceof ActorRecord)) throw new TypeError('this handle belongs to another session');
    core.checkOpen();
    const digest = this.#main?.digestOf([record.key]) ?? 0;
    await this.#once(OPERATION.kill, digest, async () => {
      core.push({ kind: 'killActor', actor: record.key, noRestart });
      await core.flush();
    });
  }

  /** A handle of a named actor. Rejects with `ActorDiedError` if there is none. */
  async getActor(name: string, namespace: string): Promise<ActorHandle<unknown>> {
    const writer = new ByteWriter();
    requests.getActor.body.write(writer, { name, namespace });
    const asked = writer.finish();
    const live = (): Promise<Uint8Array> => this.#request('getActor', asked);
    const main = this.#main;
    const answer = await (main ? main.operate({ op: OPERATION.getActor, digest: bytesDigest(asked), live }) : live());
    const { actor, className, methods } = requests.getActor.answer.read(new ByteReader(answer));
    if (actor === 0) throw new ActorDiedError(`there is no actor named "${name}"`);
    return this.#core.handleOf(new ActorRecord(actor, className, methods));
  }

  /** Shows a file on the job's page. */
  publish(file: PublishedFile): Promise<void> {
    const digest = bytesDigest(file.data) + textDigest(file.name);
    return this.#once(OPERATION.publish, digest, () => this.#questions.publish(file));
  }

  /** Resolves once a submission would be accepted. */
  ready(): Promise<void> {
    return this.#once(OPERATION.ready, 0, () => this.#core.roomComes());
  }

  /**
   * Before a `main` begins: what earlier runs of it did.
   *
   * @param defer calls back when nothing is left to do in this turn of the event loop
   * @param diverged told if this run does something else
   */
  async openMain(
    task: TaskState,
    defer: (callback: () => void) => void,
    diverged: (error: Error) => void,
  ): Promise<void> {
    const earlier = await openHistory(task.key, task.attempt, (method, body) => this.#request(method, body));
    if (!earlier) return;
    task.main = new MainRun(task.key, earlier, {
      push: (message, sizeBytes) => this.#core.push(message, sizeBytes),
      defer,
      durably: async (message) => void (await this.#questions.ask(message)),
      diverged,
    });
  }

  /** See `TaskContext.checkpoint`. */
  async checkpoint(main: MainRun, state: unknown): Promise<void> {
    const encoded = encodeValue(state, this.#core.arguments.context);
    await main.checkpoint(encoded.toBytes(), referencedKeys(encoded));
  }

  /** Of the code that runs now, where it is a durable `main`. */
  get #main(): MainRun | undefined {
    const { context } = this.#core;
    const current = context.current();
    if (current !== undefined || context.liveTasks.size !== 1) return current?.main;
    return [...context.liveTasks][0]?.main;
  }

  async #once(op: number, digest: number, act: () => Promise<unknown>): Promise<void> {
    const main = this.#main;
    if (main) await main.operate({ op, digest, live: () => nothing(act()), isForced: () => true });
    else await act();
  }

  #request(method: string, body: Uint8Array): Promise<Uint8Array> {
    return this.#questions.ask((id) => ({ kind: 'request', id, method, body }));
  }
}
