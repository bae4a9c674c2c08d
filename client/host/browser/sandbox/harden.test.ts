import { describe, expect, it } from 'vitest';
import { harden } from './harden.ts';

describe('hardening', () => {
  it('T1 removes names from the scope and from what it inherits', () => {
    const base = { fetch: () => 'out', keeps: 1 };
    const scope: Record<string, unknown> = Object.assign(Object.create(base) as Record<string, unknown>, {
      Worker: class {},
      postMessage: () => undefined,
      navigator: { userAgent: 'secret', gpu: 'gpu' },
    });
    harden(scope, () => undefined);
    for (const name of ['fetch', 'Worker', 'postMessage']) expect(name in scope).toBe(false);
    expect(scope['keeps']).toBe(1);
  });

  it('T1 covers what cannot be removed', () => {
    const scope: Record<string, unknown> = { navigator: {} };
    Object.defineProperty(scope, 'fetch', { value: () => 'out', configurable: false, writable: true });
    harden(scope, () => undefined);
    expect(scope['fetch']).toBeUndefined();
  });

  it('T1 shows a browser like any other, and a GPU only while there is one to use', () => {
    let gpu: unknown;
    const scope: Record<string, unknown> = { navigator: { userAgent: 'secret', deviceMemory: 64 } };
    harden(scope, () => gpu);
    const shown = scope['navigator'] as Record<string, unknown>;
    expect(shown).toMatchObject({ userAgent: 'Daylight', hardwareConcurrency: 1 });
    expect(shown['deviceMemory']).toBeUndefined();
    expect(shown['gpu']).toBeUndefined();
    gpu = 'gpu';
    expect(shown['gpu']).toBe('gpu');
    expect(Object.isFrozen(shown)).toBe(true);
  });
});
