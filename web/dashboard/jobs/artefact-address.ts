/**
 * Where a file that a job published lies. The version in the address makes it another one for each, so no browser shows an
 * old picture.
 */
import { fill } from '#shared/api/client.ts';
import { API_PATH, ROUTES } from '#shared/api/routes.ts';
import type { Artefact } from '#shared/api/schemas.ts';

/** See above. */
export function artefactAddress(job: string, { name, version }: Pick<Artefact, 'name' | 'version'>): string {
  return `${API_PATH}${fill(ROUTES.getArtefact.path, { id: job, name })}?v=${version}`;
}

/** Where its result lies as one archive. */
export function resultAddress(job: string): string {
  return `${API_PATH}${fill(ROUTES.getJobResult.path, { id: job })}`;
}
