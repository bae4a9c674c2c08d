import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { functionLocation } from './call-site.ts';

const file = import.meta.filename;
const place = 'call(async (x: number) => x);'; // the call that the tests look for

function stackAt(column: number): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const line = lines.findIndex((text) => text.includes(`'${'call('}async`)) + 1;
  return `Error\n    at inline (file:///own/index.ts:1:1)\n    at file://${file}:${line}:${column}`;
}

describe('functionLocation', () => {
  const column = "const place = '".length + 1;

  it('finds the first argument of the call on the stack, past our own frames', () => {
    const found = functionLocation(stackAt(column), 'file:///own/', 'async (x        ) => x');
    expect(found).toMatchObject({ column: column + 'call('.length });
    expect(found?.file.endsWith('client/bundler/call-site.node.test.ts')).toBe(true);
    expect(place.startsWith('call(async')).toBe(true);
  });

  it('does not guess', () => {
    expect(functionLocation(stackAt(column), 'file:///own/', 'function f() {}')).toBeUndefined();
    expect(functionLocation('Error\n    at file:///nowhere.ts:1:1', 'file:///own/', 'x')).toBeUndefined();
    expect(functionLocation('Error', 'file:///own/', 'x')).toBeUndefined();
  });
});
