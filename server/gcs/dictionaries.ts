/**
 * Functions and option sets, interned: every distinct one is kept once and named by a small number, in memory, on
 * disk and (per session) on the wire.
 */
import { type ResolvedOptions, optionsFromJson, schedulingClassOf } from '#shared/task/task-options.ts';

/** A function, class or method that tasks call. */
export interface FunctionEntry {
  readonly index: number;
  /** Hash of its module; empty for a method. */
  readonly module: string;
  readonly name: string;
  /** See FUNCTION_KIND. */
  readonly kind: number;
  /** Exponential average of its run time, all nodes; 0 until one run is known (rule S2). */
  meanUs: number;
  runs: number;
  /** Runs that ended their worker. */
  crashes: number;
}

/** A set of options. */
export interface OptionsEntry {
  readonly index: number;
  readonly json: string;
  readonly options: ResolvedOptions;
  /** Tasks of one class compete for the same resources. */
  readonly schedulingClass: string;
}

/** How much one more run weighs in the average. */
const RUN_WEIGHT = 0.2;

/** Takes one run of a function into its average. */
export function recordRun(entry: FunctionEntry, durationUs: number): void {
  entry.meanUs = entry.runs === 0 ? durationUs : entry.meanUs + RUN_WEIGHT * (durationUs - entry.meanUs);
  entry.runs += 1;
}

/** All functions and options of the cluster. */
export class Dictionaries {
  readonly #functions: FunctionEntry[] = [];
  readonly #functionIndex = new Map<string, FunctionEntry>();
  readonly #options: OptionsEntry[] = [];
  readonly #optionsIndex = new Map<string, OptionsEntry>();
  readonly #added: (entry: FunctionEntry | OptionsEntry) => void;

  /** @param added told once for every new entry, so that it can be made durable. */
  constructor(added: (entry: FunctionEntry | OptionsEntry) => void) {
    this.#added = added;
  }

  functionOf(module: string, name: string, kind: number): FunctionEntry {
    const key = `${kind} ${module} ${name}`;
    let entry = this.#functionIndex.get(key);
    if (!entry) {
      entry = this.#addFunction(this.#functions.length, module, name, kind, key);
      this.#added(entry);
    }
    return entry;
  }

  /** @throws TypeError if the JSON is not a set of options. */
  optionsOf(json: string): OptionsEntry {
    let entry = this.#optionsIndex.get(json);
    if (!entry) {
      entry = this.#addOptions(this.#options.length, json);
      this.#added(entry);
    }
    return entry;
  }

  functionAt(index: number): FunctionEntry | undefined {
    return this.#functions[index];
  }

  optionsAt(index: number): OptionsEntry | undefined {
    return this.#options[index];
  }

  /** Puts back an entry read from disk under its old number. */
  restoreFunction(index: number, module: string, name: string, kind: number): void {
    this.#addFunction(index, module, name, kind, `${kind} ${module} ${name}`);
  }

  restoreOptions(index: number, json: string): void {
    this.#addOptions(index, json);
  }

  functions(): readonly FunctionEntry[] {
    return this.#functions;
  }

  #addFunction(index: number, module: string, name: string, kind: number, key: string): FunctionEntry {
    const entry: FunctionEntry = { index, module, name, kind, meanUs: 0, runs: 0, crashes: 0 };
    this.#functions[index] = entry;
    this.#functionIndex.set(key, entry);
    return entry;
  }

  #addOptions(index: number, json: string): OptionsEntry {
    const options = optionsFromJson(json);
    const entry: OptionsEntry = { index, json, options, schedulingClass: schedulingClassOf(options) };
    this.#options[index] = entry;
    this.#optionsIndex.set(json, entry);
    return entry;
  }
}
