import { describe, expect, it } from 'vitest';
import { claimRenewal, compareVersions } from './renewal.ts';

function memory() {
  const map = new Map<string, string>();
  return {
    getItem: (name: string) => map.get(name) ?? null,
    setItem: (name: string, value: string) => void map.set(name, value),
  };
}

describe('renewal', () => {
  it('W1 loads the page again once for a release of the server, and once more for the next', () => {
    const flags = memory();
    expect([3, 3, 4, 4].map((version) => claimRenewal(version, flags))).toEqual([true, false, true, false]);
  });

  it('W1 does not load the page again where that cannot be noted', () => {
    const refuse = (): never => {
      throw new DOMException('denied', 'SecurityError');
    };
    expect(claimRenewal(3, undefined)).toBe(false);
    expect(claimRenewal(3, { getItem: refuse, setItem: refuse })).toBe(false);
    expect(claimRenewal(3, { getItem: () => null, setItem: () => undefined })).toBe(false);
  });

  it('W1 tells which of the two is newer', () => {
    expect([compareVersions(2, 2), compareVersions(3, 2), compareVersions(1, 2)]).toEqual([
      'same',
      'server-is-newer',
      'server-is-older',
    ]);
  });
});
