/**
 * What a run on the timeline is, shown beside the pointer.
 */
import { formatDuration } from '../../format/durations.ts';
import { shortFunction } from '../../format/function-name.ts';
import { wordsOf } from '../../parts/states.ts';
import type { Bar } from './layout.ts';
import styles from './timeline.module.css';

const WIDTH_PX = 260;
const OFFSET_PX = 14;

/** See above. */
export interface BarTipProps {
  readonly bar: Bar;
  readonly x: number;
  readonly y: number;
  /** Of the drawing: beyond its edge the tip stands on the other side. */
  readonly width: number;
  readonly nameOf: (node: string) => string;
}

/** See above. */
export function BarTip({ bar, x, y, width, nameOf }: BarTipProps) {
  const { span, startMs, endMs } = bar;
  const left = Math.max(0, x + OFFSET_PX + WIDTH_PX > width ? x - OFFSET_PX - WIDTH_PX : x + OFFSET_PX);
  return (
    <div className={styles['tip']} style={{ left, top: y + OFFSET_PX, width: WIDTH_PX }} aria-hidden>
      <p>
        <strong>{shortFunction(span.fn)}</strong> <span className="mono soft">{span.task}</span>
      </p>
      <p>
        {span.endedAt === null ? 'With its node for' : `${wordsOf(span.state).label}, ran`}{' '}
        {formatDuration(endMs - startMs)}
      </p>
      <p className="soft">on {nameOf(span.node ?? '')}</p>
      {span.error !== null && <p className="bad">{span.error}</p>}
    </div>
  );
}
