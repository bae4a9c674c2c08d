import { describe, expect, it } from 'vitest';
import { formatTable, shortNumber } from './table.ts';

describe('the table', () => {
  it('rounds to what a measurement is worth', () => {
    expect([0.12345, 9.876, 42, 99.96, 1234.5, 1_234_567].map(shortNumber)).toEqual([
      '0.123',
      '9.88',
      '42',
      '100',
      '1 235',
      '1 234 567',
    ]);
  });

  it('aligns columns and leaves out what a row does not have', () => {
    const common = { unit: 'calls/s', min: 1, max: 3, cpuUsPerCall: 5 };
    const text = formatTable([
      {
        ...common,
        name: 'a',
        value: 20_000,
        peer: 'Ray',
        peerValue: 1000,
        ratio: 20,
        limit: 40_000,
        fractionOfLimit: 0.5,
      },
      { ...common, name: 'a longer name', value: 2 },
    ]);
    const [heading = '', first = '', second = ''] = text.split('\n');
    expect(first.indexOf('calls/s')).toBe(heading.indexOf('unit'));
    expect(second.indexOf('calls/s')).toBe(heading.indexOf('unit'));
    expect(first).toMatch(/20 000 .* 1 000 +20 × +50 %$/);
    expect(second.endsWith(' 5')).toBe(true);
  });
});
