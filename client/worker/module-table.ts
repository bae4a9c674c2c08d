/**
 * The modules a worker was given: evaluated when the first task of theirs starts, and the source maps that turn stack
 * traces of their errors into positions in the user's own files.
 */
import { TaskError } from '#shared/errors/daylight-error.ts';
import { evaluateModule, moduleAddress, type EvaluatedModule, withModuleAddresses } from './module-loader.ts';
import type { CorePorts } from './ports.ts';

interface GivenModule {
  readonly code: Uint8Array;
  readonly sourceMap: Uint8Array;
  evaluated: EvaluatedModule | undefined;
}

const decoder = new TextDecoder();
/** As {@link TaskError} writes it. */
const REMOTE_STACK = '\n  remote stack:\n';
/** Errors looked at in a chain of causes. */
const MAX_CAUSES = 8;

/** Modules by hash. */
export class ModuleTable {
  readonly #ports: CorePorts;
  readonly #modules = new Map<string, GivenModule>();

  constructor(ports: CorePorts) {
    this.#ports = ports;
  }

  add(hash: string, code: Uint8Array, sourceMap: Uint8Array): void {
    // Copies: the bytes are views of a whole frame.
    if (!this.#modules.has(hash))
      this.#modules.set(hash, { code: code.slice(), sourceMap: sourceMap.slice(), evaluated: undefined });
  }

  /** The module if its evaluation is over and went well. */
  evaluated(hash: string): EvaluatedModule | undefined {
    return this.#modules.get(hash)?.evaluated;
  }

  /** Evaluates a module, once. Rejects with what its top level throws. */
  async evaluate(hash: string): Promise<EvaluatedModule> {
    const given = this.#modules.get(hash);
    if (given === undefined) throw new Error(`module ${hash} was not sent to this worker`);
    given.evaluated ??= await evaluateModule(decoder.decode(given.code), hash);
    return given.evaluated;
  }

  /** What was thrown, with the stacks of it and its causes mapped in place. */
  withMappedStack(thrown: unknown): unknown {
    const { mapStack } = this.#ports;
    if (mapStack === undefined) return thrown;
    let error: unknown = thrown;
    for (let depth = 0; depth < MAX_CAUSES && error instanceof Error; depth++) {
      this.#mapStackOf(error, mapStack);
      // What caused the error of another task was mapped where it was thrown.
      if (error instanceof TaskError) break;
      error = error.cause;
    }
    return thrown;
  }

  #mapStackOf(error: Error, mapStack: NonNullable<CorePorts['mapStack']>): void {
    try {
      if (typeof error.stack !== 'string') return;
      // Behind that line stands the stack of another task, whose positions are those of the user's files already.
      const end = error instanceof TaskError ? error.stack.indexOf(REMOTE_STACK) : -1;
      const own = end < 0 ? error.stack : error.stack.slice(0, end);
      const mapped = mapStack(withModuleAddresses(own), (address) => this.#sourceMapOf(address));
      error.stack = `${mapped}${error.stack.slice(own.length)}`;
    } catch {
      // A frozen error, or a map that cannot be read: the stack stays as it is.
    }
  }

  #sourceMapOf(address: string): string | undefined {
    for (const [hash, { sourceMap }] of this.#modules) {
      if (moduleAddress(hash) === address && sourceMap.length > 0) return decoder.decode(sourceMap);
    }
    return undefined;
  }
}
