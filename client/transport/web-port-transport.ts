/**
 * The transport over a browser's MessagePort: between the raylet's worker and a worker of the sandbox, which may be in
 * another process. Frames are handed over; what travels beside them is handed over by a worker that made it, and copied by
 * a raylet that keeps it.
 */
import type { Attachment, Transport } from '#shared/ports/transport.ts';

/** The part of a browser's MessagePort that is used here. */
export interface WebPort {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'messageerror' | 'close', listener: () => void): void;
  start(): void;
  close(): void;
}

/** How a transport treats what it carries and what goes wrong. */
export interface WebPortOptions {
  /** True to hand attachments over, which empties the sender's; false to send copies. */
  readonly handsOver: boolean;
  /** Asked before each message is looked at; false passes it over. For senders that are not trusted. */
  readonly admit?: () => boolean;
}

const NO_ATTACHMENTS: readonly Attachment[] = [];

/**
 * A transport over one end of a channel.
 *
 * The methods of the port are taken now and kept: code that runs later in the same realm can replace those of
 * `MessagePort.prototype`, and must not get hold of the port that way.
 */
export function webPortTransport(port: WebPort, { handsOver, admit }: WebPortOptions): Transport {
  const post = port.postMessage.bind(port);
  const closePort = port.close.bind(port);
  let receive: ((frame: Uint8Array, attachments: readonly Attachment[]) => void) | undefined;
  let tellClosed: ((reason: string) => void) | undefined;
  let early: [Uint8Array, readonly Attachment[]][] = [];
  let closedFor: string | undefined;
  const closed = (reason: string): void => {
    if (closedFor !== undefined) return;
    closedFor = reason;
    tellClosed?.(reason);
  };
  port.addEventListener('message', ({ data }) => {
    if (closedFor !== undefined || admit?.() === false) return;
    // [frame, ...attachments]: an array is the cheapest message to clone.
    if (!Array.isArray(data)) return;
    const [frame, ...attachments]: unknown[] = data;
    if (!(frame instanceof Uint8Array) || !attachments.every(isAttachment)) return;
    if (receive) receive(frame, attachments);
    else early.push([frame, attachments]);
  });
  port.addEventListener('messageerror', () => closed('a message could not be read'));
  port.addEventListener('close', () => closed('the other side is gone'));
  port.start();
  return {
    send(frame, attachments = NO_ATTACHMENTS) {
      if (closedFor !== undefined) return;
      const { buffer } = frame;
      // A frame that is a view of something larger is copied: its neighbours are not ours to give away.
      const transfer: ArrayBuffer[] =
        buffer instanceof ArrayBuffer && buffer.byteLength === frame.length ? [buffer] : [];
      if (handsOver)
        for (const attachment of attachments) if (attachment instanceof ArrayBuffer) transfer.push(attachment);
      post([frame, ...attachments], transfer);
    },
    onFrame(receiver) {
      receive = receiver;
      const waiting = early;
      early = [];
      for (const [frame, attachments] of waiting) receiver(frame, attachments);
    },
    onClose(listener) {
      tellClosed = listener;
      if (closedFor !== undefined) listener(closedFor);
    },
    close() {
      closePort();
      closed('closed here');
    },
  };
}

function isAttachment(value: unknown): value is Attachment {
  return value instanceof ArrayBuffer;
}
