/**
 * The donate page with the real node of this browser behind it.
 */
import { createDonor, findAbilities } from '#client/host/browser/browser-donor.ts';
import { PROTOCOL_VERSION } from '#shared/protocol/version.ts';
import { DonatePage } from './page.ts';

const INFO_TIMEOUT_MS = 10_000;

async function askServer(): Promise<unknown> {
  const signal = AbortSignal.timeout(INFO_TIMEOUT_MS);
  // What a browser says of a connection that fails is not for people, and differs from browser to browser.
  const response = await fetch('/donate/info', { cache: 'no-store', signal }).catch(() => {
    throw new Error(signal.aborted ? 'no answer in 10 seconds' : 'no connection');
  });
  if (!response.ok) throw new Error(`it answered with ${response.status}`);
  return response.json();
}

new DonatePage({ donor: createDonor(), findAbilities, askServer, pageVersion: PROTOCOL_VERSION }).run();
