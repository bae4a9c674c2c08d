// `remoteModule`: stubs of a module that is bundled in the background. A call is numbered and its arguments are encoded at once;
// what was called goes out when the bundle is there.

import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { CallTarget, PendingModule } from '../worker/call-target.ts';
import type { RemoteModule } from './get-types.ts';
import { type ClassStub, classStub, type FunctionStub, functionStub } from './remote.ts';
import { scriptPorts } from './script-ports.ts';
import { didYouMean } from './did-you-mean.ts';

async function bundled(url: string): Promise<Awaited<PendingModule['ready']>> {
  const { source, registrations } = await scriptPorts().bundle(url);
  const names = new Map(
    registrations.flatMap(({ exportedAs, name }) => (exportedAs === undefined ? [] : [[exportedAs, name] as const])),
  );
  return {
    source,
    nameOf(exported) {
      const name = names.get(exported);
      if (name === undefined)
        throw new TypeError(
          `${url} exports no remote function or class "${exported}"${didYouMean(exported, [...names.keys()])}`,
        );
      return name;
    },
    methodsOf: () => [],
  };
}

function makeStubs(location: URL | string): object {
  const url = typeof location === 'string' ? location : location.href;
  const ports = scriptPorts();
  let pending: PendingModule | undefined;
  const module = (): PendingModule => (pending ??= { ready: bundled(url) });
  let classes: ReadonlySet<string> | undefined;
  const stubs = new Map<string, FunctionStub | ClassStub>();
  return new Proxy(Object.freeze(Object.create(null)), {
    get(_target, name): FunctionStub | ClassStub | undefined {
      if (typeof name === 'symbol' || name === 'then' || name === 'toJSON') return undefined;
      let stub = stubs.get(name);
      if (stub === undefined) {
        classes ??= ports.classExports(url);
        const isActor = classes.has(name);
        const target: CallTarget = { kind: isActor ? FUNCTION_KIND.actor : FUNCTION_KIND.task, name, module };
        stub = isActor ? classStub(target, { className: name, methods: [] }) : functionStub(target, name);
        stubs.set(name, stub);
      }
      return stub;
    },
  });
}

/** See {@link RemoteModule}. */
export const remoteModule: RemoteModule = makeStubs as RemoteModule;
