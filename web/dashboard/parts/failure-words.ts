/**
 * What went wrong between the page and the server, in words that say what to do.
 */
import { ApiFailure } from '#shared/api/client.ts';
import { NoConnectionError } from '../../api/browser-client.ts';

/** A failure for people. */
export interface FailureWords {
  readonly title: string;
  readonly advice: string;
}

/** See above; `what` is what was asked for, such as `job`. */
export function describeFailure(error: unknown, what = 'page'): FailureWords {
  if (error instanceof NoConnectionError) {
    return {
      title: 'No connection to the server',
      advice: 'Is it running, and is this computer on the network? This page asks again by itself.',
    };
  }
  if (error instanceof ApiFailure) return describeAnswer(error, what);
  return {
    title: 'This part of the page has failed',
    advice: `Reload the page. If it happens again, report this: ${error instanceof Error ? error.message : String(error)}`,
  };
}

function describeAnswer({ status, message }: ApiFailure, what: string): FailureWords {
  if (status === 401) return { title: 'You are not logged in', advice: 'Log in with the token of the cluster.' };
  if (status === 403) return { title: 'You may only look', advice: 'This needs the token of an operator.' };
  if (status === 404) {
    return {
      title: `There is no such ${what}`,
      advice:
        what === 'object'
          ? 'It has been freed: objects go when nobody holds them any more. Or the id is mistyped.'
          : 'It may have been deleted, or be older than what the server keeps. Check the id.',
    };
  }
  if (status === 429) return { title: 'Too many requests', advice: 'Wait a minute, then try again.' };
  if (status === 503) return { title: 'The server cannot do this now', advice: sentence(message) };
  if (status >= 500) {
    return { title: 'The server failed', advice: `Its log says why. It answered: ${sentence(message)}` };
  }
  return { title: 'The server refuses this', advice: sentence(message) };
}

/** One capital letter and one full stop. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  return `${trimmed.charAt(0).toUpperCase()}${trimmed.slice(1)}${/[.!?…]$/.test(trimmed) ? '' : '.'}`;
}
