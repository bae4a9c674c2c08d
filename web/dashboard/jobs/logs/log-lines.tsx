/**
 * The lines of a log. The view stays at the end while it is followed; scrolling up ends that, scrolling down begins it again.
 */
import { Button } from '@mantine/core';
import { memo, useEffect, useRef, useState } from 'react';
import type { LogLine } from '#shared/api/schemas.ts';
import { formatClock, formatMoment } from '../../format/times.ts';
import { EntityLink } from '../../parts/id.tsx';
import { levelName } from './log-filter.ts';
import styles from './job-log.module.css';

/** Lines in the page at first, and how many more come with each press. */
const DRAWN = 2000;
/** So far from the end counts as at the end. */
const NEAR_PX = 24;

/** See above. */
export interface LogLinesProps {
  readonly lines: readonly LogLine[];
  readonly isFollowing: boolean;
  readonly setFollowing: (isFollowing: boolean) => void;
  readonly withTask: boolean;
}

/** See above. */
export function LogLines({ lines, isFollowing, setFollowing, withTask }: LogLinesProps) {
  const place = useRef<HTMLDivElement>(null);
  const [drawn, setDrawn] = useState(DRAWN);
  const shown = lines.slice(-drawn);
  useEffect(() => {
    const element = place.current;
    if (isFollowing && element) element.scrollTop = element.scrollHeight;
  }, [lines, isFollowing]);
  const onScroll = (): void => {
    const element = place.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    if (isAtEnd !== isFollowing) setFollowing(isAtEnd);
  };
  return (
    <div
      ref={place}
      className={styles['log']}
      role="log"
      aria-live="off"
      aria-label="Log"
      tabIndex={0}
      onScroll={onScroll}
    >
      {lines.length > shown.length && (
        <Button variant="subtle" size="xs" onClick={() => setDrawn(drawn + DRAWN)}>
          Show earlier lines
        </Button>
      )}
      {shown.length === 0 && <p className="soft">No line fits.</p>}
      {shown.map((line) => (
        <Line key={line.number} line={line} withTask={withTask} />
      ))}
    </div>
  );
}

const Line = memo(function Line({ line, withTask }: { readonly line: LogLine; readonly withTask: boolean }) {
  const { at, level, node, task, text } = line;
  const atMs = at === null ? undefined : Date.parse(at);
  return (
    <div className={styles['line']} data-level={levelName(level)}>
      <span className={styles['meta']}>
        {at !== null && atMs !== undefined && (
          <time dateTime={at} title={formatMoment(atMs)}>
            {formatClock(atMs)}
          </time>
        )}
        <span className={styles['node']} title={node}>
          {node}
        </span>
        {withTask && task !== null && <EntityLink kind="task" id={task} />}
      </span>
      <span className={styles['text']}>
        {level >= 2 && <span className="unseen">{levelName(level)}: </span>}
        {text}
      </span>
    </div>
  );
});
