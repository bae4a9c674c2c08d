import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTaskContext } from '#client/worker/task-context.ts';
import type { TaskContext } from '#client/worker/task-context.ts';
import { HELPERS } from './task-pass.ts';
import { transformModule } from './transform-pass.ts';

/** The value of a JavaScript expression after the pass, with `env` in scope. */
function evaluate(expression: string, context: TaskContext<string>, env: unknown): unknown {
  const { code } = transformModule(`(${expression})`, 'program.js');
  const names = HELPERS.map((helper) => `__dl$${helper}`);
  // oxlint-disable-next-line typescript/no-implied-eval -- the subject of these tests is generated code
  const factory = new Function('env', ...names, `"use strict";return ${code}`);
  return Reflect.apply(factory, undefined, [env, ...HELPERS.map((helper) => context.transform[helper])]);
}

type Program = (task: string) => Promise<unknown>;

/**
 * The world of a test's programs: promises that settle in an order chosen by the test, several at a time or one by one, and a
 * record of every place where the current task was not what it should be.
 */
class World {
  readonly context = createTaskContext<string>();
  readonly wrong: string[] = [];
  checks = 0;
  readonly #waiting: (() => void)[] = [];

  check = (expected: string | undefined, place: unknown): void => {
    this.checks += 1;
    const actual = this.context.current();
    if (actual !== expected) this.wrong.push(`${String(place)}: ${String(actual)} instead of ${String(expected)}`);
  };
  value = (value: unknown): Promise<unknown> => new Promise((resolve) => this.#waiting.push(() => resolve(value)));
  reject = (): Promise<never> => new Promise((_, reject) => this.#waiting.push(() => reject(new Error('expected'))));
  source = (count: number): AsyncIterable<number> => {
    const next = async (left: { count: number }): Promise<IteratorResult<number>> => {
      await this.value(0);
      left.count -= 1;
      return left.count < 0 ? { done: true, value: 0 } : { done: false, value: left.count };
    };
    return {
      [Symbol.asyncIterator]: () => {
        const left = { count };
        return {
          next: () => next(left),
          return: () => this.value({ done: true, value: 0 }) as Promise<IteratorResult<number>>,
        };
      },
    };
  };

  /** Runs all programs as tasks t0, t1, …, interleaved as `choices` say, until nothing waits. */
  async run(programs: readonly string[], choices: () => number): Promise<void> {
    const results = programs.map((text, index) => {
      const program = evaluate(text, this.context, this) as Program;
      const task = `t${index}`;
      return this.context.run(task, () => {
        const result = program(task);
        this.check(task, 'caller after the first suspension');
        return result;
      });
    });
    this.check(undefined, 'after the start');
    const all = Promise.all(results);
    for (let idle = 0; idle < 3;) {
      await new Promise((resolve) => setImmediate(resolve));
      this.check(undefined, 'event loop');
      if (this.#waiting.length === 0) {
        idle += 1;
        continue;
      }
      idle = 0;
      for (let count = 1 + (choices() % 3); count > 0 && this.#waiting.length > 0; count -= 1) {
        for (const settle of this.#waiting.splice(choices() % this.#waiting.length, 1)) settle();
      }
    }
    await all;
    this.check(undefined, 'at the end');
  }
}

const PRELUDE = `const C = (p) => env.check(me, p), N = () => env.check(undefined, 'then callback');
  function* sync() { try { C('sync'); yield 1; C('sync'); yield 2 } finally { C('sync finally') } }
  async function* stream() { C('gen'); try { const got = yield 1; C('gen resumed'); await env.value(0); C('gen'); yield* [2, env.value(3)]; yield env.value(4); C('gen'); yield* inner(); return env.value(5) } catch { C('gen catch'); yield 6; C('gen caught') } finally { C('gen finally'); await env.value(0); C('gen finally') } }
  async function* inner() { try { yield 7; C('inner'); await env.value(1); yield; C('inner') } finally { C('inner finally') } }
  const disposable = () => ({ [Symbol.dispose]() { C('dispose') } });
  const asyncDisposable = () => ({ async [Symbol.asyncDispose]() { C('async dispose'); await env.value(0); C('async disposed') } });`;

/** Statements whose every observable point checks the current task; `B` stands for a nested block. */
const STATEMENTS = [
  `C('sync');`,
  `await env.value(0); C('await');`,
  `if (await env.value(3) !== 3) env.wrong.push('value'); C('value'); B`,
  `await { then(resolve) { C('thenable'); resolve(1) } }; C('after thenable');`,
  `env.value(0).then(N);`,
  `env.reject().catch(N);`,
  `try { B await env.reject(); } catch (e) { C('catch'); B } finally { C('finally'); B }`,
  `try { await env.reject(); } catch ({ none = C('catch default') }) { C('catch pattern'); B }`,
  `try { try { await env.reject(); } finally { C('finally only'); await env.value(0); C('finally') } } catch { C('outer catch') }`,
  `await (async () => { try { return await env.value(1) } finally { C('return finally'); B } })(); C('after return');`,
  `for await (const x of env.source(2)) { C('for await'); B } C('after for await');`,
  `for await (const { y = C('head default') } of [{}, env.value({})]) { C('for await pattern'); B } C('after');`,
  `for await (const x of sync()) { C('for await of sync'); B if (x === 1) break } C('after break');`,
  `for await (const x of stream()) { C('for await of stream'); B } C('after stream');`,
  `for await (const x of stream()) { C('stream'); if (x === 2) break; } C('after break of stream');`,
  `try { for await (const x of stream()) { C('stream'); await env.reject() } } catch { C('thrown out of stream') }`,
  `outer: for (let i = 0; i < 2; i += 1, C('update')) { C('outer'); for await (const x of env.source(3)) { B if (x === 1) continue outer; } C('never') }`,
  `done: { inside: for await (const x of stream()) { if (x === 1) continue inside; C('labelled'); break done; } } C('after label');`,
  `await (async () => { for await (const x of env.source(2)) return C('return in loop') })(); C('after');`,
  `for (const x of sync()) { B await env.value(x); C('for of') } C('after for of');`,
  `try { for (const x of sync()) { await env.reject() } } catch { C('thrown out of for of') }`,
  `await Promise.all([1, 2, 3].map(async (x) => { C('map'); await env.value(x); C('map await'); B }));C('after all');`,
  `{ const later = (async () => { B await env.value(0); C('later') })(); C('caller'); B await later; C('joined'); }`,
  `await (async (f = async () => { await env.value(0); C('parameter') }) => f())(); C('after parameter');`,
  `{ using r = disposable(); B await env.value(0); C('using') } C('after using');`,
  `try { using a = disposable(), b = disposable(); await env.reject() } catch { C('thrown through using') }`,
  `{ await using r = asyncDisposable(), s = asyncDisposable(); C('await using'); B } C('after await using');`,
  `try { await using r = asyncDisposable(); await env.reject() } catch { C('thrown through await using') }`,
  `for (await using r of [asyncDisposable(), asyncDisposable()]) { C('for await using'); B } C('after');`,
  `{ const g = stream(); await g.next(); C('next'); await g.return(1); C('returned'); }`,
  `{ const g = stream(); await g.next(); C('next'); await g.throw(new Error('x')); C('thrown'); await g.return(); C('end') }`,
  `{ const g = stream(); C('g'); await Promise.all([g.next(), g.next(), g.next(), g.return(2), g.next()]); C('queued nexts'); }`,
  `await new (class { field = async () => { await env.value(0); C('field') }; async method() { await this.field(); C('method') } static async s() { await env.value(0); C('static') } })().method(); C('class');`,
  `(async () => { if (me) return 1; await env.value(0) })(); C('caller of what ended at once');`,
  `try { await (async () => { if (me) throw 1; await env.value(0) })() } catch { C('thrown at once') }`,
  'C(`${await env.value(1)} ${await env.value(2)}`); C(`t`);',
] as const;

/** Programs nest statements of one kind, and nested labels must differ. */
let labels = 0;
function withOwnLabels(statement: string): string {
  labels += 1;
  return statement.replaceAll(/\b(outer|done|inside)\b(?=:|;)/g, `$1${labels}`);
}

const block: fc.Arbitrary<string> = fc.letrec<{ block: string; statement: string }>((tie) => ({
  statement: fc
    .tuple(fc.constantFrom(...STATEMENTS), tie('block'))
    .map(([statement, nested]) => withOwnLabels(statement).replaceAll(/\bB\b/g, () => nested)),
  block: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(`C('leaf');`),
    fc
      .array(tie('statement'), { minLength: 1, maxLength: 3 })
      .map((list) => list.map((text) => `{${text}}`).join('\n')),
  ),
})).block;

function program(body: string): string {
  return `async (me) => { ${PRELUDE}\n${body}\n}`;
}

function counter(): () => number {
  let count = 0;
  return () => (count += 7);
}

describe('L8 the current task after every suspension', () => {
  it.each(STATEMENTS)('L8 three interleaved tasks keep their own: %s', async (statement) => {
    const world = new World();
    const text = program(statement.replaceAll(/\bB\b/g, `await env.value(0); C('nested');`));
    await world.run([text, text, text], counter());
    expect(world.wrong).toEqual([]);
    expect(world.checks).toBeGreaterThan(3);
  });

  it('L8 random programs, interleaved at random, always see their own task, and nothing is current afterwards', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { minLength: 2, maxLength: 4 }),
        fc.infiniteStream(fc.nat(1000)),
        async (bodies, stream) => {
          const world = new World();
          await world.run(bodies.map(program), () => stream.next().value ?? 0);
          expect(world.wrong).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('L8 without the pass the same programs lose their task, so the check can fail', async () => {
    const world = new World();
    // oxlint-disable-next-line typescript/no-implied-eval -- the control of the generated programs
    const raw = new Function('env', `return ${program(`await env.value(0); C('await');`)}`)(world) as Program;
    const result = world.context.run('t', () => raw('t'));
    await world.run([], counter());
    await result;
    expect(world.wrong).toEqual(['await: undefined instead of t']);
  });
});

describe('L8 what the pass leaves alone', () => {
  const context = createTaskContext<string>();
  const rewritten = (source: string): string => transformModule(source, 'module.ts').code;

  it.each([
    'await ready; for await (const x of y) z(x);',
    'const f = async () => 1; function* g() { yield 1 }',
    'async function f() { return g(async () => 1) }',
    'abstract class A { abstract load(): Promise<void>; declare x: number }',
  ])('L8 no suspension of its own, no change: %s', (source) => {
    expect(rewritten(source)).toBe(source);
  });

  it('L8 this, arguments, directives, returned objects and results stay what they were', async () => {
    const subject = evaluate(
      `{ base: 10,
         async method(a) { 'use strict'; return this.base + arguments.length + await a },
         arrow: async (a) => ({ a: await a }),
         nested: async (a) => await await a,
         async *two(n) { const got = yield n; return [got, await (yield)] },
         sum: async (list) => { let sum = 0; for await (const x of list) sum += x; return sum } }`,
      context,
      undefined,
    ) as {
      method(...args: unknown[]): Promise<unknown>;
      arrow(a: unknown): Promise<unknown>;
      nested(a: unknown): Promise<unknown>;
      two(n: number): AsyncGenerator<unknown, unknown, unknown>;
      sum(list: unknown): Promise<unknown>;
    };
    expect(await subject.method(Promise.resolve(5), 0, 0)).toBe(18);
    expect(await subject.arrow(1)).toEqual({ a: 1 });
    expect(await subject.nested(Promise.resolve(Promise.resolve(2)))).toBe(2);
    const generator = subject.two(3);
    expect([await generator.next(), await generator.next('got'), await generator.next('last')]).toEqual([
      { done: false, value: 3 },
      { done: false, value: undefined },
      { done: true, value: ['got', 'last'] },
    ]);
    expect(await subject.sum([1, Promise.resolve(2)])).toBe(3);
    await expect(subject.sum(5)).rejects.toThrow(TypeError);
  });

  it('L8 adds no line and is not applied twice', () => {
    const source = 'export async function f(x: number) {\n  try {\n    await x;\n  } catch {\n  }\n}\n';
    const once = rewritten(source);
    expect(once.split('\n')).toHaveLength(source.split('\n').length);
    expect(rewritten(once)).toBe(once);
  });
});
