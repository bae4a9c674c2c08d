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

/** The modules of one node. */
export class ModuleStore {
  readonly #server: ServerLink;
  readonly #modules = new Map<string, LoadedModule>();
  readonly #waiting = new Map<string, (() => void)[]>();

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
    const waiting = this.#waiting.get(hash) ?? [];
    this.#waiting.delete(hash);
    for (const tell of waiting) tell();
    return true;
  }

  /** True if it is here; else it is brought and `whenHere` is called. */
  has(hash: string, whenHere: () => void): boolean {
    if (this.#modules.has(hash)) return true;
    const waiting = this.#waiting.get(hash);
    if (waiting) {
      waiting.push(whenHere);
      return false;
    }
    this.#waiting.set(hash, [whenHere]);
    const body = new ByteWriter();
    requests.module.body.write(body, { module: hash });
    this.#server.request('module', body.finish(), (ok, answer) => {
      if (!ok) return;
      const { code, sourceMap } = requests.module.answer.read(new ByteReader(answer));
      this.add(hash, code.slice(), sourceMap.slice());
    });
    return false;
  }
}
