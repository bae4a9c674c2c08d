import { describe, expect, it } from 'vitest';
import { safeAddress } from './safe-address.ts';

describe('the page after logging in', () => {
  it('is the one somebody came for', () => {
    expect(safeAddress('/jobs/7?tab=logs')).toBe('/jobs/7?tab=logs');
    expect(safeAddress(undefined)).toBe('/');
  });

  it('is never of another site', () => {
    for (const next of [
      '//evil.example',
      '/\\evil.example',
      'https://evil.example',
      'javascript:alert(1)',
      '',
      '/login',
    ])
      expect(safeAddress(next)).toBe('/');
  });
});
