/**
 * What a job's `main` returned: to look at, and to take home.
 */
import { Button, Skeleton } from '@mantine/core';
import type { JobDetail } from '#shared/api/schemas.ts';
import { formatSize } from '../../format/sizes.ts';
import { CopyButton } from '../../parts/copy-button.tsx';
import { Empty } from '../../parts/empty.tsx';
import { Failure } from '../../parts/failure.tsx';
import { DownloadIcon, ObjectIcon } from '../../parts/icons.ts';
import { Panel } from '../../parts/panel.tsx';
import { resultAddress } from '../artefact-address.ts';
import { JsonView } from './json-view.tsx';
import { ResultFiles } from './result-files.tsx';
import { useResult } from './use-result.ts';

/** See above. */
export function JobResult({ job }: { readonly job: JobDetail }) {
  const { data, error, refetch } = useResult(job.id, job.hasResult);
  if (!job.hasResult) {
    return (
      <Panel title="Result">
        <Empty icon={ObjectIcon} title={missingTitle(job)}>
          <p>{missingWords(job)}</p>
        </Empty>
      </Panel>
    );
  }
  return (
    <Panel
      title="Result"
      aside={
        <span className="tools">
          {data && <CopyButton text={data.json} what="the result as JSON" />}
          <Button
            component="a"
            href={resultAddress(job.id)}
            download={`job-${job.id}-result.zip`}
            size="xs"
            variant="default"
            leftSection={<DownloadIcon size={15} />}
          >
            Everything as one zip{data ? `, ${formatSize(data.archiveBytes)}` : ''}
          </Button>
        </span>
      }
    >
      {error !== null && <Failure error={error} what="result" onRetry={() => void refetch()} />}
      {!data && error === null && <Skeleton height={200} />}
      {data && (
        <>
          <JsonView value={data.value} />
          <ResultFiles files={data.files} />
        </>
      )}
    </Panel>
  );
}

function missingTitle({ status, kind }: JobDetail): string {
  if (kind === 'driver') return 'It goes to the driver';
  return status === 'running' ? 'Not there yet' : 'There is no result';
}

function missingWords({ status, kind }: JobDetail): string {
  if (kind === 'driver')
    return 'This job is run from a terminal or a script, which gets its result. Submit it here to have the result here.';
  if (status === 'running') return 'What main returns comes here when it ends.';
  return 'The job ended before main returned, or returned nothing.';
}
