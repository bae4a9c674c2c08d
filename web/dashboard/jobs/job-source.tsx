/**
 * The source that a job was submitted with, as code to read, copy and download.
 */
import { Button, Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/queries.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { download } from '../parts/download.ts';
import { LazyEditor } from '../parts/editor/lazy-editor.tsx';
import { Failure } from '../parts/failure.tsx';
import { DownloadIcon } from '../parts/icons.ts';
import { Note } from '../parts/note.tsx';
import { Panel } from '../parts/panel.tsx';

/** See above. */
export function JobSourceView({ job }: { readonly job: string }) {
  const { data, error, refetch } = useQuery(ask('getJobSource', { params: { id: job } }));
  if (error) return <Failure error={error} what="source" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={320} radius="lg" />;
  const { fileName, source } = data;
  if (source === null) {
    return (
      <Note title="Submitted as a bundle">
        <p>The file {fileName} was put together with all it imports before it came here, so its source is not kept.</p>
      </Note>
    );
  }
  return (
    <Panel
      title={fileName}
      aside={
        <span className="tools">
          <CopyButton text={source} what="the source" />
          <Button
            variant="default"
            size="xs"
            leftSection={<DownloadIcon size={15} />}
            onClick={() => download(fileName, source, 'text/plain')}
          >
            Download
          </Button>
        </span>
      }
    >
      <LazyEditor value={source} label={`Source of the job, ${fileName}`} isReadOnly />
    </Panel>
  );
}
