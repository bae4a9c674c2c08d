/**
 * What the editor opens on when the server has no examples: the smallest job that is worth running.
 */
import type { Example } from '#shared/api/schemas.ts';

const SOURCE = `import { get, remote } from 'daylight';

// A task: a function that may run on any node.
export const square = remote((x: number) => x * x);

export default async function main({ n = 10 } = {}) {
  // .remote() returns at once: all tasks run side by side.
  const squares = Array.from({ length: n }, (_, i) => square.remote(i));
  return await get(squares);
}
`;

/** See above. */
export const STARTER: Example = {
  id: 'starter',
  title: 'Squares',
  summary: 'Squares numbers in parallel.',
  fileName: 'job.ts',
  source: SOURCE,
  args: { n: 10 },
  schema: null,
  needs: [],
};
