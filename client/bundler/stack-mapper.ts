// Stack traces in terms of the user's own files. A bundle is evaluated under the address `job://<hash>.mjs`, which the engine
// puts into every frame; here those positions are mapped back through the bundle's source map, and the frames of the runtime
// itself are dropped. Pure text in, text out: it runs in drivers, servers and browsers alike, on stacks of any engine.

import { TraceMap, originalPositionFor } from '@jridgewell/trace-mapping';
import type { SourceMapInput } from '@jridgewell/trace-mapping';

export type { SourceMapInput } from '@jridgewell/trace-mapping';

const JOB_POSITION = /(job:\/\/[^\s:()]+):(\d+):(\d+)/g;
/** V8: `    at f (url:1:2)`. SpiderMonkey and JavaScriptCore: `f@url:1:2`. */
const FRAME = /^\s*at\s|@\S+:\d+(?::\d+)?$/;
/** Sources of the runtime's own code inside a bundle, and addresses of the runtime itself. */
const RUNTIME_POSITION = /daylight-runtime:|\bdaylight:\/\//;

export interface StackMapOptions {
  /** Whether a frame's text belongs to the runtime, for runtimes loaded from ordinary files. Tested after mapping, on frames outside jobs. */
  readonly isRuntimeFrame?: (frame: string) => boolean;
}

/**
 * Rewrites a stack trace.
 * @param stack as engines give it, message included
 * @param maps the source map of a job module by its address (`job://<hash>.mjs`); undefined leaves its frames as they are
 */
export function mapStack(
  stack: string,
  maps: (url: string) => SourceMapInput | undefined,
  options: StackMapOptions = {},
): string {
  const traces = new Map<string, TraceMap | undefined>();
  const traceOf = (url: string): TraceMap | undefined => {
    if (!traces.has(url)) {
      const map = maps(url);
      traces.set(url, map === undefined ? undefined : new TraceMap(map));
    }
    return traces.get(url);
  };
  const lines: string[] = [];
  for (const line of stack.split('\n')) {
    let inJob = false;
    const mapped = line.replaceAll(JOB_POSITION, (position, url: string, row: string, column: string) => {
      inJob = true;
      const trace = traceOf(url);
      if (trace === undefined) return position;
      const original = originalPositionFor(trace, { line: Number(row), column: Number(column) - 1 });
      return original.source === null ? position : `${original.source}:${original.line}:${original.column + 1}`;
    });
    const isRuntime =
      FRAME.test(line) && (RUNTIME_POSITION.test(mapped) || (!inJob && options.isRuntimeFrame?.(mapped) === true));
    if (!isRuntime) lines.push(mapped);
  }
  return lines.join('\n');
}
