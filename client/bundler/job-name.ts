/**
 * What a job is called unless somebody says otherwise: people know it by its file.
 */
import path from 'node:path';

/** Name of the file; files that are all called `job.ts` are known by their folder. */
export function jobNameOf(file: string): string {
  const { name, dir } = path.parse(path.resolve(file));
  return ['job', 'main', 'index'].includes(name) ? path.basename(dir) : name;
}
