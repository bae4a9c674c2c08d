/**
 * The donor of a page: the election with the real locks, channels and workers of a browser behind it.
 */
import type { DonateInfo } from '#shared/protocol/donate-info.ts';
import type { Donor } from './donor.ts';
import { findBattery } from './page/abilities.ts';
import { eraseDatabase, IDENTITY_DATABASE, VALUES_DATABASE } from './page/databases.ts';
import { DonorMemory, pageStorage } from './page/donor-memory.ts';
import { ElectedDonor } from './page/elected-donor.ts';
import { keptNodeId } from './page/kept-identity.ts';
import { NodeThread } from './page/node-thread.ts';
import { joinTabs } from './page/tab-channel.ts';

export { findAbilities } from './page/abilities.ts';

const LOCK_NAME = 'daylight-node';

/** Makes the donor of this tab; nothing is started. */
export function createDonor(): Donor {
  const donor = new ElectedDonor({
    memory: new DonorMemory(pageStorage(), navigator.hardwareConcurrency || 1),
    wallMs: () => Date.now(),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    lock: async (signal, hold) => navigator.locks.request(LOCK_NAME, { signal }, hold),
    channel: joinTabs,
    sandboxUrl,
    nodeId: keptNodeId,
    startNode: (options, events) => new NodeThread(options, events),
    async eraseKept() {
      await Promise.all([VALUES_DATABASE, IDENTITY_DATABASE].map(eraseDatabase));
    },
  });
  void findBattery().then((battery) => {
    if (!battery) return;
    battery.addEventListener('chargingchange', () => donor.setCharging(battery.charging));
    donor.setCharging(battery.charging);
  });
  return donor;
}

async function sandboxUrl(serverUrl: string): Promise<string | undefined> {
  try {
    const response = await fetch(`${serverUrl}/donate/info`);
    return response.ok ? ((await response.json()) as DonateInfo).sandboxUrl : undefined;
  } catch {
    return undefined;
  }
}
