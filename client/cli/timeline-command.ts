/**
 * `daylight timeline`: what ran where and when in a job, as text or as a trace for Perfetto.
 */
import type { Command } from 'commander';
import type { JobDetail, Span } from '#shared/api/schemas.ts';
import { chromeTrace } from './chrome-trace.ts';
import { connectApi, takeRows } from './cluster-api.ts';
import { findJob } from './find.ts';
import { counted, formatDuration } from './format.ts';
import { outputWidth, print, printJson, say } from './output.ts';
import { parseCount } from './parse-values.ts';
import { plainLine } from './printable.ts';
import { saveFile } from './save-file.ts';
import { layOut, type Timeline } from './span-lanes.ts';
import { fitTable } from './table.ts';
import { addTargetOptions, resolveTarget, type TargetOptions } from './target.ts';
import { type Bars, drawBars } from './timeline-bars.ts';

const DEFAULT_LIMIT = 100_000;
const DEFAULT_WIDTH = 100;
const MIN_BAR_COLUMNS = 20;
const SHOWN_GROUPS = 20;

interface TimelineOptions extends TargetOptions {
  readonly out?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Adds the command. */
export function addTimelineCommand(program: Command): void {
  const command = program
    .command('timeline')
    .summary('what of a job ran where and when')
    .description(
      'Shows what of a job ran where and when. With --out it writes a trace in the format of Chrome: open it at https://ui.perfetto.dev.',
    )
    .argument('<job>', 'id of the job, or its name: the newest of that name')
    .option('--out <file>', 'write the trace to this file')
    .option('--limit <n>', 'the newest tasks, at most this many', parseCount, DEFAULT_LIMIT)
    .option('--json', 'print the trace as one line of JSON');
  addTargetOptions(command).addHelpText('after', '\nExample:\n  daylight timeline 7 --out trace.json').action(timeline);
}

async function timeline(name: string, options: TimelineOptions): Promise<void> {
  const { out, limit, json = false } = options;
  const api = connectApi(resolveTarget(options));
  const job = await findJob(api, name);
  const { items, next } = await takeRows(api, 'getJobTimeline', { params: { id: job.id }, limit });
  const nodes = new Map((await takeRows(api, 'listNodes')).items.map((node) => [node.id, node.name]));
  const nameOf = (node: string): string => plainLine(nodes.get(node) ?? '') || `node ${node}`;
  const laidOut = layOut(items satisfies readonly Span[], Date.now());
  if (next !== null) say(`the newest ${counted(limit, 'task')} are shown: --limit takes more`);
  if (out === undefined && !json) {
    print(...timelineLines(job, laidOut, { nameOf, width: outputWidth() ?? DEFAULT_WIDTH }));
    return;
  }
  const trace = chromeTrace(laidOut, job, nameOf);
  if (out !== undefined) {
    await saveFile(out, JSON.stringify(trace));
    say(`${counted(laidOut.spans.length, 'task')} in ${out}: open it at https://ui.perfetto.dev`);
  }
  if (json) printJson(trace);
}

/** The timeline as text. */
export function timelineLines(
  job: Pick<JobDetail, 'id' | 'name'>,
  laidOut: Timeline,
  { nameOf, width }: { nameOf: (node: string) => string; width: number },
): string[] {
  const { spans, durationMs, lanes } = laidOut;
  const head = `job ${job.id} (${plainLine(job.name)})`;
  if (spans.length === 0) return [`${head}: nothing has run yet`];
  const total = formatDuration(durationMs);
  const nodeColumns = [...lanes.keys()].map(nameOf);
  const functions = spans.map(({ span }) => plainLine(span.fn));
  const nameWidth = Math.min(24, Math.max(8, ...nodeColumns.map(length), ...functions.map(length)));
  // What stands before a bar: name, tasks, failed, busy.
  const columns = Math.max(MIN_BAR_COLUMNS, width - nameWidth - 32);
  const scale = `0${total.padStart(columns - 1, '─')}`;
  const block = (heading: string, bars: Bars[]): readonly string[] => {
    const shown = bars.toSorted((a, b) => b.busyMs - a.busyMs).slice(0, SHOWN_GROUPS);
    const column = (title: string, cellOf: (bar: Bars) => string) => ({ heading: title, cells: shown.map(cellOf) });
    const { lines } = fitTable(
      [
        { ...column(heading, (bar) => bar.name), importance: 2, minWidth: nameWidth },
        { ...column('TASKS', (bar) => String(bar.tasks)), align: 'right' },
        { ...column('FAILED', (bar) => String(bar.failed)), align: 'right' },
        { ...column('BUSY', (bar) => formatDuration(bar.busyMs)), align: 'right' },
        { ...column(scale, (bar) => bar.bar), importance: 2 },
      ],
      width,
    );
    return bars.length > shown.length ? [...lines, `… and ${bars.length - shown.length} more`] : lines;
  };
  return [
    `${head}: ${counted(spans.length, 'task')} on ${counted(lanes.size, 'node')} in ${total}`,
    '',
    ...block(
      'NODE',
      drawBars(laidOut, ({ node }) => node, columns).map((bar) => ({ ...bar, name: nameOf(bar.name) })),
    ),
    '',
    ...block(
      'FUNCTION',
      drawBars(laidOut, ({ span }) => plainLine(span.fn), columns),
    ),
  ];
}

function length(text: string): number {
  return text.length;
}
