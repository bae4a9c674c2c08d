import { describe, expect, it } from 'vitest';
import { describePlace, placeFromJson, placeToJson } from '#shared/task/place.ts';
import { placeOf } from './parse-place.ts';

describe('where a call asks to run', () => {
  it('S1 labels are rules in the order of their keys, however they were written', () => {
    const place = placeOf({
      labels: { zone: ['b', 'a', 'b'], arch: { not: 'arm' }, spot: false, disk: true, os: 'linux', none: undefined },
    });
    expect(place).toEqual({
      spread: false,
      labels: [
        { key: 'arch', op: 'notIn', values: ['arm'] },
        { key: 'disk', op: 'exists', values: [] },
        { key: 'os', op: 'in', values: ['linux'] },
        { key: 'spot', op: 'absent', values: [] },
        { key: 'zone', op: 'in', values: ['a', 'b'] },
      ],
    });
    if (!place) throw new Error('no place');
    expect(describePlace(place)).toBe(
      'label arch not arm, a label disk, label os=linux, no label spot, label zone in (a, b)',
    );
    expect(placeFromJson(JSON.parse(JSON.stringify(placeToJson(place))))).toEqual(place);
  });

  it('S2 a strategy is a word or a node', () => {
    expect(placeOf({})).toBeNull();
    expect(placeOf({ schedulingStrategy: 'DEFAULT', labels: {} })).toBeNull();
    expect(placeOf({ schedulingStrategy: 'SPREAD' })).toEqual({ labels: [], spread: true });
    const place = placeOf({ schedulingStrategy: { node: '7', soft: true } });
    expect(place).toEqual({ labels: [], spread: false, node: { id: '7', soft: true } });
    expect(placeFromJson(place === null ? undefined : placeToJson(place))).toEqual(place);
  });

  it.each([
    [{ labels: 'zone' }, 'labels must be an object such as { zone: \'a\' }, not "zone"'],
    [{ labels: { zone: 3 } }, 'labels.zone must be a text, a list of texts, true, false or { not: … }, not 3'],
    [{ labels: { zone: { is: 'a' } } }, 'labels.zone must be'],
    [{ labels: { zone: [] } }, 'labels.zone must name 1 to 64 values, not 0'],
    [{ labels: { zone: 'a b' } }, 'labels.zone: the value of a label has'],
    [{ labels: { '': 'a' } }, 'labels: the key of a label has'],
    [{ schedulingStrategy: 'spread' }, 'schedulingStrategy must be "DEFAULT", "SPREAD" or { node: "7", soft: true }'],
    [{ schedulingStrategy: { node: 7 } }, 'schedulingStrategy.node must be the id of a node, as text, not 7'],
    [{ schedulingStrategy: { node: '7', hard: true } }, 'schedulingStrategy has no "hard"'],
    [{ schedulingStrategy: { node: '7', soft: 1 } }, 'schedulingStrategy.soft must be true or false, not 1'],
  ])('says what is wrong with %o', (options, message) => {
    expect(() => placeOf(options)).toThrow(message);
  });

  it.each([
    [{ labels: [['zone', 'in']] }],
    [{ labels: [['zone', 'near', 'a']] }],
    [{ labels: [['zone', 'exists', 'a']] }],
    [
      {
        labels: [
          ['zone', 'exists'],
          ['zone', 'absent'],
        ],
      },
    ],
    [{ labels: [['a b', 'exists']] }],
    [{ labels: [[3]] }],
    [{ node: 7 }],
    [{ node: '' }],
    [3],
  ])('T3 refuses %j from another machine', (raw) => {
    expect(() => placeFromJson(raw)).toThrow('options: ');
  });
});
