/**
 * Columns of the list of jobs: whose each is, how far it is, how it went.
 */
import type { Job } from '#shared/api/schemas.ts';
import { formatAmount, formatQuantity } from '../format/numbers.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { EntityLink, Id } from '../parts/id.tsx';
import { wordsOf } from '../parts/states.ts';
import { Status } from '../parts/status.tsx';
import type { Column } from '../parts/table/column.ts';
import { RunTime, When } from '../parts/when.tsx';
import { JobProgress } from './job-progress.tsx';

const STATUSES = ['running', 'succeeded', 'failed', 'stopped'].map((value) => ({ value, label: wordsOf(value).label }));
const KINDS = [
  { value: 'submitted', label: 'Submitted' },
  { value: 'driver', label: 'With a driver' },
];

/** See above. */
export const JOB_COLUMNS: readonly Column<Job>[] = [
  {
    id: 'name',
    header: 'Job',
    filter: 'part',
    isSortable: true,
    isTitle: true,
    cell: ({ id, name }) => (
      <span className="id">
        <EntityLink kind="job" id={id} name={name} />
        <CopyButton text={id} what={`id ${id} of ${name}`} />
      </span>
    ),
  },
  {
    id: 'id',
    header: 'Id',
    filter: 'exact',
    isSortable: true,
    isExtra: true,
    cell: ({ id }) => <Id kind="job" id={id} />,
  },
  {
    id: 'status',
    header: 'Status',
    filter: STATUSES,
    isSortable: true,
    cell: ({ status }) => <Status state={status} />,
  },
  { id: 'progress', header: 'Progress', cell: (job) => <JobProgress job={job} /> },
  { id: 'submitter', header: 'By', filter: 'part', isSortable: true, cell: ({ submitter }) => submitter },
  { id: 'purpose', header: 'For', filter: 'part', cell: ({ purpose }) => purpose },
  {
    id: 'startedAt',
    header: 'Started',
    isSortable: true,
    cell: ({ startedAt }) => <When at={startedAt} />,
  },
  {
    id: 'endedAt',
    header: 'Run time',
    text: ({ endedAt }) => endedAt,
    cell: ({ startedAt, endedAt }) => <RunTime from={startedAt} to={endedAt} />,
  },
  {
    id: 'failed',
    header: 'Failed tasks',
    isNumber: true,
    isSortable: true,
    cell: ({ failed }) => <span className={failed > 0 ? 'bad' : 'soft'}>{formatQuantity(failed)}</span>,
  },
  {
    id: 'actors',
    header: 'Actors',
    isNumber: true,
    isSortable: true,
    isExtra: true,
    cell: ({ actors }) => formatQuantity(actors),
  },
  {
    id: 'priority',
    header: 'Priority',
    isNumber: true,
    isSortable: true,
    isExtra: true,
    cell: ({ priority }) => formatAmount(priority),
  },
  { id: 'trust', header: 'Trust', isExtra: true, filter: 'exact', cell: ({ trust }) => trust },
  {
    id: 'kind',
    header: 'Kind',
    filter: KINDS,
    isExtra: true,
    cell: ({ kind }) => (kind === 'submitted' ? 'Submitted' : 'With a driver'),
  },
  { id: 'message', header: 'Message', isExtra: true, filter: 'part', cell: ({ message }) => message },
];
