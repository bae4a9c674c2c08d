/**
 * Runs a job's source again, with the same argument or another.
 */
import { Button, Group, Modal, Skeleton } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { JobDetail } from '#shared/api/schemas.ts';
import { api } from '../../api/browser-client.ts';
import { ask } from '../../api/queries.ts';
import { ArgsEditor, type ArgsState } from '../parts/args/args-editor.tsx';
import { PlayIcon } from '../parts/icons.ts';
import { tellFailure } from '../parts/notices.ts';

/** See above. */
export function RerunDialog({ job, onClose }: { readonly job: JobDetail; readonly onClose: () => void }) {
  const navigate = useNavigate();
  const { schema, isPending: isLoading } = useSchemaOf(job.id);
  const [state, setState] = useState<ArgsState>({ args: job.args, isValid: true });
  const { mutate, isPending } = useMutation({
    mutationFn: () =>
      api.call('rerunJob', { params: { id: job.id }, body: state.args === undefined ? {} : { args: state.args } }),
    onSuccess: ({ id }) => {
      onClose();
      void navigate({ to: '/jobs/$id', params: { id } });
    },
    onError: tellFailure,
  });
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Run “${job.name}” again`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {isLoading ? <Skeleton height={120} /> : <ArgsEditor schema={schema} initial={job.args} onChange={setState} />}
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          leftSection={<PlayIcon size={16} />}
          disabled={isLoading || !state.isValid}
          loading={isPending}
          onClick={() => mutate()}
        >
          Run
        </Button>
      </Group>
    </Modal>
  );
}

/** What the source says its `main` takes. A bundle does not say it, and then it is JSON. */
function useSchemaOf(job: string) {
  const source = useQuery(ask('getJobSource', { params: { id: job } }));
  const text = source.data?.source ?? null;
  const body = { source: text ?? '', fileName: source.data?.fileName ?? 'job.ts' };
  const check = useQuery({ ...ask('checkSource', { body }), enabled: text !== null });
  const isPending = source.isPending || (text !== null && check.isPending);
  return { schema: check.data?.args ?? null, isPending };
}
