/**
 * Where the node stands, in a headline and a few sentences: the same facts for the eye, for the tab's title and for a
 * screen reader, which is told of changes only and not of every number.
 */
import type { PauseReason, TabStatus } from '#client/host/browser/tab-status.ts';
import { describeProblem } from './problem-text.ts';
import { clipText, formatClock, formatCount, formatCountdown, type ClockStyle } from '../design/words.ts';

/** Decides colours and the mark. */
export type StateTone = 'busy' | 'calm' | 'paused' | 'away' | 'problem';

/** See above. */
export interface StateText {
  readonly tone: StateTone;
  readonly headline: string;
  readonly sentences: readonly string[];
  /** Without numbers that change by themselves. */
  readonly announcement: string;
  /** What stands before ` – Daylight` in the tab's title. */
  readonly title: string;
}

/** When the words are for. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** How long ago the status came. */
  readonly statusAgeMs: number;
  readonly clock?: ClockStyle;
}

/** Tasks shorter than the time between two reports are rarely seen running; a busy core tells of them. */
const BUSY_CORES = 0.02;
const TROUBLE_LENGTH = 200;

/** Whether tasks run now or ran a moment ago. */
export function isComputing(status: TabStatus): boolean {
  return status.runningTasks > 0 || status.queuedTasks > 0 || status.busyCores > BUSY_CORES;
}

/** Whether the owner paused it, so that Resume helps. */
export function isPausedByOwner(status: TabStatus): boolean {
  return status.pauseReasons.includes('user') || status.pauseReasons.includes('snooze');
}

function describeConnecting(status: TabStatus, moment: Moment): StateText {
  return {
    tone: 'away',
    headline: 'Looking for the server',
    sentences: describeRetry(status, moment),
    announcement: 'Looking for the server.',
    title: '… Connecting',
  };
}

function describeReconnecting(status: TabStatus, moment: Moment): StateText {
  const goesOn =
    status.runningTasks + status.queuedTasks > 0
      ? 'The work that is here goes on meanwhile.'
      : 'It goes on by itself when the server is back.';
  return {
    tone: 'away',
    headline: 'The server is away',
    sentences: [...describeRetry(status, moment), goesOn],
    announcement: `The server is away. ${goesOn}`,
    title: '↻ Server away',
  };
}

function describeRetry(status: TabStatus, moment: Moment): string[] {
  const trouble = clipText(status.trouble, TROUBLE_LENGTH);
  const reason = trouble === '' ? [] : [`Reason: ${trouble}${/[.!?…]$/.test(trouble) ? '' : '.'}`];
  if (status.retryInMs === undefined) return [...reason, 'Trying now…'];
  const remainingMs = status.retryInMs - moment.statusAgeMs;
  return [...reason, remainingMs > 0 ? `Next try in ${formatCountdown(remainingMs)}.` : 'Trying now…'];
}

function describeJoined(status: TabStatus): StateText {
  const stranger = status.isTrusted
    ? []
    : ['This browser counts as a stranger here: only jobs that allow strangers run on it.'];
  if (!isComputing(status)) {
    return {
      tone: 'calm',
      headline: 'Waiting for work',
      sentences: ['Connected. Tasks start by themselves when there are some.', ...stranger],
      announcement: 'Connected, waiting for work.',
      title: '○ Waiting for work',
    };
  }
  const tasks = status.runningTasks === 0 ? '' : formatCount(status.runningTasks, 'task');
  return {
    tone: 'busy',
    headline: tasks === '' ? 'Computing' : `Computing ${tasks}`,
    sentences: ['Thank you. You can go on using this computer.', ...stranger],
    announcement: 'Computing.',
    title: `▶ ${tasks === '' ? 'Computing' : tasks}`,
  };
}

const WAY_OUT: Record<PauseReason, string> = {
  user: 'You paused it. It takes no new tasks until you press Resume.',
  snooze: 'You paused it for a while. It goes on by itself then, or when you press Resume.',
  battery: 'This computer runs on battery. It goes on when it charges; the setting is below.',
};

function describePaused(status: TabStatus, moment: Moment): StateText {
  // A pause without end hides one that ends.
  const reasons = status.pauseReasons.includes('user')
    ? status.pauseReasons.filter((reason) => reason !== 'snooze')
    : status.pauseReasons;
  const until = reasons.includes('snooze') ? formatClock(status.snoozedUntilMs, moment.nowMs, moment.clock) : '';
  const headline = until !== '' ? `Paused until ${until}` : reasons[0] === 'battery' ? 'Paused: on battery' : 'Paused';
  const ending = status.runningTasks > 0 ? ['What already runs may end first.'] : [];
  return {
    tone: 'paused',
    headline,
    sentences: [...reasons.map((reason) => WAY_OUT[reason]), ...ending],
    announcement: `${headline}.`,
    title: `⏸ ${headline}`,
  };
}

function describeStopped(): StateText {
  return {
    tone: 'calm',
    headline: 'Another tab does the work',
    sentences: ['Asking it how it goes…'],
    announcement: 'Another tab of this browser does the work.',
    title: 'Daylight in another tab',
  };
}

/** What to show for a status; `stopped` means here that another tab runs the node and has not told of itself yet. */
export function describeState(status: TabStatus, moment: Moment): StateText {
  switch (status.phase) {
    case 'stopped':
      return describeStopped();
    case 'connecting':
      return describeConnecting(status, moment);
    case 'reconnecting':
      return describeReconnecting(status, moment);
    case 'joined':
      return describeJoined(status);
    case 'paused':
      return describePaused(status, moment);
    case 'failed': {
      const { headline, sentences } = describeProblem(status.problem ?? { code: 'other', message: '' });
      return {
        tone: 'problem',
        headline,
        sentences,
        announcement: [`${headline}.`, ...sentences].join(' '),
        title: '⚠ Not working',
      };
    }
  }
}
