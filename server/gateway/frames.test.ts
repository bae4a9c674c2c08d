import { describe, expect, it } from 'vitest';
import { MAX_JOURNAL_RECORDS_PER_FRAME } from '#shared/protocol/limits.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { decodeFrame, encodeFrame, mayBeHello } from './frames.ts';

const LONGEST_HELLO: SessionFrameOf<'hello'> = {
  type: 'hello',
  version: 2,
  role: 'driver',
  nodeId: 'f'.repeat(64),
  nodeName: 'n'.repeat(256),
  token: 't'.repeat(512),
  session: 2 ** 20,
  epoch: 2 ** 30,
  serverEpoch: 2 ** 30,
  receivedCommands: Number.MAX_SAFE_INTEGER,
  cpuMilli: 4_096_000,
  resources: Array.from({ length: 256 }, () => ({ name: 'r'.repeat(128), milli: Number.MAX_SAFE_INTEGER })),
  jobName: 'j'.repeat(1024),
  platform: 'p'.repeat(4096),
};

function successes(count: number): Uint8Array {
  return encodeFrame({
    type: 'records',
    first: 1,
    batch: Array.from({ length: count }, () => ({ kind: 'succeeded' })),
  });
}

describe('frames', () => {
  it('T3 of a peer that has not said who it is only a hello is read, and no long one', () => {
    const hello = encodeFrame(LONGEST_HELLO);
    expect(mayBeHello(hello)).toBe(true);
    expect(mayBeHello(successes(1))).toBe(false);
    expect(mayBeHello(encodeFrame({ type: 'ping' }))).toBe(false);
    expect(mayBeHello(new Uint8Array(0))).toBe(false);
    expect(mayBeHello(new Uint8Array(hello.length + 64 * 1024))).toBe(false);
  });

  it('T3 a frame of a few bytes does not make a hundred thousand records', () => {
    const most = successes(MAX_JOURNAL_RECORDS_PER_FRAME);
    expect(most.length).toBeLessThan(16);
    expect(decodeFrame(most)).toMatchObject({ batch: { length: MAX_JOURNAL_RECORDS_PER_FRAME } });
    expect(() => decodeFrame(successes(MAX_JOURNAL_RECORDS_PER_FRAME + 1))).toThrow(/records/);
  });
});
