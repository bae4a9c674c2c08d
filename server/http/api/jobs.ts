/**
 * Jobs. What a submitted one was made of and leaves is with the service for those.
 */
import type { JobDetail, Submission } from '#shared/api/schemas.ts';
import { BackPressureError } from '#shared/errors/daylight-error.ts';
import { formatObjectKey } from '#shared/ids/object-key.ts';
import type { JobRecord } from '../../gcs/entities.ts';
import type { JobServicePort } from '../../jobs/job-service-port.ts';
import { ApiError, found } from '../api-error.ts';
import type { Handlers } from '../api-router.ts';
import { rowOf } from '../columns.ts';
import { DEFAULT_LIMIT, listQueryOf, pageOf } from '../lists.ts';
import { iso, jobColumns } from '../views.ts';
import { type ApiParts, jobOf, numberedTable, turnsFor } from './parts.ts';
import { timelinePage } from './timeline.ts';

type JobRoutes =
  | 'listJobs'
  | 'submitJob'
  | 'checkSource'
  | 'getJob'
  | 'stopJob'
  | 'rerunJob'
  | 'deleteJob'
  | 'getJobSource'
  | 'getJobResult'
  | 'listArtefacts'
  | 'getArtefact'
  | 'getJobLogs'
  | 'getJobFunctions'
  | 'getJobTimeline'
  | 'listExamples';

/** The handlers. */
export function jobHandlers(parts: ApiParts): Pick<Handlers, JobRoutes> {
  const { plane } = parts;
  const detail = (id: number): Promise<JobDetail> => jobDetail(parts.jobs(), jobOf(parts, String(id)));
  return {
    listJobs: ({ query }) => {
      const columns = jobColumns(parts.jobs());
      return pageOf(numberedTable(plane.gcs.state.jobs), columns, listQueryOf(query, columns), turnsFor(parts));
    },
    getJob: ({ params }) => jobDetail(parts.jobs(), jobOf(parts, params.id)),
    submitJob: async ({ body }) => {
      checkForm(body);
      return detail(await refusing(501, 'no-bundler', serviceOf(parts).submit(body)));
    },
    checkSource: ({ body }) =>
      refusing(501, 'no-bundler', serviceOf(parts).check(body.source, body.fileName ?? 'job.ts')),
    stopJob: ({ params }) => {
      const job = jobOf(parts, params.id);
      plane.step((gcs) => {
        gcs.jobs.stop(job, 'the operator stopped it');
        gcs.settle();
      });
      return jobDetail(parts.jobs(), job);
    },
    rerunJob: async ({ params, body }) => {
      const { id } = jobOf(parts, params.id);
      return detail(await refusing(409, 'no-source', serviceOf(parts).rerun(id, body)));
    },
    deleteJob: async ({ params }) => {
      const job = jobOf(parts, params.id);
      if (job.status === 'running') throw new ApiError(409, 'running', 'the job is running: stop it first');
      await serviceOf(parts).remove(job.id);
      return {};
    },
    getJobFunctions: ({ params }) => ({
      items: [...serviceOf(parts).functions(jobOf(parts, params.id).id)],
      next: null,
    }),
    getJobTimeline: ({ params, query }) => timelinePage(parts, jobOf(parts, params.id), query),
    getJobLogs: ({ params, query }) => logPage(parts, jobOf(parts, params.id), query),
    listExamples: () => ({ items: [...parts.examples], next: null }),
    ...fileHandlers(parts),
  };
}

/** What a job was made of and leaves. */
function fileHandlers(
  parts: ApiParts,
): Pick<Handlers, 'getJobSource' | 'getJobResult' | 'listArtefacts' | 'getArtefact'> {
  return {
    getJobSource: async ({ params }) => {
      const { id } = jobOf(parts, params.id);
      return found(await parts.jobs()?.source(id), 'source');
    },
    getJobResult: async ({ params }) => {
      const { id } = jobOf(parts, params.id);
      const file = found(await parts.downloads.openResult(id), 'result');
      return { file, mediaType: 'application/zip', fileName: `job-${id}-result.zip` };
    },
    listArtefacts: ({ params }) => ({
      items: [...(parts.jobs()?.artefacts(jobOf(parts, params.id).id) ?? [])],
      next: null,
    }),
    getArtefact: async ({ params }) => {
      const { id } = jobOf(parts, params.id);
      return { ...found(await parts.downloads.openArtefact(id, params.name), 'file'), fileName: params.name };
    },
  };
}

/** Of two things only one could be run, and of nothing no source is wrong. */
function checkForm({ source, bundle }: Submission): void {
  if ((source === undefined) !== (bundle === undefined)) return;
  const given = source === undefined ? 'neither "source" nor "bundle"' : 'both "source" and "bundle"';
  throw new ApiError(400, 'bad-body', `the body has ${given}: a job is submitted as one of them`);
}

function serviceOf({ jobs }: ApiParts): JobServicePort {
  const service = jobs();
  if (!service)
    throw new ApiError(501, 'no-job-service', 'this server takes no jobs itself: run them with "daylight run"');
  return service;
}

/** What the service cannot do says it as a RangeError, and what it cannot do now as a BackPressureError. */
async function refusing<T>(status: number, code: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof BackPressureError) throw new ApiError(503, 'busy', error.message);
    throw error instanceof RangeError ? new ApiError(status, code, error.message) : error;
  }
}

async function jobDetail(jobs: JobServicePort | undefined, job: JobRecord): Promise<JobDetail> {
  const { id } = job;
  const source = jobs?.hasSource(id) ? await jobs.source(id) : undefined;
  return {
    ...rowOf(jobColumns(jobs), job),
    args: source?.args ?? null,
    error: jobs?.error(id) ?? null,
    artefactCount: jobs?.artefacts(id).length ?? 0,
    hasSource: jobs?.hasSource(id) ?? false,
  };
}

async function logPage(
  { plane }: ApiParts,
  job: JobRecord,
  { after = 0, limit = DEFAULT_LIMIT, task }: { after?: number; limit?: number; task?: string },
) {
  await plane.logs.load(job.id);
  const read = plane.logs.read(job.id, after, task === undefined ? limit : Infinity);
  const lines = task === undefined ? read : read.filter((line) => formatObjectKey(line.task) === task).slice(0, limit);
  return {
    items: lines.map(({ number, wallMs, task: key, node, level, text }) => ({
      number,
      at: iso(wallMs),
      task: key === 0 ? null : formatObjectKey(key),
      node,
      level,
      text,
    })),
    next: lines.at(-1)?.number ?? after,
  };
}
