/**
 * The log of a job as it grows: what is new is asked for when the live channel says there is some, and now and then without it.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { LogLine } from '#shared/api/schemas.ts';
import { api } from '../../../api/browser-client.ts';
import { lastLogLineKey } from '../../../api/live-cache.ts';
import { useLiveChannel } from '../../parts/live.ts';

const PAGE_LINES = 1000;
/** Lines kept in the page; the oldest go first. */
const MAX_LINES = 20_000;
const POLL_MS = 1000;
/** After the end of a job its last lines are still on their way. */
const POLLS_AFTER_END = 4;

/** What is known of a log. */
export interface JobLogState {
  readonly lines: readonly LogLine[];
  readonly isLoading: boolean;
  readonly error: unknown;
}

/** See above; with `task` only what that task printed. */
export function useJobLog(job: string, task: string | undefined, isRunning: boolean): JobLogState {
  const cache = useQueryClient();
  const live = useLiveChannel();
  const [state, setState] = useState<JobLogState>({ lines: [], isLoading: true, error: undefined });
  useEffect(() => {
    let isGone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let next = 0;
    let pollsLeft = isRunning ? Infinity : POLLS_AFTER_END;
    // What the channel tells counts the whole job's lines, and says nothing once the channel is gone.
    const hasNews = (): boolean => {
      const last = cache.getQueryData<number>(lastLogLineKey(job));
      return next === 0 || last === undefined || last > next || live.state !== 'live' || !isRunning;
    };
    const readNew = async (): Promise<void> => {
      for (;;) {
        const query = { after: next, limit: PAGE_LINES, ...(task === undefined ? {} : { task }) };
        const page = await api.call('getJobLogs', { params: { id: job }, query });
        if (isGone) return;
        const isFirst = next === 0;
        next = Math.max(next, page.next);
        setState((before) => ({
          lines: joined(isFirst ? [] : before.lines, page.items),
          isLoading: false,
          error: undefined,
        }));
        if (page.items.length < PAGE_LINES) return;
      }
    };
    const poll = async (): Promise<void> => {
      try {
        if (hasNews()) await readNew();
      } catch (error) {
        if (!isGone) setState((before) => ({ ...before, isLoading: false, error }));
      }
      pollsLeft -= 1;
      if (!isGone && pollsLeft > 0) timer = setTimeout(() => void poll(), POLL_MS);
    };
    void poll();
    return () => {
      isGone = true;
      clearTimeout(timer);
    };
  }, [job, task, isRunning, cache, live]);
  return state;
}

function joined(before: readonly LogLine[], added: readonly LogLine[]): readonly LogLine[] {
  if (added.length === 0) return before;
  const last = before.at(-1)?.number ?? 0;
  return [...before, ...added.filter(({ number }) => number > last)].slice(-MAX_LINES);
}
