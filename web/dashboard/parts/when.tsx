/**
 * Moments and lengths of time that go on by themselves.
 */
import { formatAgo, formatMoment, formatRunTime } from '../format/times.ts';
import { useClock } from './clock.ts';

/** A moment by its age; the exact time shows on hover and is read by machines. */
export function When({ at, missing = '–' }: { readonly at: string | null; readonly missing?: string }) {
  const atMs = at === null ? undefined : Date.parse(at);
  const text = useClock((nowMs) => (atMs === undefined ? missing : formatAgo(atMs, nowMs)));
  if (at === null || atMs === undefined) return <span className="soft">{missing}</span>;
  return (
    <time dateTime={at} title={formatMoment(atMs)} className="nowrap">
      {text}
    </time>
  );
}

/** How long something took, or has taken so far. */
export function RunTime({ from, to }: { readonly from: string | null; readonly to: string | null }) {
  const text = useClock((nowMs) => formatRunTime(from, to, nowMs));
  return <span className="nowrap number">{text}</span>;
}
