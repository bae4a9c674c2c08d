/**
 * The transport between threads of one process: frames and what travels beside them, posted through a MessagePort or a
 * Worker. Nothing is copied that may be handed over.
 */
import type { Transferable } from 'node:worker_threads';
import type { Attachment, Transport } from '#shared/ports/transport.ts';

/** What a posted message holds: a frame and its attachments. Short names, for there are many. */
interface Posted {
  readonly f: Uint8Array;
  readonly a?: readonly Attachment[];
}

/** The part of a MessagePort, of `parentPort` and of a Worker that is used here. */
export interface PortLike {
  postMessage(message: unknown, transfer?: readonly Transferable[]): void;
  on(event: string, listener: (value: unknown) => void): unknown;
}

const NO_ATTACHMENTS: readonly Attachment[] = [];

/**
 * A transport over one end of a channel.
 * @param end what ends the channel when the transport is closed: `port.close()`, `worker.terminate()`
 */
export function messagePortTransport(port: PortLike, end: () => void): Transport {
  let receive: ((frame: Uint8Array, attachments: readonly Attachment[]) => void) | undefined;
  let tellClosed: ((reason: string) => void) | undefined;
  let early: Posted[] = [];
  let closed = false;
  const close = (reason: string): void => {
    if (closed) return;
    closed = true;
    tellClosed?.(reason);
  };
  port.on('message', (message) => {
    if (!isPosted(message)) return;
    if (receive) receive(message.f, message.a ?? NO_ATTACHMENTS);
    else early.push(message);
  });
  port.on('close', () => close('the other side closed'));
  port.on('exit', () => close('the thread ended'));
  return {
    send(frame, attachments = NO_ATTACHMENTS) {
      if (closed) return;
      const { buffer } = frame;
      // A frame that is a view of something larger is copied: its neighbours are not ours to give away.
      const transfer: Transferable[] =
        buffer instanceof ArrayBuffer && buffer.byteLength === frame.length ? [buffer] : [];
      for (const attachment of attachments) if (attachment instanceof ArrayBuffer) transfer.push(attachment);
      port.postMessage(attachments.length === 0 ? { f: frame } : { f: frame, a: attachments }, transfer);
    },
    onFrame(receiver) {
      receive = receiver;
      const waiting = early;
      early = [];
      for (const { f, a } of waiting) receiver(f, a ?? NO_ATTACHMENTS);
    },
    onClose(listener) {
      tellClosed = listener;
      if (closed) listener('closed');
    },
    close() {
      if (closed) return;
      close('closed here');
      end();
    },
  };
}

function isPosted(message: unknown): message is Posted {
  return typeof message === 'object' && message !== null && 'f' in message && message.f instanceof Uint8Array;
}
