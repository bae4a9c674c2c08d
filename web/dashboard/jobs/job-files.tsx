/**
 * Files that a job published, pictures as pictures.
 */
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Artefact, JobDetail } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatSize } from '../format/sizes.ts';
import { Empty } from '../parts/empty.tsx';
import { Failure } from '../parts/failure.tsx';
import { DownloadIcon, ObjectIcon } from '../parts/icons.ts';
import { Panel } from '../parts/panel.tsx';
import { When } from '../parts/when.tsx';
import { artefactAddress } from './artefact-address.ts';
import styles from './job-files.module.css';
import { Pictures } from './pictures.tsx';

/** See above. */
export function JobFiles({ job }: { readonly job: JobDetail }) {
  const { data, error, refetch } = useQuery(ask('listArtefacts', { params: { id: job.id } }));
  if (error && !data) return <Failure error={error} what="job" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={160} radius="lg" />;
  if (data.items.length === 0) {
    return (
      <Panel title="Files">
        <Empty icon={ObjectIcon} title="This job has published no files">
          <p>
            A job publishes what is worth seeing with <code>context().publish(name, bytes)</code>: pictures appear here
            while it runs.
          </p>
        </Empty>
      </Panel>
    );
  }
  return (
    <div className="stack">
      <Pictures job={job} />
      <Panel title="Files">
        <ul className={styles['files']}>
          {data.items.map((file) => (
            <FileLine key={file.name} job={job.id} file={file} />
          ))}
        </ul>
      </Panel>
    </div>
  );
}

function FileLine({ job, file }: { readonly job: string; readonly file: Artefact }) {
  const { name, mediaType, sizeBytes, updatedAt, version } = file;
  return (
    <li>
      <span className={styles['name']}>
        <a href={artefactAddress(job, file)} download={name}>
          {name}
        </a>
        <span className="soft small">
          {mediaType}, version {version}, <When at={updatedAt} />
        </span>
      </span>
      <span className="number">{formatSize(sizeBytes)}</span>
      <a href={artefactAddress(job, file)} download={name} aria-label={`Download ${name}`} className={styles['get']}>
        <DownloadIcon size={18} aria-hidden />
      </a>
    </li>
  );
}
