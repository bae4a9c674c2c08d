import { describe, expect, it } from 'vitest';
import { evaluateModule } from './module-loader.ts';
import { installRuntime, isModuleTopLevel, recordRegistration } from './runtime-binding.ts';
import type { DaylightRuntime, RegisteredTarget } from './runtime-binding.ts';
import { createTaskContext } from './task-context.ts';

function install(): { runtime: DaylightRuntime; context: ReturnType<typeof createTaskContext<string>> } {
  const context = createTaskContext<string>();
  const runtime: DaylightRuntime = {
    api: { put: () => isModuleTopLevel(runtime, context.current()) },
    transform: context.transform,
    evaluation: undefined,
    named(name: string, _remote: unknown, target: RegisteredTarget) {
      recordRegistration(runtime, name, target);
      return target;
    },
    decodeCaptures: () => ({}),
  };
  installRuntime(runtime);
  return { runtime, context };
}

const RUNTIME = 'globalThis[Symbol.for("daylight.runtime")]';

describe('evaluateModule', () => {
  it('gives exports, default export and registrations, of each module its own, also when two are evaluated at once', async () => {
    const { runtime } = install();
    const code = (name: string): string =>
      `await new Promise((r) => setTimeout(r)); ${RUNTIME}.named("${name}", 0, () => "${name}"); export default "main ${name}"; export const x = "é%#\\u2028";`;
    const [a, b] = await Promise.all([evaluateModule(code('a'), 'hash-a'), evaluateModule(code('b'), 'hash-b')]);
    expect([a.main, [...a.registrations.keys()], a.namespace['x']]).toEqual(['main a', ['a'], 'é%#\u2028']);
    expect([b.main, [...b.registrations.keys()]]).toEqual(['main b', ['b']]);
    expect(runtime.evaluation).toBeUndefined();
  });

  it('evaluates a module once, and gives a failure again', async () => {
    install();
    const counted =
      'globalThis.daylightEvaluations = (globalThis.daylightEvaluations ?? 0) + 1; export const n = globalThis.daylightEvaluations;';
    const [first, second] = [await evaluateModule(counted, 'hash-once'), await evaluateModule(counted, 'hash-once')];
    expect([first.namespace['n'], second.namespace['n']]).toEqual([1, 1]);
    await expect(evaluateModule('throw new RangeError("top")', 'hash-throws')).rejects.toThrow(RangeError);
    await expect(evaluateModule('throw new RangeError("top")', 'hash-throws')).rejects.toThrow('top');
    await expect(evaluateModule('const = 1', 'hash-syntax')).rejects.toThrow(SyntaxError);
    expect((await evaluateModule('export default 1', 'hash-after')).main).toBe(1);
  });

  it('API k the top level is known as such, functions called later and tasks running meanwhile are not', async () => {
    const { context } = install();
    const module = await evaluateModule(
      `const { put } = ${RUNTIME}.api; export const atTop = put(); export default () => put();`,
      'hash-top',
    );
    expect(module.namespace['atTop']).toBe(true);
    expect(typeof module.main === 'function' && Reflect.apply(module.main, undefined, [])).toBe(false);
    const during = evaluateModule('await new Promise((r) => setTimeout(r, 5)); export {}', 'hash-during');
    await Promise.resolve();
    const { runtime } = { runtime: Reflect.get(globalThis, Symbol.for('daylight.runtime')) as DaylightRuntime };
    expect(context.run('task', () => isModuleTopLevel(runtime, context.current()))).toBe(false);
    await during;
  });

  it('API a a registration after the evaluation, or twice under one name, is an error', async () => {
    const { runtime } = install();
    const twice = `${RUNTIME}.named("x", 0, () => 1); ${RUNTIME}.named("x", 0, () => 2);`;
    await expect(evaluateModule(twice, 'hash-twice')).rejects.toThrow('registered twice');
    expect(() => runtime.named('late', undefined, () => 1)).toThrow('top level');
  });
});
