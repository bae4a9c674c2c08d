import { describe, expect, it } from 'vitest';
import { fieldsOf, initialValues, readForm, type Field } from './form-fields.ts';

const SCHEMA = {
  type: 'object',
  required: ['trials', 'kind'],
  properties: {
    trials: { type: 'integer', minimum: 1, maximum: 100, default: 16, description: 'How many to begin with' },
    learningRate: { type: 'number', exclusiveMinimum: 0, multipleOf: 0.01 },
    kind: { enum: ['sgd', 'adam'], default: 'sgd' },
    size: { anyOf: [{ const: 8 }, { const: 16, title: 'Sixteen' }] },
    isVerbose: { type: 'boolean', default: true },
    label: { type: 'string', title: 'Its name' },
    layers: { type: 'array', items: { type: 'integer' }, default: [64, 10] },
    data: { type: 'object', properties: { seed: { type: 'integer', default: 1 } } },
  },
};

function known(): Field[] {
  const fields = fieldsOf(SCHEMA);
  if (!fields) throw new Error('the schema has fields');
  return fields;
}

describe('a form of a JSON Schema', () => {
  it('has a field of the right kind for each value, also for those further in', () => {
    expect(known().map(({ key, kind, label }) => [key, kind, label])).toEqual([
      ['trials', 'number', 'Trials'],
      ['learningRate', 'number', 'Learning rate'],
      ['kind', 'choice', 'Kind'],
      ['size', 'choice', 'Size'],
      ['isVerbose', 'switch', 'Is verbose'],
      ['label', 'text', 'Its name'],
      ['layers', 'json', 'Layers'],
      ['data.seed', 'number', 'Data › seed'],
    ]);
  });

  it('is no help for what is no object', () => {
    expect(fieldsOf(null)).toBeUndefined();
    expect(fieldsOf({ type: 'number' })).toBeUndefined();
    expect(fieldsOf({ properties: [] as unknown as Record<string, unknown> })).toBeUndefined();
  });

  it('begins with what the schema says, or what was given before', () => {
    expect(initialValues(known(), undefined)).toEqual({
      trials: '16',
      learningRate: '',
      kind: 'sgd',
      size: '',
      isVerbose: true,
      label: '',
      layers: '[64,10]',
      'data.seed': '1',
    });
    expect(initialValues(known(), { trials: 3, isVerbose: false, size: 16, data: { seed: 9 } })).toMatchObject({
      trials: '3',
      isVerbose: false,
      size: '16',
      'data.seed': '9',
    });
  });

  it('means the argument, without what was left empty', () => {
    const values = { ...initialValues(known(), undefined), learningRate: '0.05', size: '16', label: '' };
    expect(readForm(known(), values)).toEqual({
      args: {
        trials: 16,
        learningRate: 0.05,
        kind: 'sgd',
        size: 16,
        isVerbose: true,
        layers: [64, 10],
        data: { seed: 1 },
      },
      errors: {},
    });
  });

  it('says what is wrong beside each field', () => {
    const wrong = {
      trials: '101',
      learningRate: '0.055',
      kind: 'rmsprop',
      size: '',
      isVerbose: true,
      label: 'x',
      layers: '[64',
      'data.seed': '1.5',
    };
    expect(readForm(known(), wrong).errors).toEqual({
      trials: 'At most 100',
      learningRate: 'A multiple of 0.01',
      kind: 'Choose one of the list',
      layers: expect.stringContaining('no JSON'),
      'data.seed': 'A whole number is needed',
    });
    expect(readForm(known(), { ...wrong, trials: '' }).errors['trials']).toBe('This is needed');
    expect(readForm(known(), { ...wrong, trials: 'many' }).errors['trials']).toBe('This is no number');
    expect(readForm(known(), { ...wrong, trials: '0' }).errors['trials']).toBe('At least 1');
    expect(readForm(known(), { ...wrong, learningRate: '0' }).errors['learningRate']).toBe('More than 0');
  });
});
