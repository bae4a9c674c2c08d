// The pass over one module before esbuild sees it: the current task is kept across suspensions (task-pass.ts) and registrations
// get their names (module-analysis.ts). It works on the TypeScript text and inserts no line break; types are esbuild's business.

import MagicString from 'magic-string';
import type { SourceMap } from 'magic-string';
import { EditList } from './edit-list.ts';
import { AnalysisPass } from './module-analysis.ts';
import type { ModuleAnalysis } from './module-analysis.ts';
import { parseModule, walk } from './syntax-tree.ts';
import { HELPERS, HELPER_PREFIX, TaskPass, isTaskPassed } from './task-pass.ts';
import { RUNTIME_EXPRESSION } from '#client/worker/runtime-binding.ts';

/**
 * Declares what rewritten code calls. One line, to be put in front of a module: reading the runtime once, when the module is
 * evaluated, keeps an `await` free of property look-ups.
 */
export const HELPER_PRELUDE =
  `const ${HELPER_PREFIX}runtime=${RUNTIME_EXPRESSION};` +
  `if(!${HELPER_PREFIX}runtime)throw new Error("This is a Daylight job module: start it with daylight run, or let a worker evaluate it");` +
  `const{${HELPERS.map((helper) => `${helper}:${HELPER_PREFIX}${helper}`).join(',')}}=${HELPER_PREFIX}runtime.transform,` +
  `${HELPER_PREFIX}named=(...a)=>${HELPER_PREFIX}runtime.named(...a);`;

export interface TransformedModule {
  readonly code: string;
  /** From `code` to the given source, with `file`'s last path segment as its only source. */
  readonly map: SourceMap;
  readonly analysis: ModuleAnalysis;
}

/** Whether a module has anything for the pass. A cheap test of the text, so that most library modules are never parsed. */
export function needsPass(source: string): boolean {
  return /\basync\b|\bawait\b|\bimport\s*\(|['"]daylight['"]/.test(source);
}

/**
 * Runs the pass.
 * @param source JavaScript or TypeScript; the extension of `file` says which
 * @param file path relative to the bundle's root, with `/`: names the registrations, and is where errors are located
 * @throws BundleError for a syntax error, or a registration without a name
 */
export function transformModule(source: string, file: string): TransformedModule {
  const parsed = parseModule(source, file);
  const edits = new EditList();
  const analysis = new AnalysisPass(source, file, parsed, edits);
  const tasks = isTaskPassed(source) ? undefined : new TaskPass(source, file, edits);
  walk(parsed.program, {
    enter(node, ancestors) {
      analysis.enter(node, ancestors);
      tasks?.enter(node, ancestors.at(-1));
    },
    leave: (node) => tasks?.leave(node),
  });
  const text = new MagicString(source);
  edits.applyTo(text);
  const map = text.generateMap({ source: file.slice(file.lastIndexOf('/') + 1), hires: 'boundary' });
  return { code: text.toString(), map, analysis: analysis.finish() };
}
