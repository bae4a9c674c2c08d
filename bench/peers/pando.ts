// Pando as the peer of a tab: another system whose workers are browser tabs. Always an earlier run, not one beside us: it was
// given up years ago, and needs old versions of everything.
import type { PeerFigures } from './peer-figures.ts';

/**
 * Pando at its last commit (2019), one Chromium tab over WebSocket, squares of numbers without any delay, 2 vCPUs: the best of its runs, with 1 000
 * values under way, and with one at a time. It has no journal, no objects, no timeouts and no sandbox.
 */
export const PANDO: PeerFigures = {
  name: 'Pando (2019)',
  note: 'peer: the best of other runs on the same kind of machine (2 vCPU), not this one',
  values: {
    'tab tasks async': 2_877,
    'tab tasks async, hidden': 2_877,
    'tab tasks sync': 1_228,
  },
};
