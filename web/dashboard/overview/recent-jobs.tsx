/**
 * The jobs that run, then the latest that ran, each with how far it is.
 */
import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { Job } from '#shared/api/schemas.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import { Empty } from '../parts/empty.tsx';
import { EntityLink } from '../parts/id.tsx';
import { JobIcon } from '../parts/icons.ts';
import { Panel } from '../parts/panel.tsx';
import { Status } from '../parts/status.tsx';
import { When } from '../parts/when.tsx';
import styles from './recent-jobs.module.css';

const SHOWN = 6;

/** See above. */
export function RecentJobs({ jobs }: { readonly jobs: readonly Job[] | undefined }) {
  const shown = jobs && [...jobs].sort((one, other) => rank(one) - rank(other)).slice(0, SHOWN);
  return (
    <Panel
      title="Jobs"
      aside={
        <Link to="/jobs" className="small">
          All jobs
        </Link>
      }
    >
      {shown === undefined && <Skeleton height={120} />}
      {shown?.length === 0 && <Empty icon={JobIcon} title="No job has run yet" />}
      <ul className={styles['jobs']}>
        {shown?.map((job) => (
          <li key={job.id}>
            <div className={styles['what']}>
              <EntityLink kind="job" id={job.id} name={job.name} />
              <span className="soft small">
                {[job.submitter, job.purpose].filter((text) => text !== '').join(': ')}
              </span>
            </div>
            <Status state={job.status} />
            <JobProgress job={job} />
            <span className={styles['when']}>
              <When at={job.endedAt ?? job.startedAt} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function rank({ status, id }: Job): number {
  return (status === 'running' ? 0 : Number.MAX_SAFE_INTEGER / 2) - Number(id);
}
