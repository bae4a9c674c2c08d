import { describe, expect, it } from 'vitest';
import { readDonateInfo, ServerNewsDesk, type ServerNews } from './server-news.ts';

const INFO = { isPublic: false, protocolVersion: 2, sandboxUrl: 'https://s.example/sandbox.html' };

/** A desk whose clock and server the test controls. */
function desk() {
  let nowMs = 0;
  const answers: { resolve: (value: unknown) => void; reject: (error: Error) => void }[] = [];
  const timers = new Map<object, { atMs: number; run: () => void }>();
  const told: ServerNews[] = [];
  const own: ServerNewsDesk = new ServerNewsDesk({
    ask: () => new Promise((resolve, reject) => answers.push({ resolve, reject })),
    nowMs: () => nowMs,
    later: (delayMs, run) => {
      const id = {};
      timers.set(id, { atMs: nowMs + delayMs, run });
      return () => void timers.delete(id);
    },
    onChange: () => void told.push(own.news),
  });
  return {
    own,
    told,
    asked: () => answers.length,
    waiting: () => [...timers.values()].map(({ atMs }) => atMs - nowMs),
    answer: async (value: unknown): Promise<void> => {
      answers.at(-1)?.resolve(value);
      await Promise.resolve();
    },
    fail: async (message: string): Promise<void> => {
      answers.at(-1)?.reject(new Error(message));
      await Promise.resolve();
    },
    pass: (ms: number): void => {
      nowMs += ms;
      for (const [id, { atMs, run }] of timers) if (atMs <= nowMs && timers.delete(id)) run();
    },
  };
}

describe('ServerNewsDesk', () => {
  it('T1 tells what the server says', async () => {
    const { own, answer } = desk();
    own.askNow();
    expect(own.news).toEqual({ kind: 'asking' });
    await answer(INFO);
    expect(own.news).toEqual({ kind: 'known', info: INFO });
  });

  it('T1 asks again by itself, ever more slowly, while the server is away', async () => {
    const { own, fail, pass, waiting, asked } = desk();
    own.askNow();
    const delays: (number | undefined)[] = [];
    for (let round = 0; round < 7; round += 1) {
      await fail('no connection');
      const [delayMs] = waiting();
      delays.push(delayMs);
      pass(delayMs ?? 0);
    }
    expect(delays).toEqual([2000, 4000, 8000, 15_000, 30_000, 30_000, 30_000]);
    expect(asked()).toBe(8);
  });

  it('T1 keeps saying that the server is away while it asks again, and knows when it is back', async () => {
    const { own, answer, fail, pass } = desk();
    own.askNow();
    await fail('no connection');
    expect(own.news).toEqual({ kind: 'away', trouble: 'no connection', retryAtMs: 2000 });
    pass(2000);
    expect(own.news).toEqual({ kind: 'away', trouble: 'no connection', retryAtMs: 2000 });
    await answer(INFO);
    expect(own.news.kind).toBe('known');
  });

  it('T1 asks once at a time, and not twice after somebody was impatient', async () => {
    const { own, fail, waiting, asked } = desk();
    own.askNow();
    own.askNow();
    expect(asked()).toBe(1);
    await fail('no connection');
    own.askNow();
    expect(asked()).toBe(2);
    expect(waiting()).toEqual([]);
  });

  it('T3 takes an answer of another shape for none', async () => {
    for (const answer of [null, 7, {}, { ...INFO, isPublic: 'yes' }, { ...INFO, protocolVersion: undefined }]) {
      expect(readDonateInfo(answer)).toBeUndefined();
    }
    const { own, answer } = desk();
    own.askNow();
    await answer({ hello: 1 });
    expect(own.news).toMatchObject({ kind: 'away', trouble: 'the answer is not the one of a Daylight server' });
  });
});
