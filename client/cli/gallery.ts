/**
 * The gallery: jobs that people can look at, change and run from the dashboard. They come with the package as texts; what the form
 * of each is, is read from its text.
 */
import { readFile } from 'node:fs/promises';
import { defaultArgs, findArgsSchema } from '#client/bundler/args-schema.ts';
import type { Example } from '#shared/api/schemas.ts';

const FOLDER = new URL('../../examples/gallery/', import.meta.url);

/** Loads the examples, in the order in which they are shown. */
export async function loadExamples(): Promise<Example[]> {
  const rows = JSON.parse(await readFile(new URL('gallery.json', FOLDER), 'utf8')) as Omit<
    Example,
    'source' | 'args' | 'schema'
  >[];
  return Promise.all(
    rows.map(async (row) => {
      const source = await readFile(new URL(row.fileName, FOLDER), 'utf8');
      const { schema } = findArgsSchema(source, row.fileName);
      return { ...row, source, schema, args: defaultArgs(schema) };
    }),
  );
}
