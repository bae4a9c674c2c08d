import { describe, expect, it } from 'vitest';
import { BundleError } from '#shared/errors/daylight-error.ts';
import { captureInline, inlineModuleCode } from './inline-function.ts';
import type { CaptureOptions } from './inline-function.ts';
import { mapStack } from './stack-mapper.ts';
import { callRegistered, engineStack, installTestRuntime } from './testing/job-fixture.ts';

/** A function from its text, so that the test runner's own rewriting does not reach it. */
function fromText(text: string): (...args: unknown[]) => unknown {
  // oxlint-disable-next-line typescript/no-implied-eval -- the subject of these tests is source text
  return new Function(`return ${text}`)() as (...args: unknown[]) => unknown;
}

function refusal(fn: (...args: never[]) => unknown, options?: CaptureOptions): string {
  try {
    captureInline(fn, options);
  } catch (error) {
    if (error instanceof BundleError) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

async function callInline(text: string, args: unknown[], capture: Record<string, unknown> = {}): Promise<unknown> {
  const inline = captureInline(fromText(text), { capture });
  const module = inlineModuleCode(inline, btoa(JSON.stringify(capture)));
  return callRegistered(module, module.registration.name, ...args);
}

describe('API j inline functions', () => {
  it.each([
    ['(x) => x * 2', [2], 4],
    ['async (x) => { await null; return [x, context()] }', [1], [1, 't']],
    ['function named(x) { return x === 0 ? 0 : named(x - 1) }', [3], 0],
    ['() => { async function* stream() { yield 1 } return typeof stream().next }', [], 'function'],
    ['({ area(w, h) { return w * h } }).area', [2, 3], 6],
    ['({ async "odd name"(x) { return await x } })["odd name"]', [5], 5],
    ['({ async *many() { yield await 1 } }).many', [], expect.any(Object)],
    ['(x) => typeof window + typeof document + x // comment', ['!'], 'undefinedundefined!'],
    [
      '({ a, b: [c = a], ...rest }) => { const { d = c } = rest; let e; for (e of [d]); class K { #p = e; get v() { return this.#p } } return new K().v }',
      [{ a: 1, b: [] }],
      1,
    ],
    ['(x) => { label: for (const y of [x]) { try { throw y } catch (z) { return z } } }', [9], 9],
    ['(x) => __name(() => x, "n")()', [3], 3],
    [
      '() => [JSON, Math, console, fetch, crypto, URL, TextEncoder, structuredClone, setTimeout, performance, WebAssembly, atob, queueMicrotask].length',
      [],
      13,
    ],
  ])('API j %s', async (text, args, expected) => {
    installTestRuntime();
    expect(await callInline(text, args)).toEqual(expected);
  });

  it('API j classes travel with private state', async () => {
    installTestRuntime();
    const inline = captureInline(
      fromText('class Counter { #n = 0; async inc(by = 1) { await null; return (this.#n += by) } }'),
    );
    expect(inline).toMatchObject({ kind: 'class', name: 'Counter' });
    const module = inlineModuleCode(inline);
    expect(module.registration).toMatchObject({
      kind: 'class',
      name: expect.stringMatching(/^inline#[0-9a-f]{32}$/) as string,
    });
  });

  it('API j captured values are part of the function’s identity', async () => {
    installTestRuntime();
    const text = '(x) => x * factor';
    expect(await callInline(text, [2], { factor: 10, unused: 1 })).toBe(20);
    expect(await callInline(text, [2], { factor: 100 })).toBe(200);
    const inline = captureInline(fromText(text), { capture: { factor: 1 } });
    expect(inline.captureNames).toEqual(['factor']);
    expect(inlineModuleCode(inline, 'AA==').hash).not.toBe(inlineModuleCode(inline, 'AQ==').hash);
    expect(inlineModuleCode(inline, 'AA==').registration.name).not.toBe(
      inlineModuleCode(inline, 'AQ==').registration.name,
    );
    expect(() => inlineModuleCode(inline)).toThrow('missing');
  });

  it('API j every free variable is named with its line at the call', () => {
    const message = refusal(fromText('(x) => {\n  return x * factor + helper(factor);\n}'));
    expect(message).toContain(
      'line 2: `factor` is not defined inside the function; pass it as an argument or with { capture: { factor } }',
    );
    expect(message).toContain('line 2: `helper`');
    expect(message.match(/factor` is/g)).toHaveLength(1);
    expect(refusal(fromText('(() => { class Base {} return class A extends Base {} })()'))).toContain('`Base`');
    expect(refusal(fromText('() => { shared += 1 }'))).toContain('`shared`');
    expect(refusal(fromText('() => arguments.length'))).toContain('of the function around this arrow function');
  });

  it.each([
    ['() => __vite_ssr_import_0__.f()', 'Vite or Vitest'],
    ['() => { cov_1abc().s[0]++ }', 'Istanbul'],
    ['() => _jsx("p", {})', 'JSX'],
    ['() => __publicField({}, "a")', 'esbuild or tsx'],
    ['() => require("fs")', 'CommonJS'],
    ['() => process.env.HOME', 'a global of Node'],
    ['function () { return (() => this.x)() === super_ }', '`super_`'],
  ])('API j names the tool or place a name comes from: %s', (text, expected) => {
    expect(refusal(fromText(text))).toContain(expected);
  });

  it('API j what has no source of its own, or another meaning elsewhere, is refused', () => {
    const getter = fromText('Object.getOwnPropertyDescriptor({ get size() { return 1 } }, "size").get');
    expect(refusal(getter)).toContain('getter or setter');
    expect(refusal(Math.max)).toContain('function of the engine');
    expect(refusal(fromText('function f() {}').bind(null))).toContain('bound function');
    expect(refusal(fromText('() => this.x'))).toContain('`this` of the function around it');
    expect(refusal(fromText('() => import("./tasks.js")'))).toContain('remoteModule');
    expect(refusal(fromText('({ ["a" + 1]() {} }).a1'))).toContain('not valid by itself');
  });

  it('API j the test runner’s own functions work too', async () => {
    installTestRuntime();
    const module = inlineModuleCode(captureInline(async (x: number) => (await Promise.resolve(x)) + 1));
    expect(await callRegistered(module, module.registration.name, 1)).toBe(2);
  });

  it('API j stacks count lines from the function’s first', async () => {
    installTestRuntime();
    const module = inlineModuleCode(
      captureInline(fromText('async function boom() {\n  await null;\n  throw new Error("x");\n}')),
    );
    const stack = await engineStack(() => callRegistered(module, module.registration.name));
    expect(mapStack(stack, () => module.sourceMap)).toContain('inline:boom:3:9');
  });
});
