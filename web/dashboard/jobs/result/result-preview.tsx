/**
 * The result on the first tab of a job, where somebody who waited for it looks.
 */
import { Skeleton } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { JobDetail } from '#shared/api/schemas.ts';
import { Failure } from '../../parts/failure.tsx';
import { Panel } from '../../parts/panel.tsx';
import { JsonView } from './json-view.tsx';
import { useResult } from './use-result.ts';

/** See above. */
export function ResultPreview({ job }: { readonly job: JobDetail }) {
  const { data, error, refetch } = useResult(job.id, job.hasResult);
  return (
    <Panel
      title="Result"
      aside={
        <Link to="." search={{ tab: 'result' }} className="small">
          Download
        </Link>
      }
    >
      {error !== null && <Failure error={error} what="result" onRetry={() => void refetch()} />}
      {!data && error === null && <Skeleton height={100} />}
      {data && <JsonView value={data.value} />}
    </Panel>
  );
}
