import { afterEach, describe, expect, it, vi } from 'vitest';
import { resolveTarget, tokenFor } from './target.ts';

const HERE = {
  url: 'http://127.0.0.1:7700',
  publicUrl: 'https://day.example.com',
  operatorToken: 'operator',
  joinToken: 'join',
  pid: 1,
  startedMs: 2,
};
const EARLIER = { ...HERE, url: 'http://127.0.0.1:7800', publicUrl: 'http://10.0.0.5:7800', operatorToken: 'earlier' };
const KNOWN = [HERE, EARLIER];

afterEach(() => vi.unstubAllEnvs());

describe('which cluster is meant', () => {
  it('what is said counts', () => {
    const said = { address: 'https://day.example.org', token: 't' };
    expect(resolveTarget(said, KNOWN)).toEqual(said);
    expect(resolveTarget({ token: 't' }, KNOWN)).toEqual({ address: HERE.url, token: 't' });
  });

  it('without a word it is the server of this machine', () => {
    expect(resolveTarget({}, KNOWN)).toEqual({ address: HERE.url, token: 'operator' });
    for (const address of [HERE.url, 'http://localhost:7700', 'http://[::1]:7700'])
      expect(resolveTarget({ address }, KNOWN).token).toBe('operator');
    expect(tokenFor('http://localhost:7700', 'joinToken', KNOWN)).toBe('join');
  });

  it('the token of every server of this machine is known, by each of its addresses', () => {
    for (const address of [EARLIER.url, 'http://localhost:7800', EARLIER.publicUrl])
      expect(resolveTarget({ address }, KNOWN)).toEqual({ address, token: 'earlier' });
    expect(resolveTarget({ address: HERE.publicUrl }, KNOWN).token).toBe('operator');
  });

  it('and what is missing is named', () => {
    vi.stubEnv('DAYLIGHT_HOME', '/no/such/folder');
    expect(() => resolveTarget({})).toThrow(/--address and --token.*daylight up/);
    for (const address of ['http://127.0.0.1:7701', 'https://127.0.0.1:7700', 'http://localhost.example.org:7700'])
      expect(() => resolveTarget({ address }, KNOWN)).toThrow(/needs a token/);
  });
});
