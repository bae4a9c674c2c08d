/**
 * The tab's icon: the sun, whose colour and face tell the state among many tabs.
 */
import type { StateTone } from './state-text.ts';

const RAYS =
  '<path d="M16 2v4M16 26v4M2 16h4M26 16h4M6.1 6.1l2.8 2.8M23.1 23.1l2.8 2.8M6.1 25.9l2.8-2.8M23.1 8.9l2.8-2.8" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/>';
const BARS = '<path d="M13 12.5v7M19 12.5v7" stroke="#fff" stroke-width="2.8" stroke-linecap="round"/>';
const BANG = '<path d="M16 11v6M16 21v.1" stroke="#fff" stroke-width="2.8" stroke-linecap="round"/>';

const FACES: Record<StateTone | 'idle', { readonly color: string; readonly rays: boolean; readonly face: string }> = {
  idle: { color: '#e08b00', rays: true, face: '' },
  busy: { color: '#e08b00', rays: true, face: '' },
  calm: { color: '#e08b00', rays: false, face: '' },
  paused: { color: '#7b766d', rays: false, face: BARS },
  away: { color: '#b9b2a6', rays: true, face: '' },
  problem: { color: '#c62f25', rays: false, face: BANG },
};

/** The icon as an address. */
export function iconAddress(tone: StateTone | 'idle'): string {
  const { color, rays, face } = FACES[tone];
  const disc = `<circle cx="16" cy="16" r="${rays ? 7.5 : 11}" fill="currentColor"/>`;
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" color="${color}">${rays ? RAYS : ''}${disc}${face}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(picture)}`;
}
