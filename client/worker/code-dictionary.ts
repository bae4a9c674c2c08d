/**
 * Functions and option sets by number. Each is introduced to the raylet once per connection and costs a byte per call
 * afterwards. A module that is still being bundled is numbered too: everything from its first call on is kept back until
 * the missing names are known, so that no record overtakes one that it depends on.
 */
import { optionsToJson } from '#shared/task/task-options.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { WorkerRequest, WorkerRequestOf } from '#shared/protocol/worker-messages.ts';
import {
  type CallTarget,
  isPendingModule,
  type ModuleSource,
  type OptionSet,
  type PendingModule,
} from './call-target.ts';

/** What is needed of the link to the raylet: see `BatchLink`. */
interface Link {
  push(message: WorkerRequest, sizeBytes?: number): void;
  hold(): void;
  release(revise: (messages: WorkerRequest[]) => WorkerRequest[]): void;
}

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);

interface Gap {
  readonly functions: { readonly target: CallTarget; readonly message: WorkerRequestOf<'function'> }[];
  readonly options: {
    readonly set: OptionSet;
    readonly target: CallTarget;
    readonly message: WorkerRequestOf<'options'>;
  }[];
  readonly message: WorkerRequestOf<'module'>;
}

/** The numbers of one connection. */
export class CodeDictionary {
  readonly #link: Link;
  readonly #sendsModules: boolean;
  readonly #failed: (fn: ReadonlyMap<number, Error>, messages: WorkerRequest[]) => WorkerRequest[];
  readonly #functions = new Map<CallTarget, number>();
  readonly #functionNames = new Map<string, number>();
  readonly #options = new Map<OptionSet, number>();
  readonly #optionTexts = new Map<string, number>();
  readonly #sentModules = new Set<string>();
  readonly #gaps = new Map<PendingModule, Gap>();
  /** Messages of gaps that are closed while others still hold the link. */
  readonly #filled = new Set<WorkerRequest>();
  readonly #failures = new Map<number, Error>();
  #nextFunction = 0;
  #nextOptions = 0;

  /**
   * @param sendsModules a driver brings the code along; a worker runs in a module that its raylet has
   * @param failed takes the calls of functions that could not be had out of the messages
   */
  constructor(
    link: Link,
    sendsModules: boolean,
    failed: (fn: ReadonlyMap<number, Error>, messages: WorkerRequest[]) => WorkerRequest[],
  ) {
    this.#link = link;
    this.#sendsModules = sendsModules;
    this.#failed = failed;
  }

  /** The number of a function; introduces it if this is its first call. Throws what kept its module from being made. */
  functionOf(target: CallTarget): number {
    const fn = this.#functions.get(target);
    if (fn === undefined) return this.#introduce(target);
    const failure = this.#failures.size > 0 ? this.#failures.get(fn) : undefined;
    if (failure !== undefined) throw failure;
    return fn;
  }

  /** The number of an option set for `target`. */
  optionsOf(set: OptionSet, target: CallTarget): number {
    return this.#options.get(set) ?? this.#introduceOptions(set, target);
  }

  #introduce(target: CallTarget): number {
    const module = target.module?.();
    if (module !== undefined && isPendingModule(module)) return this.#introducePending(target, module);
    const hash = module?.hash ?? '';
    const text = `${target.kind}|${hash}|${target.name}`;
    let fn = this.#functionNames.get(text);
    if (fn === undefined) {
      if (module !== undefined) this.#sendModule(module);
      fn = this.#nextFunction++;
      this.#functionNames.set(text, fn);
      this.#link.push(
        { kind: 'function', fn, module: hash, name: target.name, functionKind: target.kind },
        target.name.length,
      );
    }
    this.#functions.set(target, fn);
    return fn;
  }

  #sendModule(module: ModuleSource): void {
    if (!this.#sendsModules || this.#sentModules.has(module.hash)) return;
    this.#sentModules.add(module.hash);
    const code = encoder.encode(module.code);
    this.#link.push(
      { kind: 'module', module: module.hash, code, sourceMap: encoder.encode(module.sourceMap) },
      code.length + module.sourceMap.length,
    );
  }

  #introduceOptions(set: OptionSet, target: CallTarget): number {
    const module = target.kind === FUNCTION_KIND.actor ? target.module?.() : undefined;
    const gap = module !== undefined && isPendingModule(module) ? this.#gaps.get(module) : undefined;
    const json = optionsToJson(set.resolved);
    let options = gap === undefined ? this.#optionTexts.get(json) : undefined;
    if (options === undefined) {
      options = this.#nextOptions++;
      const message: WorkerRequestOf<'options'> = { kind: 'options', options, json };
      if (gap === undefined) this.#optionTexts.set(json, options);
      else gap.options.push({ set, target, message });
      this.#link.push(message, json.length);
    }
    this.#options.set(set, options);
    return options;
  }

  #introducePending(target: CallTarget, module: PendingModule): number {
    let gap = this.#gaps.get(module);
    if (gap === undefined) {
      if (this.#gaps.size === 0) this.#link.hold();
      gap = {
        functions: [],
        options: [],
        message: { kind: 'module', module: '', code: NO_BYTES, sourceMap: NO_BYTES },
      };
      this.#gaps.set(module, gap);
      this.#link.push(gap.message);
      module.ready.then(
        (made) => this.#fill(module, made),
        (error: unknown) => this.#close(module, error),
      );
    }
    const fn = this.#nextFunction++;
    const message: WorkerRequestOf<'function'> = {
      kind: 'function',
      fn,
      module: '',
      name: '',
      functionKind: target.kind,
    };
    gap.functions.push({ target, message });
    this.#functions.set(target, fn);
    this.#link.push(message);
    return fn;
  }

  #fill(module: PendingModule, made: Awaited<PendingModule['ready']>): void {
    const gap = this.#gaps.get(module);
    if (gap === undefined) return;
    gap.message.module = made.source.hash;
    gap.message.code = encoder.encode(made.source.code);
    gap.message.sourceMap = encoder.encode(made.source.sourceMap);
    for (const { target, message } of gap.functions) {
      try {
        message.name = made.nameOf(target.name);
        message.module = made.source.hash;
      } catch (error) {
        this.#failures.set(message.fn, asError(error));
      }
    }
    for (const { set, target, message } of gap.options) {
      if (set.resolved.actor === undefined) continue;
      message.json = optionsToJson({
        ...set.resolved,
        actor: { className: target.name, methods: made.methodsOf(target.name) },
      });
    }
    this.#settle(module);
  }

  #close(module: PendingModule, error: unknown): void {
    for (const { message } of this.#gaps.get(module)?.functions ?? []) this.#failures.set(message.fn, asError(error));
    this.#settle(module);
  }

  #settle(module: PendingModule): void {
    const gap = this.#gaps.get(module);
    if (gap !== undefined) this.#filled.add(gap.message);
    this.#gaps.delete(module);
    if (this.#gaps.size > 0) return;
    const failures = new Map(this.#failures);
    const filled = new Set(this.#filled);
    this.#filled.clear();
    this.#link.release((messages) => {
      const introduced = messages.filter((message) => {
        // Other modules that were called meanwhile are known to be sent already: by these very messages.
        if (message.kind === 'module')
          return !filled.has(message) || (message.module !== '' && !this.#wasSent(message.module));
        return message.kind !== 'function' || !failures.has(message.fn);
      });
      return failures.size === 0 ? introduced : this.#failed(failures, introduced);
    });
  }

  #wasSent(module: string): boolean {
    const sent = this.#sentModules.has(module);
    this.#sentModules.add(module);
    return sent;
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
