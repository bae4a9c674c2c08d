/**
 * The program of the raylet's worker in a browser tab: the trusted side of the node, on a thread of its own.
 */
import { expose } from 'comlink';
import { tabPageLink } from './node/page-link.ts';
import { TabNode } from './node/tab-node.ts';
import type { TabNodeApi } from './node/tab-node-api.ts';

const { promise: started, resolve, reject } = Promise.withResolvers<TabNode>();
// Whoever asks for it hears of a failure; that nobody has asked yet is none.
started.catch(() => undefined);

const api: TabNodeApi = {
  async start(options, page) {
    try {
      const node = await TabNode.create(options, tabPageLink(page));
      node.start();
      resolve(node);
    } catch (error) {
      reject(error as Error);
      throw error;
    }
  },
  setPaused: async (isPaused) => (await started).setPaused(isPaused),
  snoozeUntil: async (wallMs) => (await started).snoozeUntil(wallMs),
  setCharging: async (isCharging) => (await started).setCharging(isCharging),
  change: async (settings) => (await started).change(settings),
  stop: async (reason) => (await started).stop(reason),
};

expose(api);
