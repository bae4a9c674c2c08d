/**
 * Tabs of one browser profile among themselves (rule M4): the one that runs the node tells the others how it is, they pass
 * on what their person wants. Messages are plain data over a BroadcastChannel.
 */
import type { DonorOptions } from '../donor.ts';
import type { TabSettings, TabStatus } from '../tab-status.ts';

const CHANNEL_NAME = 'daylight-node';

/** What a person can want in a tab that does not run the node. */
export type TabWish =
  | { readonly wish: 'pause' }
  | { readonly wish: 'resume' }
  | { readonly wish: 'snooze'; readonly untilMs: number }
  | { readonly wish: 'change'; readonly settings: TabSettings }
  | { readonly wish: 'stop'; readonly erase: boolean };

/** What tabs say. */
export type TabMessage =
  /** A tab was opened: whoever runs the node, say so. */
  | { readonly type: 'hello' }
  /** From the tab that runs the node. `options`: what a successor joins with. */
  | { readonly type: 'status'; readonly status: TabStatus; readonly options: DonorOptions }
  /** The node cannot go on: nobody is to succeed by itself. */
  | { readonly type: 'failed'; readonly status: TabStatus }
  /** The person stopped the node: nobody is to succeed. `erased`: what is remembered of it has to go, too. */
  | { readonly type: 'stopped'; readonly erased: boolean }
  /** To the tab that runs the node. A stop is answered with the same id. */
  | ({ readonly type: 'wish'; readonly id: number } & TabWish)
  | { readonly type: 'answer'; readonly id: number; readonly isDone: boolean };

/** Joins the channel of this profile; returns how to speak. */
export function joinTabs(receive: (message: TabMessage) => void): (message: TabMessage) => void {
  const channel = new BroadcastChannel(CHANNEL_NAME);
  channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => receive(data));
  return (message) => channel.postMessage(message);
}
