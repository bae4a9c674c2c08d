/**
 * Why this browser cannot go on, in sentences for the person at it, and what that person can do.
 */
import type { TabProblem } from '#client/host/browser/tab-status.ts';
import { clipText } from '../design/words.ts';

const DETAILS_LENGTH = 300;

/** See above. */
export interface ProblemText {
  readonly headline: string;
  readonly sentences: readonly string[];
  /** The node's own words, where they say more; empty otherwise. */
  readonly details: string;
  /** What the button does: start the node again, or load the page again. */
  readonly repair: 'start' | 'reload';
  readonly repairLabel: string;
}

/** What to show for a problem. */
export function describeProblem(problem: TabProblem): ProblemText {
  const details = clipText(problem.message, DETAILS_LENGTH);
  const base = { details, repair: 'start', repairLabel: 'Try again' } as const;
  switch (problem.code) {
    case 'key':
      return {
        ...base,
        headline: 'The key was not accepted',
        sentences: [
          'This cluster is private, and the key of this browser is missing or no longer valid.',
          'Ask its owner for the donate link or QR code.',
        ],
      };
    case 'version':
      return {
        ...base,
        headline: 'This page is of another release than the server',
        sentences: ['Load the page again to get the one that fits.'],
        repair: 'reload',
        repairLabel: 'Load again',
      };
    case 'taken-over':
      return {
        ...base,
        headline: 'Another tab took over',
        sentences: [
          'Another tab of this browser, or a copy of this browser profile, works now instead of this one. One is enough.',
        ],
        repairLabel: 'Start here instead',
      };
    case 'sandbox':
      return {
        ...base,
        headline: 'The sandbox cannot be made',
        sentences: [
          'Programs run only in a sandbox inside this page. This browser did not make one, so nothing runs.',
          'An extension or a rule of your organisation may block it, or the name it is loaded from is not set up. Try a window without extensions, or tell whoever runs the cluster.',
        ],
      };
    case 'other':
      return { ...base, headline: 'Something went wrong', sentences: ['Nothing runs here now.'] };
  }
}
