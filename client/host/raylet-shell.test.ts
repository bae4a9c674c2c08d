import { describe, expect, it } from 'vitest';
import type { PacedTransport } from '#client/raylet/frame-queue.ts';
import { decodeSessionFrame, encodeSessionFrame } from '#client/raylet/session-frame-codec.ts';
import { ManualClock } from '#client/raylet/testing/manual-clock.ts';
import { digest128Bytes } from '#shared/ids/content-id.ts';
import { seededRandom } from '#shared/ports/random.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import { RayletShell } from './raylet-shell.ts';

/** The server's end of one connection: what the node said first, and how to answer. */
class Line implements PacedTransport {
  hello: SessionFrameOf<'hello'> | undefined;
  welcome: (fields: Partial<SessionFrameOf<'welcome'>>) => void = () => undefined;
  lose: (reason: string) => void = () => undefined;

  send(bytes: Uint8Array): void {
    const frame = decodeSessionFrame(bytes);
    if (frame.type === 'hello') this.hello = frame;
  }
  onFrame(receive: (frame: Uint8Array, attachments: readonly never[]) => void): void {
    const plain = { type: 'welcome', session: 7, epoch: 3, serverEpoch: 1, resumed: false } as const;
    const rest = { receivedRecords: 0, wantsReport: false, job: 0, heartbeatMs: 3_000 };
    this.welcome = (fields) => receive(encodeSessionFrame({ ...plain, ...rest, ...fields }), []);
  }
  onClose(closed: (reason: string) => void): void {
    this.lose = closed;
  }
  close(): void {}
  unsentBytes(): number {
    return 0;
  }
  onDrain(): void {}
}

describe('RayletShell', () => {
  it('M1 M2 a session with records that this process did not write is not its own any more', () => {
    const clock = new ManualClock();
    const lines: Line[] = [];
    const told: string[] = [];
    const shell = new RayletShell(
      {
        role: 'host',
        nodeId: 'a1',
        nodeName: 'host',
        token: '',
        cpuMilli: 1000,
        resources: [],
        jobName: '',
        platform: '',
      },
      {
        clock,
        random: seededRandom(1),
        wallClockMs: () => clock.nowMs(),
        every: () => () => undefined,
        connect: () => {
          const line = new Line();
          lines.push(line);
          return line;
        },
        workers: { spawn() {}, stop() {}, send() {}, flush() {}, stopAll: () => Promise.resolve() },
        memory: { allocate: (sizeBytes) => new ArrayBuffer(sizeBytes), release: () => undefined },
        digest: (bytes, done) => done(digest128Bytes(bytes)),
        memoryUsedBytes: () => 0,
      },
      {
        onWelcome: ({ session }) => told.push(`welcome as ${session}`),
        onDisconnected: () => undefined,
        onSessionDead: () => told.push('dead'),
        onFatal: (error) => told.push(error.message),
      },
    );
    shell.start();
    lines[0]?.welcome({});
    lines[0]?.lose('cut');
    clock.advance(1_000);
    expect(lines[1]?.hello).toMatchObject({ session: 7, epoch: 3 });
    // A copy of this process, made from a snapshot, was here meanwhile.
    lines[1]?.welcome({ resumed: true, receivedRecords: 12 });
    clock.advance(1_000);
    expect(lines[2]?.hello).toMatchObject({ session: 0, epoch: 0 });
    lines[2]?.welcome({ session: 9 });
    expect(told).toEqual(['welcome as 7', 'dead', 'welcome as 9']);
    expect(shell.raylet.session).toBe(9);
  });
});
