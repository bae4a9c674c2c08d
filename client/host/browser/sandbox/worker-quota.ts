/**
 * How much one sandbox worker may have open with its raylet (rules B1, T1). Our runtime in the worker keeps far below these
 * bounds; a worker that passes one has been taken over by its job, and would fill what it shares with other jobs: the
 * raylet's memory, the session's names and numbers.
 */
import type { WorkerCommand, WorkerRequest } from '#shared/protocol/worker-messages.ts';

/** Calls of `get` and `wait` that wait, … */
const MAX_BLOCKS = 200_000;
/** … and the names in them: two calls for all that a program may have submitted. */
const MAX_BLOCKED_NAMES = 2_000_000;
/** Questions that are not answered. */
const MAX_QUESTIONS = 10_000;
/** A question of our runtime is a name in a namespace. */
const MAX_QUESTION_BYTES = 1024;
/** Objects that an actor holds, or a task before it ends. */
const MAX_HOLDINGS = 2_000_000;
/** Functions and sets of options, and the bytes that say them: the session keeps them for all its life. */
const MAX_DEFINITIONS = 20_000;
const MAX_DEFINITION_BYTES = 16 * 1024 * 1024;

/** What all workers of one job on this node have introduced. */
export interface JobDefinitions {
  count: number;
  bytes: number;
}

/** What one worker has open. */
export class WorkerQuota {
  readonly #definitions: JobDefinitions;
  readonly #blocks = new Map<number, number>();
  readonly #questions = new Set<number>();
  #blockedNames = 0;
  #holdings = 0;
  #givenNames = 0;
  #usedNames = 0;

  constructor(definitions: JobDefinitions) {
    this.#definitions = definitions;
  }

  /** The worker was told this. */
  told(command: WorkerCommand): void {
    switch (command.kind) {
      case 'keys':
        this.#givenNames += command.to - command.from;
        return;
      case 'unblocked':
        this.#unblock(command.id);
        return;
      case 'response':
        this.#questions.delete(command.id);
        return;
      default:
    }
  }

  /** Counts what the worker says. Why it is too much; `undefined` if it is not. */
  admit(message: WorkerRequest): string | undefined {
    switch (message.kind) {
      case 'submit':
      case 'put':
        this.#usedNames += 1;
        return undefined;
      case 'block':
        return this.#block(message.id, message.objects.length);
      case 'unblock':
        this.#unblock(message.id);
        return undefined;
      case 'request':
        return this.#ask(message.id, message.body.length);
      case 'hold':
        this.#holdings += 1;
        return this.#holdings > MAX_HOLDINGS ? 'it held more objects than a program may' : undefined;
      case 'release':
        this.#holdings = Math.max(0, this.#holdings - 1);
        return undefined;
      default:
        return this.#admitDefinition(message);
    }
  }

  #admitDefinition(message: WorkerRequest): string | undefined {
    switch (message.kind) {
      case 'moreKeys':
        // Our runtime asks when it has used most of what it has.
        return this.#usedNames * 2 < this.#givenNames ? 'it asked for names that it does not need' : undefined;
      case 'function':
        return this.#define(message.fn, message.name.length + message.module.length);
      case 'options':
        return this.#define(message.options, message.json.length);
      default:
        return undefined;
    }
  }

  #block(id: number, names: number): string | undefined {
    if (this.#blocks.has(id)) return 'it used the number of a call twice';
    this.#blocks.set(id, names);
    this.#blockedNames += names;
    const isTooMuch = this.#blocks.size > MAX_BLOCKS || this.#blockedNames > MAX_BLOCKED_NAMES;
    return isTooMuch ? 'it waited for more than a program may' : undefined;
  }

  #unblock(id: number): void {
    this.#blockedNames -= this.#blocks.get(id) ?? 0;
    this.#blocks.delete(id);
  }

  #ask(id: number, sizeBytes: number): string | undefined {
    if (this.#questions.has(id)) return 'it used the number of a question twice';
    this.#questions.add(id);
    const isTooMuch = this.#questions.size > MAX_QUESTIONS || sizeBytes > MAX_QUESTION_BYTES;
    return isTooMuch ? 'it asked more than a program may' : undefined;
  }

  #define(number: number, sizeBytes: number): string | undefined {
    const job = this.#definitions;
    job.count += 1;
    job.bytes += sizeBytes;
    const isTooMuch = number >= MAX_DEFINITIONS || job.count > MAX_DEFINITIONS || job.bytes > MAX_DEFINITION_BYTES;
    return isTooMuch ? 'its job introduced more functions and options than a job may' : undefined;
  }
}
