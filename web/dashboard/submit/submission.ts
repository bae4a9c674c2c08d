/**
 * What is sent to the server: only what somebody has filled in, the rest is the server's to choose.
 */
import type { Submission } from '#shared/api/schemas.ts';

/** Fields about the job. */
export interface JobFieldValues {
  readonly name: string;
  readonly submitter: string;
  readonly purpose: string;
  readonly priority: string;
  readonly trust: '' | 'own' | 'unchecked';
}

/** Nothing filled in. */
export const NO_FIELDS: JobFieldValues = { name: '', submitter: '', purpose: '', priority: '1', trust: '' };

const FILE_NAME = /^[A-Za-z0-9_.-]{1,100}$/;

/** A file name that the server takes: what it does not is replaced. */
export function fitFileName(name: string): string {
  const fit = name.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(-100);
  return FILE_NAME.test(fit) ? fit : 'job.ts';
}

/** See above. */
export function submissionOf(parts: {
  readonly source: string;
  readonly fileName: string;
  readonly args: unknown;
  readonly fields: JobFieldValues;
}): Submission {
  const { source, fileName, args, fields } = parts;
  const [name, submitter, purpose] = [fields.name, fields.submitter, fields.purpose].map((text) => text.trim());
  const priority = Number(fields.priority);
  return {
    source,
    fileName: fitFileName(fileName),
    ...(args === undefined ? {} : { args }),
    ...(name ? { name } : {}),
    ...(submitter ? { submitter } : {}),
    ...(purpose ? { purpose } : {}),
    ...(Number.isFinite(priority) && priority !== 1 ? { priority } : {}),
    ...(fields.trust === '' ? {} : { trust: fields.trust }),
  };
}
