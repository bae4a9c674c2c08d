/**
 * One job: how far it is, where it runs, what it said, what came out.
 */
import { Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { JobDetail } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatQuantity } from '../format/numbers.ts';
import { Failure } from '../parts/failure.tsx';
import { useLiveJob } from '../parts/live.ts';
import { PageHeader } from '../parts/page-header.tsx';
import { Status } from '../parts/status.tsx';
import type { Search } from '../parts/search.ts';
import { PageLoading } from '../shell/page-loading.tsx';
import { JobActions } from './job-actions.tsx';
import { JobFiles } from './job-files.tsx';
import styles from './job-page.module.css';
import { JobOverview } from './job-overview.tsx';
import { JobSourceView } from './job-source.tsx';
import { JobTasks } from './job-tasks.tsx';
import { JobLog } from './logs/job-log.tsx';
import { JobResult } from './result/job-result.tsx';
import { useEndAnnouncement } from './end-announcement.ts';

const TABS = ['overview', 'result', 'files', 'logs', 'tasks', 'source'] as const;
type Tab = (typeof TABS)[number];

/** See above. */
export function JobPage() {
  const { id } = useParams({ from: '/shell/jobs/$id' });
  const { data: job, error, refetch } = useQuery(ask('getJob', { params: { id } }));
  useLiveJob(id);
  useEndAnnouncement(job);
  if (job) return <KnownJob job={job} />;
  if (error) {
    return (
      <>
        <PageHeader title={`Job ${id}`} back="/jobs" />
        <Failure error={error} what="job" onRetry={() => void refetch()} />
      </>
    );
  }
  return <PageLoading />;
}

function KnownJob({ job }: { readonly job: JobDetail }) {
  const { id } = job;
  const { tab = 'overview' } = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const open = (chosen: string | null): void => {
    void navigate({ to: '.', search: chosen === 'overview' || chosen === null ? {} : { tab: chosen }, replace: true });
  };
  const { data: files } = useQuery(ask('listArtefacts', { params: { id } }));
  const counts: Partial<Record<Tab, number>> = {
    files: files?.items.length ?? job.artefactCount,
    tasks: job.submitted,
  };
  const shown = TABS.filter((name) => name !== 'source' || job.hasSource);
  return (
    <>
      <PageHeader
        title={job.name}
        back="/jobs"
        badge={<Status state={job.status} isLarge />}
        actions={<JobActions job={job} />}
      >
        {[job.submitter, job.purpose].filter((text) => text !== '').join(': ') || undefined}
      </PageHeader>
      <Tabs value={tab} onChange={open} keepMounted={false}>
        <Tabs.List mb="lg" className={styles['tabs'] ?? ''}>
          {shown.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {TAB_NAMES[name]}
              {(counts[name] ?? 0) > 0 && <span className="soft"> {formatQuantity(counts[name] ?? 0)}</span>}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <JobOverview job={job} />
        </Tabs.Panel>
        <Tabs.Panel value="result">
          <JobResult job={job} />
        </Tabs.Panel>
        <Tabs.Panel value="files">
          <JobFiles job={job} />
        </Tabs.Panel>
        <Tabs.Panel value="logs">
          <JobLog job={id} isRunning={job.status === 'running'} />
        </Tabs.Panel>
        <Tabs.Panel value="tasks">
          <JobTasks job={id} />
        </Tabs.Panel>
        <Tabs.Panel value="source">
          <JobSourceView job={id} />
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

const TAB_NAMES: Record<Tab, string> = {
  overview: 'Overview',
  result: 'Result',
  files: 'Files',
  logs: 'Log',
  tasks: 'Tasks',
  source: 'Source',
};
