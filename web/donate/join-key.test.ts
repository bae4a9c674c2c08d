import { describe, expect, it } from 'vitest';
import { dropKey, keepKey, readHash, readTyped, takeKey, type KeyStorage } from './join-key.ts';

function memory(kept: Record<string, string> = {}): KeyStorage & { kept: Map<string, string> } {
  const map = new Map(Object.entries(kept));
  return {
    kept: map,
    getItem: (name) => map.get(name) ?? null,
    setItem: (name, value) => void map.set(name, value),
    removeItem: (name) => void map.delete(name),
  };
}

const refuse = (): never => {
  throw new DOMException('denied', 'SecurityError');
};
const BLOCKED: KeyStorage = { getItem: refuse, setItem: refuse, removeItem: refuse };

/** What a visit with this address finds, and whether the address was cleaned. */
function visit(hash: string, storage: KeyStorage | undefined): { key: string; isCleared: boolean } {
  let isCleared = false;
  const key = takeKey({ hash, storage, clearHash: () => void (isCleared = true) });
  return { key, isCleared };
}

describe('the key', () => {
  it('T1 is kept and leaves the address bar', () => {
    const storage = memory();
    expect(visit('#key=abc-DEF_123', storage)).toEqual({ key: 'abc-DEF_123', isCleared: true });
    expect(storage.kept.get('daylight.key')).toBe('abc-DEF_123');
    expect(visit('', storage)).toEqual({ key: 'abc-DEF_123', isCleared: false });
  });

  it('T1 of the link replaces the one kept', () => {
    const storage = memory({ 'daylight.key': 'old' });
    expect(visit('#key=new', storage).key).toBe('new');
    expect(visit('', storage).key).toBe('new');
  });

  it('T1 stays in the address where the browser keeps nothing', () => {
    expect(visit('#key=abc', BLOCKED)).toEqual({ key: 'abc', isCleared: false });
    expect(visit('#key=abc', undefined)).toEqual({ key: 'abc', isCleared: false });
    expect(visit('', BLOCKED)).toEqual({ key: '', isCleared: false });
  });

  it('T1 leaves other fragments alone', () => {
    expect(visit('#content', memory())).toEqual({ key: '', isCleared: false });
    expect(visit('#key=', memory())).toEqual({ key: '', isCleared: false });
    expect(readHash(`#key=${'x'.repeat(10_000)}`)).toBe('');
  });

  it('T1 can be typed or pasted with its whole link', () => {
    expect(readTyped('  abc ')).toBe('abc');
    expect(readTyped('https://cluster.example/donate#key=abc')).toBe('abc');
    expect(readTyped('https://cluster.example/donate#other')).toBe('');
    expect(readTyped('two words')).toBe('');
  });

  it('T1 can be forgotten', () => {
    const storage = memory();
    expect(keepKey(storage, 'abc')).toBe(true);
    dropKey(storage);
    expect(visit('', storage).key).toBe('');
    expect(() => dropKey(BLOCKED)).not.toThrow();
  });
});
