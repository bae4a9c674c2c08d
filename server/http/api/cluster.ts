/**
 * The cluster: nodes, measurements, events.
 */
import type { Event, Page, Series } from '#shared/api/schemas.ts';
import { MAX_QUERY_ROWS } from '#shared/ports/storage.ts';
import type { SeriesValues } from '../../metrics/stepped-series.ts';
import type { Handlers } from '../api-router.ts';
import { ApiError } from '../api-error.ts';
import { clusterView } from '../cluster-view.ts';
import { type Columns, passes, rowOf } from '../columns.ts';
import { listQueryOf, type ListQuery, pageOf } from '../lists.ts';
import { EVENT_COLUMNS, iso, NODE_COLUMNS, PAST_EVENT_COLUMNS } from '../views.ts';
import { type ApiParts, nodeOf, numberedTable, turnsFor } from './parts.ts';

type ClusterRoutes = 'listNodes' | 'getNode' | 'getNodeSeries' | 'getCluster' | 'getSeries' | 'listEvents';

const NO_SERIES: SeriesValues<string> = { stepMs: 5_000, endAtMs: 0, values: {} };

/** The handlers. */
export function clusterHandlers(parts: ApiParts): Pick<Handlers, ClusterRoutes> {
  const { plane, measurements } = parts;
  return {
    listNodes: ({ query }) =>
      pageOf(numberedTable(plane.gcs.state.sessions), NODE_COLUMNS, listQueryOf(query, NODE_COLUMNS), turnsFor(parts)),
    getNode: ({ params }) => rowOf(NODE_COLUMNS, nodeOf(parts, params.id)),
    getNodeSeries: ({ params }) => seriesView(measurements.node(nodeOf(parts, params.id).id) ?? NO_SERIES),
    getCluster: () => clusterView(parts),
    getSeries: ({ query }) => seriesView(measurements.cluster(query.span ?? '10m')),
    listEvents: ({ query }) => eventPage(parts, listQueryOf(query, EVENT_COLUMNS)),
  };
}

function seriesView({ stepMs, endAtMs, values }: SeriesValues<string>): Series {
  return { stepMs, endAt: iso(endAtMs), values };
}

/** Events are numbered, so a cursor is digits: what `Number` takes for a number beside that, such as an empty text, is none. */
function eventNumberOf(cursor: string): number {
  const number = /^\d{1,16}$/.test(cursor) ? Number(cursor) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new ApiError(400, 'bad-query', '"after" is the `next` of another page of events');
}

/** Those in memory first, which may not be written down yet, then the history; the cursor is an event's number. */
async function eventPage(parts: ApiParts, { limit, after, filters }: ListQuery<Event>): Promise<Page<Event>> {
  const { plane } = parts;
  const turns = turnsFor(parts);
  const items: Event[] = [];
  let below = after === undefined ? Infinity : eventNumberOf(after);
  /** Takes one more; false if there is one too many. */
  const take = <R>(columns: Columns<R, Event>, record: R, key: number): boolean => {
    const isShown = passes(columns, record, filters);
    if (isShown && items.length === limit) return false;
    if (isShown) items.push(rowOf(columns, record));
    below = key;
    return true;
  };
  for (const event of plane.events.toReversed())
    if (event.number < below && !take(EVENT_COLUMNS, event, event.number)) return { items, next: String(below) };
  do {
    // oxlint-disable-next-line no-await-in-loop -- one page after the other
    const page = await plane.storage.query({
      table: 'event_history',
      limit: MAX_QUERY_ROWS,
      limitMs: turns.leftMs,
      ...(below === Infinity ? {} : { afterKey: below }),
    });
    for (const row of page.rows) if (!take(PAST_EVENT_COLUMNS, row, row.key)) return { items, next: String(below) };
    if (page.nextAfterKey === null) return { items, next: null };
    below = page.nextAfterKey;
  } while (turns.leftMs > 0);
  return { items, next: String(below) };
}
