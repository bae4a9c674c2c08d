import { describe, expect, it } from 'vitest';

import { didYouMean, nearestName } from './did-you-mean.ts';

const NAMES = ['numCpus', 'maxRetries', 'name', 'resources', 'runtimeMs'];

describe('nearestName', () => {
  it.each([
    ['numCpu', 'numCpus'],
    ['num_cpus', 'numCpus'],
    ['NUMCPUS', 'numCpus'],
    ['maxRetires', 'maxRetries'],
    ['nmae', 'name'],
    ['resource', 'resources'],
    ['runtime', 'runtimeMs'],
  ])('%s was meant as %s', (wrong, right) => {
    expect(nearestName(wrong, NAMES)).toBe(right);
  });

  it.each(['colour', '', 'x', 'a'.repeat(100_000)])('nothing is near %.10s', (name) => {
    expect(nearestName(name, NAMES)).toBeUndefined();
  });

  it('makes the end of a sentence, or nothing', () => {
    expect(didYouMean('numCpu', NAMES)).toBe('; did you mean "numCpus"?');
    expect(didYouMean('colour', NAMES)).toBe('');
  });
});
