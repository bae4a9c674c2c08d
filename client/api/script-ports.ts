// What a plain script needs besides a connection: its functions' sources cut out and its modules bundled, on the spot. Workers
// have neither: they run modules that were bundled elsewhere. The entry of the package sets these before a script can call.

import type { ModuleSource } from '../worker/call-target.ts';

/** A function of a script, checked to work without its surroundings. */
export interface InlineSource {
  readonly kind: 'function' | 'class';
  readonly name: string;
  readonly captureNames: readonly string[];
  /** The module that registers it; made at the first call. `encodedCaptures`: base64 of the values by name. */
  build(encodedCaptures: string | undefined): { readonly source: ModuleSource; readonly registration: string };
}

/** A bundled module of a script. */
export interface ScriptModule {
  readonly source: ModuleSource;
  readonly registrations: readonly {
    readonly name: string;
    readonly kind: 'function' | 'class';
    readonly exportedAs?: string;
  }[];
}

/** The tools of a host that can make modules. */
export interface ScriptPorts {
  /** Throws an error that names every free variable which `captures` does not. */
  // oxlint-disable-next-line typescript/no-unsafe-function-type -- any function or class at all
  inline(target: Function, captures: Readonly<Record<string, unknown>>): InlineSource;
  /** Bundles the module at this URL. */
  bundle(url: string): Promise<ScriptModule>;
  /** Which exports of the module are classes, read from its text; what cannot be told counts as a function. */
  classExports(url: string): ReadonlySet<string>;
}

let installed: ScriptPorts | undefined;

/** Sets the tools of this realm. */
export function installScriptPorts(ports: ScriptPorts): void {
  installed = ports;
}

/** The tools of this realm. @throws Error where there are none. */
export function scriptPorts(): ScriptPorts {
  if (installed === undefined) {
    throw new Error(
      'remote() and remoteModule() make modules only in a script: inside a job module call remote() at the top level',
    );
  }
  return installed;
}
