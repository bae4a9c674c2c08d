/**
 * The headers that say what a browser may do with what this server sends. Everything is forbidden first; a page, its
 * workers and the sandbox document then get what they need.
 */
import type { Address, Site } from './site.ts';
import { formatHostName } from './host-name.ts';

/** What pages and scripts could ask of a browser, and neither does. */
const UNUSED_FEATURES = [
  'accelerometer',
  'autoplay',
  'browsing-topics',
  'camera',
  'clipboard-read',
  'clipboard-write',
  'compute-pressure',
  'cross-origin-isolated',
  'display-capture',
  'encrypted-media',
  'fullscreen',
  'gamepad',
  'geolocation',
  'gyroscope',
  'hid',
  'identity-credentials-get',
  'idle-detection',
  'keyboard-map',
  'local-fonts',
  'magnetometer',
  'microphone',
  'midi',
  'otp-credentials',
  'payment',
  'picture-in-picture',
  'publickey-credentials-create',
  'publickey-credentials-get',
  'screen-wake-lock',
  'serial',
  'storage-access',
  'sync-xhr',
  'usb',
  'window-management',
  'xr-spatial-tracking',
];
const NO_FEATURES = UNUSED_FEATURES.map((name) => `${name}=()`).join(', ');

/** For everything, unless it has headers of its own. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Permissions-Policy': NO_FEATURES,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-DNS-Prefetch-Control': 'off',
};

/** For the donate page, and for its scripts: a worker obeys the policy that its own file came with. */
export function donatePolicy(site: Site, page: Address): string {
  // Older browsers do not count a WebSocket of the same host as `'self'`.
  const host = formatHostName(page.host);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self'",
    `connect-src 'self' ws://${host} wss://${host}`,
    "img-src 'self' data:",
    `frame-src ${site.sandboxUrlFor(page)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** As for everything, save that what the dashboard shows can be copied. */
export const DASHBOARD_FEATURES = UNUSED_FEATURES.map((name) =>
  name === 'clipboard-write' ? `${name}=(self)` : `${name}=()`,
).join(', ');

/** For the dashboard. Its components set styles on elements, its editor makes style sheets; scripts come from files alone. */
export function dashboardPolicy(page: Address): string {
  const host = formatHostName(page.host);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    `connect-src 'self' ws://${host} wss://${host}`,
    "img-src 'self' data: blob:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * For the sandbox document. `sandbox` makes it a stranger to its own host even when it is opened by itself; the jobs' code
 * runs in workers from `data:` addresses, which take this policy over whole.
 */
export function sandboxHeaders(site: Site, address: Address, nonce: string): Record<string, string> {
  return {
    'Content-Security-Policy': [
      'sandbox allow-scripts',
      "default-src 'none'",
      `script-src 'nonce-${nonce}' blob: data: 'wasm-unsafe-eval' 'unsafe-eval'`,
      'worker-src data:',
      "connect-src 'none'",
      "form-action 'none'",
      "base-uri 'none'",
      `frame-ancestors ${site.framersOf(address).join(' ')}`,
    ].join('; '),
    'Origin-Agent-Cluster': '?1',
    // Framed by a page of another host name.
    'Cross-Origin-Resource-Policy': 'cross-origin',
    'Cache-Control': 'no-store',
  };
}
