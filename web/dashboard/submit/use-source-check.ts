/**
 * What the server finds wrong with a source, and what its `main` takes. The editor asks when somebody has stopped typing; an
 * answer that comes late is for a text that is gone.
 */
import { useCallback, useRef, useState } from 'react';
import type { Example, Problem } from '#shared/api/schemas.ts';
import { api } from '../../api/browser-client.ts';

/** See above. */
export interface SourceCheck {
  /** Of the last source that was looked at. */
  readonly problems: readonly Problem[] | undefined;
  readonly schema: Example['schema'];
  /** For the editor. */
  readonly check: (source: string) => Promise<readonly Problem[]>;
  /** Problems that came another way. */
  readonly take: (problems: readonly Problem[]) => void;
}

/** See above; `schema` counts until the first look. */
export function useSourceCheck(fileName: string, schema: Example['schema']): SourceCheck {
  const [state, setState] = useState<{ problems: readonly Problem[] | undefined; schema: Example['schema'] }>({
    problems: undefined,
    schema,
  });
  const asked = useRef(0);
  const check = useCallback(
    async (source: string): Promise<readonly Problem[]> => {
      asked.current += 1;
      const number = asked.current;
      try {
        const { problems, args } = await api.call('checkSource', { body: { source, fileName } });
        if (number !== asked.current) return problems;
        const isBroken = problems.some(({ severity }) => severity === 'error');
        // While somebody is in the middle of a word the form must not vanish.
        setState((before) => ({ problems, schema: isBroken ? (args ?? before.schema) : args }));
        return problems;
      } catch {
        // Looking is a help, not a condition: the server looks again when the job is submitted.
        return [];
      }
    },
    [fileName],
  );
  const take = useCallback((problems: readonly Problem[]) => setState((before) => ({ ...before, problems })), []);
  return { ...state, check, take };
}
