/**
 * Starting a realm: what a host calls once its end of a link to the raylet exists. A worker runs what it is told; a
 * driver is told nothing and calls. Both put the same public API where job modules look for it.
 */
import { context } from '../api/context.ts';
import { cancel, get, getActor, kill, move, placementGroup, put, wait } from '../api/objects.ts';
import { ObjectRef } from '../api/object-ref.ts';
import { fromBase64 } from '../api/base64.ts';
import { registeredStub, remote } from '../api/remote.ts';
import { remoteModule } from '../api/remote-module.ts';
import * as errors from '#shared/errors/daylight-error.ts';
import { encodeError } from '#shared/errors/error-record.ts';
import type { Transport } from '#shared/ports/transport.ts';
import { OUTCOME } from '#shared/protocol/node-records.ts';
import { serializable } from '#shared/serialization/class-registry.ts';
import { decodeValue } from '#shared/serialization/value-codec.ts';
import type { ModuleSource } from './call-target.ts';
import { captureConsole, sendLog } from './console-capture.ts';
import { CoreWorker } from './core-worker.ts';
import { setRealmRuntime } from './current-runtime.ts';
import { Executor } from './executor.ts';
import { evaluateModule } from './module-loader.ts';
import { type DriverPorts, LOG_LEVEL, type WorkerPorts } from './ports.ts';
import {
  installRuntime,
  isModuleTopLevel,
  PUBLIC_API_NAMES,
  recordRegistration,
  type DaylightRuntime,
  type RegisteredTarget,
} from './runtime-binding.ts';
import { TaskState } from './task-state.ts';

/** A running worker. */
export interface Worker {
  /** Something failed outside any task: an unhandled rejection, an error in a timer. It is logged. */
  reportUncaught(error: unknown): void;
  /** The code that runs used more than it may: tells the raylet at once, which ends the worker. `reason`: see `END_REASON`. */
  exceeded(reason: number, message: string): void;
  /** Tells what this worker occupies, where its host cannot see that from outside. */
  reportMemory(heapBytes: number, bufferBytes: number): void;
}

/** A connected driver. */
export interface Driver {
  readonly core: CoreWorker;
  /** Resolves when everything sent so far has been handed over. */
  flush(): Promise<void>;
  /** Evaluates a bundled module here, so that its `main` can run and its stubs can be called. */
  evaluate(module: ModuleSource): Promise<{ readonly main: unknown }>;
  /**
   * Runs a job's `main`, during which `context()` works here, and reports its end to the cluster. Rejects with what it throws;
   * a result that is no JSON is an error, too.
   */
  runMain(main: (args: never) => unknown, args: unknown): Promise<unknown>;
  /** Whether a call of this driver waits for an answer: its process should not end meanwhile. */
  isWaiting(): boolean;
  /** Ends the connection; `init` may make another. */
  close(): void;
}

/** Starts a worker on its end of a link to the raylet. Job code's console is captured from here on. */
export function startWorker(transport: Transport, ports: WorkerPorts): Worker {
  let executor: Executor | undefined;
  const core: CoreWorker = new CoreWorker(
    transport,
    ports,
    {
      currentTask: () => {
        if (isModuleTopLevel(runtime, core.context.current()))
          throw new Error('the top level of a job module must not call the cluster: it runs once per worker');
        const task = core.context.currentOrOnly();
        if (task.isInsideOnce)
          throw new Error(
            'the function given to once() calls the cluster, and a re-run would not: call it beside once()',
          );
        return task;
      },
      onCommand: (command) => {
        if (command.kind === 'exit') ports.exit(command.reason);
        else if (command.kind === 'room') ports.budget.told?.(command.freeBytes);
        else executor?.receive(command);
      },
      onBlocked: (task) => executor?.onBlocked(task),
      onUnblocked: (task) => executor?.onUnblocked(task),
      onClose: (reason) => ports.exit(reason),
    },
    false,
  );
  const runtime = makeRuntime(core, () => ({ code: '', sourceMap: '' }));
  installRuntime(runtime);
  setRealmRuntime({
    core,
    contextTask: () => core.context.currentOrOnly(),
    exitActor: (task) => executor?.exitActor(task),
  });
  executor = new Executor(core, ports);
  captureConsole(core, (args) => ports.formatLog(args));
  core.push({ kind: 'ready', threadId: ports.threadId });
  return {
    reportUncaught: (error) => sendLog(core, LOG_LEVEL.error, `Uncaught ${ports.formatLog([error])}`),
    exceeded(reason, message) {
      core.push({ kind: 'exceeded', reason, message });
      // The code may never come to an end of its turn.
      core.post();
    },
    reportMemory: (heapBytes, bufferBytes) => core.push({ kind: 'memory', heapBytes, bufferBytes }),
  };
}

/** Connects a driver. Resolves when the raylet has given it names for what it will make. */
export async function startDriver(transport: Transport, ports: DriverPorts): Promise<Driver> {
  const root = new TaskState(0, 1, 0, 0, 'counted');
  const sources = new Map<string, ModuleSource>();
  const connected = Promise.withResolvers<void>();
  const core: CoreWorker = new CoreWorker(
    transport,
    ports,
    {
      currentTask: () => {
        if (isModuleTopLevel(runtime, core.context.current()))
          throw new Error('the top level of a job module must not call the cluster: it runs once per worker');
        return root;
      },
      onCommand: (command) => {
        if (command.kind === 'keys') connected.resolve();
        else if (command.kind === 'log') ports.onLog?.(command);
        else if (command.kind === 'connection') ports.onConnection?.(command.connected, command.message);
      },
      onBlocked: (task) => (task.blocks += 1),
      onUnblocked: (task) => (task.blocks -= 1),
      onClose: (reason) => connected.reject(new errors.ConnectionLostError(`this node's raylet ended: ${reason}`)),
    },
    true,
  );
  connected.promise.catch(() => undefined);
  const runtime = makeRuntime(core, (hash) => sources.get(hash));
  installRuntime(runtime);
  const realm = { core, contextTask: () => core.context.currentOrOnly() };
  setRealmRuntime(realm);
  core.push({ kind: 'ready', threadId: 0 });
  await connected.promise;
  return {
    core,
    flush: () => core.flush(),
    evaluate: async (module) => {
      sources.set(module.hash, module);
      return evaluateModule(module.code, module.hash);
    },
    runMain: (main, args) => runMain(core, root, main, args),
    isWaiting: () => root.blocks > 0 || core.hasOpenQuestions,
    close: () => {
      setRealmRuntime(undefined);
      transport.close();
    },
  };
}

/** See {@link Driver.runMain}. */
async function runMain(
  core: CoreWorker,
  root: TaskState,
  main: (args: never) => unknown,
  args: unknown,
): Promise<unknown> {
  core.context.begin(root);
  try {
    const result = await core.context.run(root, () => main(args as never)); // the job's author knows what its main takes
    const value = new TextEncoder().encode(JSON.stringify(result ?? null, refuseLoss));
    core.push({ kind: 'jobFinished', outcome: OUTCOME.value, value }, value.length);
    return result;
  } catch (error) {
    core.push({ kind: 'jobFinished', outcome: OUTCOME.error, value: encodeError(error) });
    throw error;
  } finally {
    core.context.end(root);
    await core.flush();
  }
}

/** For `JSON.stringify`, which silently leaves out what JSON cannot hold. */
function refuseLoss(key: string, value: unknown): unknown {
  const kind = value instanceof Map ? 'Map' : value instanceof Set ? 'Set' : typeof value;
  if (!['Map', 'Set', 'function', 'symbol', 'bigint'].includes(kind)) return value;
  const place = key === '' ? '' : ` in "${key}"`;
  throw new errors.SerializationError(`main returned a ${kind}${place}: return what JSON can hold`);
}

/** Everything job modules may import, by name; `init` is refused because they are connected already. */
function publicApi(): Readonly<Record<string, unknown>> {
  const values: Record<string, unknown> = {
    ...errors,
    init: () => {
      throw new Error('a job module is connected already: call init() in a script');
    },
    remote,
    put,
    get,
    wait,
    cancel,
    kill,
    getActor,
    placementGroup,
    context,
    move,
    serializable,
    remoteModule,
    ObjectRef,
  };
  return Object.fromEntries(PUBLIC_API_NAMES.map((name) => [name, values[name]]));
}

function makeRuntime(
  core: CoreWorker,
  sourceOf: (hash: string) => { readonly code: string; readonly sourceMap: string } | undefined,
): DaylightRuntime {
  const runtime: DaylightRuntime = {
    api: publicApi(),
    transform: core.context.transform as DaylightRuntime['transform'],
    evaluation: undefined,
    named(name: string, _remote: unknown, target: RegisteredTarget): unknown {
      recordRegistration(runtime, name, target);
      const hash = runtime.evaluation?.hash ?? '';
      const { code, sourceMap } = sourceOf(hash) ?? { code: '', sourceMap: '' };
      return registeredStub(target, name, { hash, code, sourceMap });
    },
    decodeCaptures: (base64) => decodeValue(fromBase64(base64), { copy: true }) as Record<string, unknown>,
  };
  return runtime;
}
