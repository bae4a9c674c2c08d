import { describe, expect, it } from 'vitest';
import { type WebPort, webPortTransport } from './web-port-transport.ts';

/** A channel of this platform: browsers and Node have the same one. */
function channel(): { near: WebPort; far: WebPort } {
  const { port1, port2 } = new MessageChannel();
  return { near: port1 as unknown as WebPort, far: port2 as unknown as WebPort };
}

describe('the transport over a port', () => {
  it('O5 hands attachments over where it may, and copies them where the sender keeps them', async () => {
    const { near, far } = channel();
    const keeper = webPortTransport(near, { handsOver: false });
    const maker = webPortTransport(far, { handsOver: true });
    const kept = Uint8Array.of(1, 2, 3).buffer;
    const given = Uint8Array.of(4, 5).buffer;
    const atMaker = new Promise<[Uint8Array, readonly unknown[]]>((resolve) =>
      maker.onFrame((frame, attachments) => resolve([frame, attachments])),
    );
    const atKeeper = new Promise<[Uint8Array, readonly unknown[]]>((resolve) =>
      keeper.onFrame((frame, attachments) => resolve([frame, attachments])),
    );
    keeper.send(Uint8Array.of(9), [kept]);
    maker.send(Uint8Array.of(8), [given]);
    const [frame, [copy]] = await atMaker;
    expect([...frame]).toEqual([9]);
    expect([...new Uint8Array(copy as ArrayBuffer)]).toEqual([1, 2, 3]);
    expect(kept.byteLength).toBe(3);
    const [, [moved]] = await atKeeper;
    expect([...new Uint8Array(moved as ArrayBuffer)]).toEqual([4, 5]);
    expect(given.byteLength).toBe(0);
    keeper.close();
    maker.close();
  });

  it('B1 asks before it looks at a message, and passes over what is none of its own', async () => {
    const { near, far } = channel();
    let asked = 0;
    const guarded = webPortTransport(near, { handsOver: false, admit: () => (asked += 1) > 1 });
    const frames: number[] = [];
    const last = new Promise<void>((resolve) =>
      guarded.onFrame((frame) => {
        frames.push(...frame);
        if (frame[0] === 3) resolve();
      }),
    );
    for (const message of [[Uint8Array.of(1)], 'junk', [Uint8Array.of(2), 'junk'], [], [Uint8Array.of(3)]])
      far.postMessage(message, []);
    await last;
    expect(frames).toEqual([3]);
    expect(asked).toBe(5);
    guarded.close();
    far.close();
  });

  it('T1 goes on with the methods it took when it was made', async () => {
    const { near, far } = channel();
    const sender = webPortTransport(near, { handsOver: true });
    const receiver = webPortTransport(far, { handsOver: true });
    const prototype = Object.getPrototypeOf(near) as { postMessage: unknown };
    const { postMessage } = prototype;
    let stolen = false;
    prototype.postMessage = () => (stolen = true);
    try {
      const arrived = new Promise<number | undefined>((resolve) => receiver.onFrame(([byte]) => resolve(byte)));
      sender.send(Uint8Array.of(7));
      expect(await arrived).toBe(7);
      expect(stolen).toBe(false);
    } finally {
      prototype.postMessage = postMessage;
      sender.close();
      receiver.close();
    }
  });

  it('L2 says once that it is closed, and sends nothing more', () => {
    const { near, far } = channel();
    const transport = webPortTransport(near, { handsOver: true });
    const reasons: string[] = [];
    transport.onClose((reason) => reasons.push(reason));
    transport.close();
    transport.close();
    transport.send(Uint8Array.of(1));
    expect(reasons).toEqual(['closed here']);
    far.close();
  });
});
