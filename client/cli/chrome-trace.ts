/**
 * A timeline in Chrome's trace event format, which Perfetto (ui.perfetto.dev) and `chrome://tracing` open: a process for each node,
 * a thread for each lane, a complete event for each span.
 */
import type { Timeline } from './span-lanes.ts';

/** An event of the format; times in microseconds. */
export interface TraceEvent {
  readonly ph: 'X' | 'M';
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  /** A colour that the format reserves for it. */
  readonly cname?: string;
  readonly args: Readonly<Record<string, unknown>>;
}

/** The file's content. */
export interface ChromeTrace {
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string>>;
  readonly traceEvents: readonly TraceEvent[];
}

const COLOURS: Readonly<Record<string, string>> = { failed: 'terrible', cancelled: 'grey' };

/** The trace of a job; `nameOf` names nodes. */
export function chromeTrace(
  { spans, originMs, lanes }: Timeline,
  job: { readonly id: string; readonly name: string },
  nameOf: (node: string) => string,
): ChromeTrace {
  const names = [...lanes].flatMap(([node, count]): TraceEvent[] => {
    const pid = Number(node);
    const meta = (name: string, tid: number, args: TraceEvent['args']): TraceEvent => ({
      ph: 'M',
      name,
      pid,
      tid,
      args,
    });
    return [
      meta('process_name', 0, { name: `node ${node}: ${nameOf(node)}` }),
      meta('process_sort_index', 0, { sort_index: pid }),
      ...Array.from({ length: count }, (_, lane) => meta('thread_name', lane + 1, { name: `slot ${lane + 1}` })),
    ];
  });
  const events = spans.map(({ span, node, startMs, endMs, waitedMs, lane }): TraceEvent => {
    const { fn, task, state, error } = span;
    const cname = COLOURS[state];
    return {
      ph: 'X',
      name: fn,
      cat: state,
      pid: Number(node),
      tid: lane + 1,
      ts: Math.round(startMs * 1000),
      dur: Math.round((endMs - startMs) * 1000),
      ...(cname === undefined ? {} : { cname }),
      args: { task, state, waitedMs, ...(error === null ? {} : { error }) },
    };
  });
  const startedAt = new Date(originMs).toISOString();
  return {
    displayTimeUnit: 'ms',
    otherData: { job: job.id, name: job.name, startedAt },
    traceEvents: [...names, ...events],
  };
}
