import { describe, expect, it } from 'vitest';
import type { BrowserAbilities } from '#client/host/browser/donor.ts';
import { judgeStart, type Gate, type GateView } from './start-gate.ts';

const ABLE: BrowserAbilities = {
  isSecureContext: true,
  hasWorkers: true,
  hasWebLocks: true,
  hasIndexedDb: true,
  hasBattery: false,
  hasWebGpu: false,
  cores: 8,
  engine: 'chromium',
};
const KNOWN: GateView['news'] = {
  kind: 'known',
  info: { isPublic: false, protocolVersion: 2, sandboxUrl: 'https://s.example/' },
};
const PUBLIC: GateView['news'] = { ...KNOWN, info: { ...KNOWN.info, isPublic: true } };

const judge = (change: Partial<GateView>): Gate =>
  judgeStart({
    abilities: ABLE,
    news: KNOWN,
    pageVersion: 2,
    hasKey: true,
    address: { host: '192.168.1.7:7700', port: '7700', pathname: '/donate' },
    nowMs: 1000,
    ...change,
  });
const words = (gate: Gate): string =>
  [...gate.blockers, ...gate.notices].flatMap(({ title, sentences }) => [title, ...sentences]).join(' ');

describe('judgeStart', () => {
  it('T1 lets a good browser with a key start, without a word', () => {
    expect(judge({})).toEqual({
      canStart: true,
      canEver: true,
      blockers: [],
      notices: [],
      keyField: 'offered',
      canAskAgain: false,
    });
  });

  it('T1 waits until it knows the browser and the server', () => {
    expect(judge({ abilities: undefined })).toMatchObject({ canStart: false, canEver: true });
    expect(judge({ news: { kind: 'asking' } })).toMatchObject({ canStart: false, blockers: [], keyField: 'hidden' });
  });

  it('T1 says how to get a secure address, before anything that only follows from the lack of one', () => {
    const gate = judge({ abilities: { ...ABLE, isSecureContext: false, hasWebLocks: false }, hasKey: false });
    expect(gate).toMatchObject({ canStart: false, canEver: false, keyField: 'hidden' });
    expect(gate.blockers).toHaveLength(1);
    expect(words(gate)).toContain('`https://192.168.1.7:7700/donate`');
    expect(words(gate)).toContain('`http://localhost:7700/donate`');
    expect(words(gate)).toContain('`daylight up --tls-cert FILE --tls-key FILE`');
    expect(words(gate)).not.toContain('#key=');
    expect(words(judge({ abilities: { ...ABLE, isSecureContext: false } }))).toContain('#key=');
  });

  it('T1 names a browser that is too old', () => {
    for (const lack of [{ hasWorkers: false }, { hasWebLocks: false }]) {
      const gate = judge({ abilities: { ...ABLE, ...lack } });
      expect(gate).toMatchObject({ canStart: false, canEver: false });
      expect(words(gate)).toContain('too old');
    }
  });

  it('T1 lets a browser with limits start and tells of them', () => {
    const limited = (change: Partial<BrowserAbilities>): Gate => judge({ abilities: { ...ABLE, ...change } });
    for (const gate of [
      limited({ hasIndexedDb: false }),
      limited({ engine: 'firefox' }),
      limited({ engine: 'safari' }),
    ]) {
      expect(gate.canStart).toBe(true);
      expect(gate.notices.map(({ tone }) => tone)).toEqual(['know']);
    }
    expect(words(limited({ hasIndexedDb: false }))).toContain('in memory only');
    expect(words(limited({ engine: 'safari' }))).toContain('seven days');
  });

  it('T2 asks for a key in a private cluster, and in a public one only says what a stranger is', () => {
    const closed = judge({ hasKey: false });
    expect(closed).toMatchObject({ canStart: false, keyField: 'needed' });
    expect(words(closed)).toContain('Ask its owner');
    const open = judge({ hasKey: false, news: PUBLIC });
    expect(open).toMatchObject({ canStart: true, keyField: 'offered' });
    expect(words(open)).toContain('stranger');
    expect(words(judge({ news: PUBLIC }))).toBe('');
  });

  it('M3 counts down while the server is away', () => {
    const away = (nowMs: number): Gate =>
      judge({ news: { kind: 'away', trouble: 'no connection', retryAtMs: 8000 }, nowMs });
    expect(away(1000)).toMatchObject({ canStart: false, canEver: true, canAskAgain: true, keyField: 'hidden' });
    expect(words(away(1000))).toContain('Next try in 7 s.');
    expect(words(away(8000))).toContain('Trying now…');
  });

  it('W1 stops at a server of another release', () => {
    const at = (pageVersion: number): Gate => judge({ pageVersion, hasKey: false });
    expect(at(1)).toMatchObject({ canStart: false, notices: [], keyField: 'hidden' });
    expect(words(at(1))).toContain('This page is older');
    expect(words(at(3))).toContain('The server is older');
  });
});
