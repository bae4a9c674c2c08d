// What TypeScript says about a submitted source. The compiler runs as a process of its own that answers questions about a project
// and asks for every file (`tsc --api`). That interface may change with any version: whoever calls this must do without it.

import type { Problem } from '#shared/api/schemas.ts';
import { locationOf } from '../syntax-tree.ts';
import type { MessageStream } from './message-stream.ts';
import { PROJECT_FILE } from './type-files.ts';

const MAX_PROBLEMS = 100;
const ERROR = 1;
/** "'await' has no effect": only a suggestion to TypeScript; here most often a forgotten `get`. */
const USELESS_AWAIT = 80_007;
/** Modules that are not found: the bundler's business, which sees more of them. */
const MODULE_CODES: ReadonlySet<number> = new Set([2307, 2792, 7016]);

interface Diagnostic {
  readonly fileName?: string;
  readonly pos: number;
  readonly code: number;
  readonly category: number;
  readonly text: string;
  readonly messageChain?: readonly Diagnostic[];
}

interface Snapshot {
  readonly snapshot: number;
  readonly projects: readonly { readonly id: string }[];
}

/**
 * Checks one file of the project.
 * @param file its name for the checker
 * @param shown its name for people
 */
export async function checkTypes(
  checker: MessageStream,
  { source, file, shown }: { readonly source: string; readonly file: string; readonly shown: string },
): Promise<Problem[]> {
  await checker.request('initialize', null);
  const { snapshot, projects } = (await checker.request('updateSnapshot', {
    openProjects: [PROJECT_FILE],
  })) as Snapshot;
  const ask = async (method: string): Promise<readonly Diagnostic[]> => {
    const found = (await checker.request(method, { snapshot, project: projects[0]?.id, file })) as Diagnostic[] | null;
    return found ?? [];
  };
  // What does not parse is told by the bundler; types say nothing useful then.
  if ((await ask('getSyntacticDiagnostics')).length > 0) return [];
  const errors = (await ask('getSemanticDiagnostics')).filter(
    ({ category, code }) => category === ERROR && !MODULE_CODES.has(code),
  );
  const suggestions = (await ask('getSuggestionDiagnostics')).filter(({ code }) => code === USELESS_AWAIT);
  return [...errors, ...suggestions]
    .filter(({ fileName = file }) => fileName === file)
    .slice(0, MAX_PROBLEMS)
    .map((diagnostic) => ({
      ...locationOf(source, diagnostic.pos, shown),
      message: messageOf(diagnostic),
      severity: diagnostic.code === USELESS_AWAIT ? ('warning' as const) : ('error' as const),
      source: 'type' as const,
    }));
}

function messageOf({ code, text, messageChain = [] }: Diagnostic): string {
  if (code === USELESS_AWAIT) return `${text} To wait for the result of a task, write await get(…).`;
  return [text, ...messageChain.map((inner) => `  ${inner.text}`)].join('\n');
}
