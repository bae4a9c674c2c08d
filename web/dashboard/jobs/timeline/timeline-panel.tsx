/**
 * The timeline of a job: what ran where and when, by node, while it goes on.
 */
import { ActionIcon, Button, Skeleton, Tooltip } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { type ComponentType, useCallback, useMemo, useState } from 'react';
import type { JobDetail } from '#shared/api/schemas.ts';
import { askPages } from '../../../api/queries.ts';
import { formatDuration } from '../../format/durations.ts';
import { formatNoun } from '../../format/numbers.ts';
import { useNodeNames } from '../../nodes/node-names.ts';
import { nowMs } from '../../parts/clock.ts';
import { Empty } from '../../parts/empty.tsx';
import { Failure } from '../../parts/failure.tsx';
import { Fn } from '../../parts/fn.tsx';
import { BackIcon, ForwardIcon, RunningIcon, ZoomAllIcon, ZoomInIcon, ZoomOutIcon } from '../../parts/icons.ts';
import { Panel } from '../../parts/panel.tsx';
import { type Layout, layoutSpans } from './layout.ts';
import { Timeline } from './timeline.tsx';
import styles from './timeline.module.css';
import { move, type View, zoom } from './view.ts';

const PAGE_SPANS = 1000;
const ZOOM = 0.5;
const MOVE = 0.5;

/** See above. */
export function TimelinePanel({ job }: { readonly job: JobDetail }) {
  const result = useInfiniteQuery(askPages('getJobTimeline', { params: { id: job.id }, query: { limit: PAGE_SPANS } }));
  const { data, dataUpdatedAt, error, isPending, refetch } = result;
  const nameOf = useNodeNames();
  const layout = useMemo(() => {
    const spans = data?.pages.flatMap(({ items }) => items) ?? [];
    // What runs is drawn until the moment of the answer.
    return dataUpdatedAt === 0 ? undefined : layoutSpans(spans, nowMs());
  }, [data, dataUpdatedAt]);
  const { view, whole, setView, isWhole } = useView(layout);
  const hasBars = layout !== undefined && layout.bars.length > 0;
  return (
    <Panel
      title="Timeline"
      hint={layout && hasBars ? <Hint layout={layout} /> : undefined}
      aside={hasBars && <Controls {...{ view, whole, setView, isWhole }} />}
    >
      {error !== null && !data && <Failure error={error} what="timeline" onRetry={() => void refetch()} />}
      {isPending && <Skeleton height={180} />}
      {layout && !hasBars && <Empty icon={RunningIcon} title="No task of this job has run yet" />}
      {layout && hasBars && (
        <>
          <Timeline {...{ layout, view, whole, nameOf }} onView={setView} label={describe(layout, nameOf)} />
          <Legend layout={layout} />
          {result.hasNextPage && (
            <Button
              variant="default"
              size="xs"
              mt="sm"
              loading={result.isFetchingNextPage}
              onClick={() => void result.fetchNextPage()}
            >
              Load earlier tasks
            </Button>
          )}
        </>
      )}
    </Panel>
  );
}

/** What is seen; the whole, as long as nobody zooms. */
function useView(layout: Layout | undefined) {
  const [chosen, setChosen] = useState<View>();
  const whole = useMemo(
    () => ({ fromMs: layout?.startMs ?? 0, toMs: Math.max(layout?.endMs ?? 1, (layout?.startMs ?? 0) + 1) }),
    [layout],
  );
  const setView = useCallback(
    (view: View) => setChosen(view.fromMs <= whole.fromMs && view.toMs >= whole.toMs ? undefined : view),
    [whole],
  );
  return { view: chosen ?? whole, whole, setView, isWhole: chosen === undefined };
}

interface ControlsProps {
  readonly view: View;
  readonly whole: View;
  readonly setView: (view: View) => void;
  readonly isWhole: boolean;
}

function Controls({ view, whole, setView, isWhole }: ControlsProps) {
  return (
    <div className={styles['controls']} role="group" aria-label="What the timeline shows">
      <Control icon={BackIcon} label="Earlier" isOff={isWhole} onClick={() => setView(move(view, whole, -MOVE))} />
      <Control icon={ForwardIcon} label="Later" isOff={isWhole} onClick={() => setView(move(view, whole, MOVE))} />
      <Control
        icon={ZoomOutIcon}
        label="Zoom out"
        isOff={isWhole}
        onClick={() => setView(zoom(view, whole, 1 / ZOOM, 0.5))}
      />
      <Control icon={ZoomInIcon} label="Zoom in" isOff={false} onClick={() => setView(zoom(view, whole, ZOOM, 0.5))} />
      <Control icon={ZoomAllIcon} label="Show all" isOff={isWhole} onClick={() => setView(whole)} />
    </div>
  );
}

interface ControlProps {
  readonly icon: ComponentType<{ size?: number }>;
  readonly label: string;
  readonly isOff: boolean;
  readonly onClick: () => void;
}

function Control({ icon: Icon, label, isOff, onClick }: ControlProps) {
  return (
    <Tooltip label={label} withArrow>
      <ActionIcon variant="default" size="md" aria-label={label} disabled={isOff} onClick={onClick}>
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

const LEGEND_FUNCTIONS = 8;

function Legend({ layout }: { readonly layout: Layout }) {
  const isRunning = layout.bars.some(({ span }) => span.endedAt === null);
  const isFailed = layout.bars.some(({ span }) => span.state === 'failed');
  return (
    <ul className={styles['legend']}>
      {layout.functions.slice(0, LEGEND_FUNCTIONS).map((fn, index) => (
        <li key={fn}>
          <i style={{ background: `var(--hue-${index + 1})` }} aria-hidden />
          <Fn fn={fn} />
        </li>
      ))}
      {layout.functions.length > LEGEND_FUNCTIONS && <li className="soft">and others in the same colours</li>}
      {isRunning && <li className="soft">paler: not over yet</li>}
      {isFailed && (
        <li>
          <i style={{ background: 'var(--bad)' }} aria-hidden />
          failed
        </li>
      )}
    </ul>
  );
}

function Hint({ layout }: { readonly layout: Layout }) {
  const { bars, rows, startMs, endMs } = layout;
  return (
    <>
      {formatNoun(bars.length, 'task')} on {formatNoun(rows.length, 'node')} in {formatDuration(endMs - startMs)}.{' '}
      <span className={styles['mouse']}>Drag to move, Ctrl and wheel to zoom.</span>
    </>
  );
}

function describe({ rows, bars, startMs, endMs }: Layout, nameOf: (node: string) => string): string {
  const parts = rows.map(
    ({ node }, row) => `${nameOf(node)} ran ${formatNoun(bars.filter((bar) => bar.row === row).length, 'task')}`,
  );
  return `Timeline over ${formatDuration(endMs - startMs)}: ${parts.join(', ')}. The same is in the list of tasks.`;
}
