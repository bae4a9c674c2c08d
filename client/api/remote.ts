// `remote`: the objects with `.remote`, `.options` and `.map`. In a bundled module they are named when the module is evaluated;
// in a plain script the function's own source is cut out at the call of `remote` and becomes a module when it is first called.

import { encodeValue } from '#shared/serialization/value-codec.ts';
import { FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import { NotYetSupportedError } from '#shared/errors/daylight-error.ts';
import type { CallTarget, ModuleSource, OptionSet, PendingModule } from '../worker/call-target.ts';
import { noCheckpoints, savesCheckpoints } from '../worker/checkpoint-methods.ts';
import { realmRuntime } from '../worker/current-runtime.ts';
import type { RegisteredTarget } from '../worker/runtime-binding.ts';
import type { ObjectRef } from './object-ref.ts';
import { actorMethods } from './actor-methods.ts';
import { toBase64 } from './base64.ts';
import { mapCalls } from './map-calls.ts';
import { parseActorOptions, parseTaskOptions } from './parse-options.ts';
import { type ActorHandle, type AnyClass, type MapOptions, type Remote, remoteKind } from './remote-types.ts';
import { scriptPorts } from './script-ports.ts';
import { wireActorOptions, wireTaskOptions } from './wire-options.ts';

/** What `remote` gives for a function. */
export interface FunctionStub {
  readonly [remoteKind]: 'function';
  remote(...args: unknown[]): ObjectRef<unknown>;
  options(options: unknown): FunctionStub;
  map(
    items: Iterable<unknown> | AsyncIterable<unknown>,
    options?: MapOptions,
  ): AsyncIterableIterator<unknown, void, undefined>;
}

/** What `remote` gives for a class. */
export interface ClassStub {
  readonly [remoteKind]: 'class';
  remote(...args: unknown[]): ActorHandle<unknown>;
  options(options: unknown): ClassStub;
}

/** The stub of a function. `given` are the options chosen so far. */
export function functionStub(target: CallTarget, shownName: string, given: object = {}): FunctionStub {
  const options: OptionSet = { resolved: wireTaskOptions(parseTaskOptions(given), shownName) };
  const call = (...args: unknown[]): ObjectRef<unknown> => realmRuntime().core.submit(target, options, args);
  return Object.freeze({
    [remoteKind]: 'function' as const,
    remote: call,
    options: (more: unknown) => functionStub(target, shownName, merged(given, more, parseTaskOptions)),
    map: (items: Iterable<unknown> | AsyncIterable<unknown>, mapOptions?: MapOptions) =>
      mapCalls(call, items, mapOptions),
  });
}

/** What is known of a class before it is sent anywhere. */
export interface ClassFacts {
  readonly className: string;
  /** Empty if they are not known yet: then its handles take every name. */
  readonly methods: readonly string[];
  /** Whether it can save its state; absent if that is not known yet. */
  readonly saves?: boolean;
}

/** The stub of a class. */
export function classStub(target: CallTarget, facts: ClassFacts, given: object = {}): ClassStub {
  const { className, methods, saves } = facts;
  const parsed = parseActorOptions(given);
  if (parsed.checkpoint !== null && saves === false) throw noCheckpoints(className);
  const options: OptionSet = { resolved: wireActorOptions(parsed, className, methods, saves) };
  return Object.freeze({
    [remoteKind]: 'class' as const,
    remote: (...args: unknown[]) => realmRuntime().core.createActor(target, options, args, className, methods),
    options: (more: unknown) => classStub(target, facts, merged(given, more, parseActorOptions)),
  });
}

/** Checked alone first, so that a mistake is reported for what was written here. */
function merged(given: object, more: unknown, check: (raw: unknown) => unknown): object {
  check(more);
  return { ...given, ...(typeof more === 'object' ? more : {}) };
}

/** True for a class: what must be called with `new`. */
export function isClass(target: RegisteredTarget | AnyClass): target is AnyClass {
  return /^class\b/.test(Function.prototype.toString.call(target));
}

function factsOf(target: AnyClass, className: string): ClassFacts {
  const saves = savesCheckpoints(target.prototype as object, className);
  return { className, methods: actorMethods(target), saves };
}

/** The stub of what a module registers under `name`. */
export function registeredStub(
  target: RegisteredTarget,
  name: string,
  module: ModuleSource | PendingModule,
): FunctionStub | ClassStub {
  refuseGenerator(target);
  const shownName = name.slice(name.lastIndexOf('#') + 1);
  const kind = isClass(target) ? FUNCTION_KIND.actor : FUNCTION_KIND.task;
  const callTarget: CallTarget = { kind, name, module: () => module };
  if (!isClass(target)) return functionStub(callTarget, shownName);
  return classStub(callTarget, factsOf(target, target.name === '' ? shownName : target.name));
}

function refuseGenerator(target: RegisteredTarget | AnyClass): void {
  if (Object.prototype.toString.call(target) === '[object AsyncGeneratorFunction]') {
    throw new NotYetSupportedError('streams (remote async generators) are not available yet: return an array');
  }
}

function inlineStub(target: RegisteredTarget, capture: Readonly<Record<string, unknown>>): FunctionStub | ClassStub {
  if (typeof target !== 'function') throw new TypeError('remote() takes a function or a class');
  refuseGenerator(target);
  const inline = scriptPorts().inline(target, capture);
  const captured = Object.fromEntries(inline.captureNames.map((name) => [name, capture[name]]));
  // Encoded now, as promised: what the script changes later is not what was registered.
  const encoded = inline.captureNames.length === 0 ? undefined : toBase64(encodeValue(captured, {}).toBytes());
  let built: ReturnType<typeof inline.build> | undefined;
  const build = (): NonNullable<typeof built> => (built ??= inline.build(encoded));
  const kind = inline.kind === 'class' ? FUNCTION_KIND.actor : FUNCTION_KIND.task;
  const callTarget: CallTarget = {
    kind,
    get name() {
      return build().registration;
    },
    module: () => build().source,
  };
  if (!isClass(target)) return functionStub(callTarget, inline.name);
  return classStub(callTarget, factsOf(target, inline.name));
}

function registerInline(
  target: RegisteredTarget,
  options?: { readonly capture?: Readonly<Record<string, unknown>> },
): unknown {
  return inlineStub(target, options?.capture ?? {});
}

/**
 * Makes a function or a class callable on the cluster: `remote(fn).remote(...args)` submits a task and gives its
 * `ObjectRef` at once, `remote(Class).remote(...args)` creates an actor and gives its handle. In a plain script the
 * source itself travels, so it may use nothing from around it. @throws SerializationError naming each free variable.
 */
export const remote: Remote = registerInline as unknown as Remote;
