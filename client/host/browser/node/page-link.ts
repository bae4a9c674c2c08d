/**
 * The page as the raylet's worker calls it. Calls through comlink are promises; here nobody waits for them, and a port goes
 * over by hand.
 */
import { type Remote, transfer } from 'comlink';
import type { TabPage } from './tab-node-api.ts';

/** Turns what comlink gives the worker for the page into what the node calls. */
export function tabPageLink(remote: TabPage): TabPage {
  const page = remote as unknown as Remote<TabPage>;
  return {
    createFrame: (frameId, url, control) => void page.createFrame(frameId, url, transfer(control, [control])),
    removeFrame: (frameId) => void page.removeFrame(frameId),
    onStatus: (status) => void page.onStatus(status),
    onSession: (session) => void page.onSession(session),
  };
}
