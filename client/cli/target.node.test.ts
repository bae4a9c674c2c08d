import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveTarget, tokenFor } from './target.ts';

const HERE = { url: 'http://127.0.0.1:7700', operatorToken: 'operator', joinToken: 'join', pid: 1 };

afterEach(() => vi.unstubAllEnvs());

describe('which cluster is meant', () => {
  it('what is said counts', () => {
    const said = { address: 'https://day.example.org', token: 't' };
    expect(resolveTarget(said, HERE)).toEqual(said);
    expect(resolveTarget({ token: 't' }, HERE)).toEqual({ address: HERE.url, token: 't' });
  });

  it('without a word it is the server of this machine', () => {
    expect(resolveTarget({}, HERE)).toEqual({ address: HERE.url, token: 'operator' });
    for (const address of [HERE.url, 'http://localhost:7700', 'http://[::1]:7700'])
      expect(resolveTarget({ address }, HERE).token).toBe('operator');
    expect(tokenFor('http://localhost:7700', 'joinToken', HERE)).toBe('join');
  });

  it('and what is missing is named', () => {
    vi.stubEnv('DAYLIGHT_HOME', '/no/such/folder');
    expect(() => resolveTarget({})).toThrow(/--address and --token.*daylight up/);
    for (const address of ['http://127.0.0.1:7701', 'https://127.0.0.1:7700', 'http://localhost.example.org:7700'])
      expect(() => resolveTarget({ address }, HERE)).toThrow(/needs a token/);
  });
});
