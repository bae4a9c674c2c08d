/**
 * Functions and option sets of a session: each is introduced once to the journal, under the number that records name it by,
 * whether a worker or the server spoke of it first.
 */
import { optionsFromJson, schedulingClassOf } from '#shared/task/task-options.ts';
import type { ServerCommandOf } from '#shared/protocol/server-commands.ts';
import type { FunctionInfo, OptionsInfo } from './entries.ts';
import type { Journal } from './journal.ts';

/** The functions and options of one session. */
export class Definitions {
  readonly #journal: Journal;
  readonly #functions = new Map<string, FunctionInfo>();
  readonly #optionSets = new Map<string, OptionsInfo>();
  /** By the server's numbers. */
  readonly serverFunctions: FunctionInfo[] = [];
  readonly serverOptions: OptionsInfo[] = [];
  /** Of the lease that comes next. */
  #failures: ServerCommandOf<'failures'> | undefined;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** The server says what a number of its own means, or how often the task of the next lease failed. */
  introduced(command: ServerCommandOf<'function' | 'options' | 'failures'>): void {
    if (command.kind === 'failures') this.#failures = command;
    else if (command.kind === 'options') this.serverOptions[command.options] = this.optionsOf(command.json);
    else this.serverFunctions[command.fn] = this.functionOf(command.module, command.name, command.functionKind);
  }

  /** What a lease names; `undefined` if its numbers mean nothing. */
  leased({
    task,
    fn: fnNumber,
    options: optionsNumber,
  }: ServerCommandOf<'lease'>): { fn: FunctionInfo; options: OptionsInfo; failures: number | undefined } | undefined {
    const fn = this.serverFunctions[fnNumber];
    const options = this.serverOptions[optionsNumber];
    const failures = this.#failures?.task === task ? this.#failures.count : undefined;
    this.#failures = undefined;
    return fn && options && { fn, options, failures };
  }

  functionOf(module: string, name: string, kind: number): FunctionInfo {
    const key = `${kind} ${module} ${name}`;
    let fn = this.#functions.get(key);
    if (!fn) {
      fn = { index: this.#functions.size, module, name, kind, meanUs: 0, runs: 0 };
      this.#functions.set(key, fn);
      this.#journal.append({ kind: 'function', fn: fn.index, module, name, functionKind: kind });
    }
    return fn;
  }

  optionsOf(json: string): OptionsInfo {
    let info = this.#optionSets.get(json);
    if (!info) {
      const options = optionsFromJson(json);
      info = {
        index: this.#optionSets.size,
        options,
        schedulingClass: schedulingClassOf(options),
        needsOnlyCpu: Object.keys(options.demand.custom).length === 0,
      };
      this.#optionSets.set(json, info);
      this.#journal.append({ kind: 'options', options: info.index, json });
    }
    return info;
  }
}
