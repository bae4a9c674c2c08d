/**
 * The transport port: how frames travel between two ends, whatever carries them (a socket, a MessagePort, a test).
 * Frames arrive whole and in order, or the transport closes.
 */

/** Something that travels beside a frame by reference: shared memory, or a buffer that changes hands. */
export type Attachment = SharedArrayBuffer | ArrayBuffer;

/** One end of a link. */
export interface Transport {
  /**
   * Sends one frame. The bytes are the transport's own from then on. Attachments of type ArrayBuffer are transferred:
   * the sender's become empty. After `close` it does nothing.
   */
  send(frame: Uint8Array, attachments?: readonly Attachment[]): void;
  /** Sets the receiver. Frames that came before are delivered first. */
  onFrame(receive: (frame: Uint8Array, attachments: readonly Attachment[]) => void): void;
  /** Called once, when the link is lost or closed by either end. */
  onClose(closed: (reason: string) => void): void;
  close(): void;
}
