/**
 * Job modules on a node: each is brought from the server once, when the first task that needs it comes.
 */
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { requests } from '#shared/protocol/requests.ts';
import type { ServerLink } from './ports.ts';

/** Code and source map of a module. */
export interface LoadedModule {
  readonly code: Uint8Array;
  readonly sourceMap: Uint8Array;
}

/** Told that the module is here, or the encoded error why it cannot be had. */
export type ModuleListener = (error: Uint8Array | undefined) => void;

/** The modules of one node. */
export class ModuleStore {
  readonly #server: ServerLink;
  readonly #modules = new Map<string, LoadedModule>();
  readonly #waiting = new Map<string, ModuleListener[]>();

  constructor(server: ServerLink) {
    this.#server = server;
  }

  get(hash: string): LoadedModule | undefined {
    return this.#modules.get(hash);
  }

  /** Adds a module; false if it was here. */
  add(hash: string, code: Uint8Array, sourceMap: Uint8Array): boolean {
    if (this.#modules.has(hash)) return false;
    this.#modules.set(hash, { code, sourceMap });
    this.#tell(hash, undefined);
    return true;
  }

  has(hash: string): boolean {
    return this.#modules.has(hash);
  }

  /** Brings a module that is not here; `whenHere` is called once. */
  bring(hash: string, whenHere: ModuleListener): void {
    const waiting = this.#waiting.get(hash);
    if (waiting) {
      waiting.push(whenHere);
      return;
    }
    this.#waiting.set(hash, [whenHere]);
    const body = new ByteWriter();
    requests.module.body.write(body, { module: hash });
    this.#server.request('module', body.finish(), (ok, answer) => {
      // The next task that needs it asks again.
      if (!ok) return this.#tell(hash, answer.slice());
      const { code, sourceMap } = requests.module.answer.read(new ByteReader(answer));
      this.add(hash, code.slice(), sourceMap.slice());
    });
  }

  #tell(hash: string, error: Uint8Array | undefined): void {
    const waiting = this.#waiting.get(hash) ?? [];
    this.#waiting.delete(hash);
    for (const tell of waiting) tell(error);
  }
}
