/**
 * The donate page without a node: `preview.html?state=running` shows one of the scenarios. The markup is the real page's.
 */
import type { BrowserAbilities } from '#client/host/browser/donor.ts';
import { STOPPED } from '#client/host/browser/tab-status.ts';
import { DonatePage } from '../page.ts';
import { PreviewDonor } from './preview-donor.ts';
import { AFTER_START, SCENARIOS } from './scenarios.ts';

const PAGE_VERSION = 2;
const LAPTOP: BrowserAbilities = {
  isSecureContext: true,
  hasWorkers: true,
  hasWebLocks: true,
  hasIndexedDb: true,
  hasBattery: true,
  hasWebGpu: true,
  cores: 8,
  engine: 'chromium',
};

const name = new URLSearchParams(location.search).get('state') ?? 'intro';
const scenario = SCENARIOS[name];
if (scenario === undefined) throw new Error(`no state ${name}; there are ${Object.keys(SCENARIOS).join(', ')}`);

const markup = new DOMParser().parseFromString(await (await fetch('../index.html')).text(), 'text/html');
document.body.replaceChildren(...markup.body.childNodes);

if (scenario.hasKey === false) localStorage.removeItem('daylight.key');
else localStorage.setItem('daylight.key', 'preview-key');

const donor = new PreviewDonor(
  scenario.status ?? STOPPED,
  { cores: 4, onlyWhileCharging: false, shareGpu: false, allowSoftwareGpu: false, diskLimitBytes: 2e9 },
  AFTER_START,
  scenario.runsElsewhere === true,
);

async function askServer(): Promise<unknown> {
  if (scenario?.isServerAway === true) throw new Error('no connection');
  return {
    isPublic: scenario?.isPublic === true,
    protocolVersion: scenario?.serverVersion ?? PAGE_VERSION,
    sandboxUrl: 'https://sandbox.example/sandbox.html',
  };
}

// For trying things by hand, and for whoever drives this page from outside.
Object.assign(globalThis, { donor, scenarios: Object.keys(SCENARIOS) });
new DonatePage({
  donor,
  findAbilities: () => Promise.resolve({ ...LAPTOP, ...scenario.abilities }),
  askServer,
  pageVersion: PAGE_VERSION,
}).run();
