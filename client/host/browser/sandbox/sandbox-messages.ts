/**
 * What the raylet's worker, the page, the sandbox document and its workers say to each other about starting and ending.
 *
 * The page makes the frame and hands it one end of a channel; from then on the raylet's worker and the frame talk directly,
 * and each worker gets a port of its own. Neither the page nor the frame's document is on the path of data.
 */

/** The page to the document of a new frame, with the control port beside it. */
export const FRAME_GREETING = 'daylight-sandbox';

/** What a worker of the sandbox is started with. */
export interface SandboxWorkerSettings {
  readonly workerId: number;
  readonly nodeName: string;
  readonly randomSeed: number;
  /** Buffers that job code may hold before it counts as run away. */
  readonly bufferLimitBytes: number;
}

/** The raylet's worker to the frame's document, over the control port. */
export type ToFrame =
  /** Start a worker; its port to the raylet travels beside the message. */
  | { readonly type: 'spawn'; readonly settings: SandboxWorkerSettings }
  | { readonly type: 'end'; readonly workerId: number }
  | { readonly type: 'ping'; readonly number: number };

/** The frame's document to the raylet's worker. */
export type FromFrame =
  | { readonly type: 'pong'; readonly number: number }
  /** The worker's own script does not run. */
  | { readonly type: 'failed'; readonly workerId: number; readonly message: string };

/** The frame's document to a new worker, with the port beside it: the only message it ever sends. */
export interface WorkerStart {
  readonly settings: SandboxWorkerSettings;
}

/** What the page does for the raylet's worker: only a document can hold frames. */
export interface FramePage {
  /** Makes a frame at this address and hands it the control port. */
  createFrame(frameId: number, url: string, control: MessagePort): void;
  /** Removes a frame, and with it every worker in it, however busy. */
  removeFrame(frameId: number): void;
}
