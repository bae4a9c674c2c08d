/**
 * Tabs of one browser profile among themselves (rule M4): the one that runs the node tells the others how it is, they pass
 * on what their person wants. Messages are plain data over a BroadcastChannel.
 */
import type { DonorOptions } from '../donor.ts';
import type { TabSettings, TabStatus } from '../tab-status.ts';

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
  | {
      readonly type: 'status';
      readonly status: TabStatus;
      readonly settings: TabSettings;
      readonly options: DonorOptions;
    }
  /** The person stopped the node: nobody is to succeed. */
  | { readonly type: 'stopped' }
  | ({ readonly type: 'wish' } & TabWish);

/** The channel of this profile. */
export class TabChannel {
  readonly #channel: BroadcastChannel;

  constructor(name: string, receive: (message: TabMessage) => void) {
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => receive(data));
  }

  say(message: TabMessage): void {
    this.#channel.postMessage(message);
  }
}
