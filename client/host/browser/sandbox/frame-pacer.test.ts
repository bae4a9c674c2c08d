import { describe, expect, it } from 'vitest';
import { ManualClock } from '#client/raylet/testing/manual-clock.ts';
import { BatchLink, receiveBatches } from '#client/transport/batch-link.ts';
import { workerRequests } from '#shared/protocol/worker-messages.ts';
import { transportPair } from '#shared/testing/transport-pair.ts';
import { framePacer } from './frame-pacer.ts';

describe('frame pacer', () => {
  it('B1 lets a lone call through at once, and makes fast ones share frames without losing any', async () => {
    const clock = new ManualClock();
    const turns: (() => void)[] = [];
    const [near, far] = transportPair();
    const link = new BatchLink(
      near,
      workerRequests,
      framePacer(clock, (callback) => void turns.push(callback)),
    );
    const frames: number[] = [];
    const ids: number[] = [];
    receiveBatches(far, workerRequests, (messages) => {
      frames.push(messages.length);
      for (const message of messages) if (message.kind === 'unblock') ids.push(message.id);
    });
    for (let id = 0; id < 10_000; id += 1) {
      link.push({ kind: 'unblock', id });
      await Promise.resolve();
    }
    const posted = frames.length;
    expect(posted).toBeGreaterThanOrEqual(2_000);
    expect(posted).toBeLessThan(3_000);
    clock.advance(1_000);
    while (turns.length > 0) turns.shift()?.();
    await Promise.resolve();
    await Promise.resolve();
    expect(ids).toEqual(Array.from({ length: 10_000 }, (_, id) => id));
    link.push({ kind: 'unblock', id: 0 });
    await Promise.resolve();
    await Promise.resolve();
    expect(frames.at(-1)).toBe(1);
  });
});
