// What tests of bundles need: a folder with a project in it, and a runtime with the least a bundle can be evaluated with.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { evaluateModule } from '#client/worker/module-loader.ts';
import type { EvaluatedModule } from '#client/worker/module-loader.ts';
import { installRuntime, recordRegistration } from '#client/worker/runtime-binding.ts';
import type { DaylightRuntime } from '#client/worker/runtime-binding.ts';
import { createTaskContext } from '#client/worker/task-context.ts';
import type { TaskContext } from '#client/worker/task-context.ts';

/** A temporary folder with these files; disposing removes it. */
export class ProjectFolder implements Disposable {
  readonly path = mkdtempSync(path.join(tmpdir(), 'daylight-bundle-'));

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(this.file(name)), { recursive: true });
      writeFileSync(this.file(name), content);
    }
  }

  file(name: string): string {
    return path.join(this.path, name);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

let context = createTaskContext<string>();

/** Installs a runtime whose `remote` returns its target and whose `context()` is the current task. */
export function installTestRuntime(): TaskContext<string> {
  context = createTaskContext<string>();
  const runtime: DaylightRuntime = {
    api: { remote: (target: unknown) => target, context: () => context.current() },
    transform: context.transform,
    evaluation: undefined,
    named(name, remote, target) {
      recordRegistration(runtime, name, target);
      return typeof remote === 'function' ? Reflect.apply(remote, undefined, [target]) : target;
    },
    decodeCaptures: (base64) => JSON.parse(atob(base64)) as Record<string, unknown>,
  };
  installRuntime(runtime);
  return context;
}

/**
 * The stack of what `fn` fails with, as the engine writes it. Test runners install a formatter of their own, which ignores
 * the `sourceURL` of a module and would print the whole `data:` address.
 */
export async function engineStack(fn: () => unknown): Promise<string> {
  const formatter = Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace');
  Reflect.deleteProperty(Error, 'prepareStackTrace');
  try {
    await fn();
  } catch (error) {
    return error instanceof Error ? (error.stack ?? '') : String(error);
  } finally {
    if (formatter !== undefined) Object.defineProperty(Error, 'prepareStackTrace', formatter);
  }
  throw new Error('it did not fail');
}

/** Calls what a module registered under `name`, as the task `t` of the runtime installed last. */
export async function callRegistered(
  module: { code: string; hash: string },
  name: string,
  ...args: unknown[]
): Promise<unknown> {
  const { registrations }: EvaluatedModule = await evaluateModule(module.code, module.hash);
  const target = registrations.get(name);
  if (target === undefined) throw new Error(`${name} is not registered`);
  return context.run('t', () => Reflect.apply(target, undefined, args));
}
