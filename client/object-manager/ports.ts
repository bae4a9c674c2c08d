/**
 * What transfers need of their surroundings, and what they say: frames, memory, digests and time come through these.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Clock } from '#shared/ports/clock.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';

/** Why a value is brought here (rule O6): what is asked for by a program comes before what a waiting task needs. */
export const PULL_PRIORITY = { get: 0, wait: 1, input: 2, copy: 3 } as const;
export type PullPriority = (typeof PULL_PRIORITY)[keyof typeof PULL_PRIORITY];

/**
 * What a pull ends with: the object's flat bytes, or `undefined` if no node has them any more, or if this one has no memory
 * for so many.
 */
export type PullDone = (memory: Attachment | undefined, isTooLarge?: boolean) => void;

/** What a puller says; without a connection it is dropped, and said again over the next one. */
export type AskFrame = SessionFrameOf<'fetch' | 'locate' | 'fetchFrom' | 'describe' | 'pullOver'>;
/** What a holder says. */
export type AnswerFrame = SessionFrameOf<'piece' | 'manifest'>;

/** The surroundings of all transfers of a session. */
export interface TransferPorts {
  readonly clock: Clock;
  ask(frame: AskFrame): void;
  /** Sends bytes at low priority; false if they were refused. */
  answer(frame: AnswerFrame): boolean;
  /** A small answer without bytes, as control. */
  answerStatus(frame: AnswerFrame): void;
  /** Memory for an object: shared where the platform has it. May throw: the size is another node's word. */
  allocate(sizeBytes: number): Attachment;
  /** Memory that was allocated holds no value after all: its room is free again (rule O4). */
  release(sizeBytes: number): void;
  /**
   * The flat bytes of an object that lies here; `soon`: they are on their way into memory, and `whenHere` is called once they
   * are there or are not to be had; `busy`: as yet nobody can say.
   */
  readLocal(key: ObjectKey, whenHere: () => void): Uint8Array | 'soon' | 'busy' | undefined;
  /** The first 128 bits of SHA-256; called back at once or later. The bytes do not change meanwhile. */
  digest(bytes: Uint8Array, done: (digest: Uint8Array) => void): void;
  /** The digest of the manifest of a copy here is known. */
  described(key: ObjectKey, sizeBytes: number, digest: Uint8Array): void;
  /** A session gave bytes that are not the object's. */
  corrupted(key: ObjectKey, source: number, offset: number): void;
}
