import { describe, expect, it } from 'vitest';
import { problemsOfArgs } from './args-check.ts';

const FORM = {
  type: 'object',
  properties: {
    upTo: { type: 'integer', minimum: 1000, default: 5000 },
    share: { type: 'number', exclusiveMinimum: 0, maximum: 1 },
    name: { type: 'string', minLength: 1, maxLength: 3 },
    mode: { enum: ['fast', 'exact'] },
    points: {
      type: 'array',
      maxItems: 2,
      items: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] },
    },
    seed: { type: ['integer', 'null'] },
  },
  required: ['upTo'],
  additionalProperties: false,
} as const;

describe('problems of an argument', () => {
  it('are none if it fits its form, or has none', () => {
    expect(problemsOfArgs(FORM, { upTo: 1000, mode: 'fast', points: [{ x: 1 }], seed: null })).toEqual([]);
    expect(problemsOfArgs(null, { anything: 1 })).toEqual([]);
    expect(problemsOfArgs({ type: 'object', properties: {} }, undefined)).toEqual([]);
  });

  it('say of each part what it must be', () => {
    expect(problemsOfArgs(FORM, { upTo: 12.5 })).toEqual(['upTo must be an integer of at least 1000']);
    expect(problemsOfArgs(FORM, { upTo: 5, share: 2, name: 'four', mode: 'slow', seed: 'x' })).toEqual([
      'upTo must be an integer of at least 1000',
      'share must be a number above 0 and of at most 1',
      'name must be a text of 1 to 3 characters',
      'mode must be one of "fast", "exact"',
      'seed must be an integer or null',
    ]);
    expect(problemsOfArgs(FORM, { upTo: 1000, points: [{ x: 1 }, { x: '1' }] })).toEqual([
      'points[1].x must be a number',
    ]);
    expect(problemsOfArgs(FORM, 5)).toEqual(['the argument must be an object']);
  });

  it('name what is missing and what means nothing', () => {
    expect(problemsOfArgs(FORM, undefined)).toEqual(['upTo is missing: it must be an integer of at least 1000']);
    expect(problemsOfArgs(FORM, { upTo: 1000, upto: 1 })).toEqual([
      'upto means nothing here: there are upTo, share, name, mode, points, seed',
    ]);
    expect(problemsOfArgs(FORM, { upTo: 1000, points: [{}] })).toEqual(['points[0].x is missing: it must be a number']);
  });

  it('are told in the words of the checker where there are no others', () => {
    const form = { type: 'object', properties: { n: { not: { type: 'string' } } } };
    expect(problemsOfArgs(form, { n: 'x' })).toEqual([expect.stringMatching(/^n must not/)]);
  });

  it('are none where the form cannot be used', () => {
    const forms = [
      { type: 'object', $ref: '#' },
      { type: 'object', properties: { n: { type: 'string', pattern: '(' } } },
      { type: 'objekt', properties: 5, required: 'n' },
    ];
    for (const form of forms) expect(problemsOfArgs(form, { n: 'x' })).toEqual([]);
  });
});
