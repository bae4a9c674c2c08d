import { describe, expect, it } from 'vitest';
import { defaultArgs, findArgsSchema } from './args-schema.ts';

const schemaOf = (source: string, file = 'job.ts'): unknown => findArgsSchema(source, file).schema;

describe('the args schema of a job', () => {
  it('is read from a literal, with types around it or without', () => {
    const schema = {
      type: 'object',
      properties: { n: { type: 'integer', minimum: -1, default: 1e3, enum: [1, null, true] } },
    };
    const literal = `{ type: 'object', "properties": { n: { type: \`integer\`, minimum: -1, default: 1e3, enum: [1, null, true] } } }`;
    expect(schemaOf(`export const args = ${literal}`)).toEqual(schema);
    expect(schemaOf(`export const args = (${literal} as const) satisfies object;`)).toEqual(schema);
    expect(schemaOf(`export { form as args }; const form = ${literal} as const;`)).toEqual(schema);
    expect(schemaOf(`export const other = 1, args = ${literal}`, 'job.js')).toEqual(schema);
  });

  it('is absent where nothing of that name is exported', () => {
    for (const source of [
      `const args = { type: 'object' };`,
      `export default async (args: { n: number }) => args.n;`,
      `export { args } from './other.ts';`,
      `export type args = { type: 'object' };`,
      `export { args as form }; const args = { type: 'object' };`,
    ])
      expect(findArgsSchema(source, 'job.ts')).toEqual({ schema: null });
  });

  it('is never run: what is not a literal is named, at its place', () => {
    for (const [source, column] of [
      [`export const args = { type: 'object', title: process.env.HOME };`, 46],
      ["export const args = { type: 'object', title: `${1}` };", 46],
      [`export const args = { type: 'object', ...more };`, 39],
      [`export const args = { type: 'object', get title() { return 1 } };`, 39],
      [`export const args = { type: 'object', ['x']: 1 };`, 39],
      [`export const args = { type: 'object', __proto__: { x: 1 } };`, 39],
      [`export const args = { type: 'object', enum: [, 1] };`, 45],
      [`export const args = { type: 'object', pattern: /x/ };`, 48],
      [`export const args = { type: 'object', big: 1n };`, 44],
      [`export const args = load();`, 21],
      [`export const args = ${'['.repeat(40)}${']'.repeat(40)};`, 21 + 33],
      [`export const args = [1];`, 21],
      [`export const args = { type: 'array' };`, 21],
    ] as const) {
      const { schema, problem } = findArgsSchema(`\n${source}`, 'job.ts');
      expect(schema).toBeNull();
      expect([source, problem]).toMatchObject([source, { file: 'job.ts', line: 2, column }]);
      expect(problem?.reason).toContain('gives no form');
    }
  });

  it('gives the first argument of a form', () => {
    expect(defaultArgs(null)).toEqual({});
    expect(defaultArgs({ type: 'object' })).toEqual({});
    expect(defaultArgs({ type: 'object', default: { a: 1 }, properties: { a: { default: 2 } } })).toEqual({ a: 1 });
    expect(defaultArgs({ properties: { a: { default: 2 }, b: {}, c: { default: null } } })).toEqual({ a: 2, c: null });
  });
});
