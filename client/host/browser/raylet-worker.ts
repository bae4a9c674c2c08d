/**
 * The program of the raylet's worker in a browser tab: the trusted side of the node, on a thread of its own.
 */
import { expose } from 'comlink';
import { TabNode } from './node/tab-node.ts';
import type { TabNodeApi } from './node/tab-node-api.ts';
import { tabPageLink } from './node/page-link.ts';

let node: TabNode | undefined;

const api: TabNodeApi = {
  async start(options, page) {
    node = await TabNode.create(options, tabPageLink(page));
    node.start();
  },
  setPaused: (isPaused) => node?.setPaused(isPaused),
  snoozeUntil: (wallMs) => node?.snoozeUntil(wallMs),
  setCharging: (isCharging) => node?.setCharging(isCharging),
  change: (settings) => node?.change(settings),
  async stop(reason) {
    await node?.stop(reason);
  },
  async erase() {
    await node?.erase();
  },
};

expose(api);
