/**
 * The page's part in the sandbox: only a document can hold frames. It makes and removes them when the raylet's worker says so
 * and hands each its control port; what goes through that port it never sees.
 */
import { FRAME_GREETING, type FramePage } from '../sandbox/sandbox-messages.ts';

/** Frames of this page. */
export class PageFrames implements FramePage {
  readonly #frames = new Map<number, HTMLIFrameElement>();

  createFrame(frameId: number, url: string, control: MessagePort): void {
    const frame = document.createElement('iframe');
    // An opaque origin: no cookies, no storage, nothing of this page, and in Chromium a process of its own.
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.setAttribute('referrerpolicy', 'no-referrer');
    frame.title = 'Sandbox of a job';
    frame.hidden = true;
    frame.tabIndex = -1;
    // Once: a frame that went elsewhere by itself is not greeted again.
    frame.addEventListener('load', () => frame.contentWindow?.postMessage(FRAME_GREETING, '*', [control]), {
      once: true,
    });
    frame.src = url;
    this.#frames.set(frameId, frame);
    document.body.append(frame);
  }

  removeFrame(frameId: number): void {
    this.#frames.get(frameId)?.remove();
    this.#frames.delete(frameId);
  }

  removeAll(): void {
    for (const frame of this.#frames.values()) frame.remove();
    this.#frames.clear();
  }
}
