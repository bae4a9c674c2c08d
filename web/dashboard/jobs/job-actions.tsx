/**
 * What an operator can do with a job: stop it, run it again, forget it.
 */
import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { JobDetail } from '#shared/api/schemas.ts';
import { api } from '../../api/browser-client.ts';
import { keyOf } from '../../api/queries.ts';
import { Confirm } from '../parts/confirm.tsx';
import { AgainIcon, DeleteIcon, StopIcon } from '../parts/icons.ts';
import { useMe } from '../parts/me.ts';
import { tell, tellFailure } from '../parts/notices.ts';
import { RerunDialog } from './rerun-dialog.tsx';

/** See above. */
export function JobActions({ job }: { readonly job: JobDetail }) {
  const { isOperator } = useMe();
  if (!isOperator) return null;
  return (
    <>
      {job.hasSource && <Rerun job={job} />}
      {job.status === 'running' ? <Stop job={job} /> : <Delete job={job} />}
    </>
  );
}

function Stop({ job }: { readonly job: JobDetail }) {
  const cache = useQueryClient();
  const [isOpen, { open, close }] = useDisclosure(false);
  const params = { id: job.id };
  const { mutate, isPending } = useMutation({
    mutationFn: () => api.call('stopJob', { params }),
    onSuccess: (stopped) => {
      cache.setQueryData(keyOf('getJob', { params }), stopped);
      tell('The job is stopped.');
    },
    onError: tellFailure,
    onSettled: close,
  });
  return (
    <>
      <Button variant="default" leftSection={<StopIcon size={16} />} onClick={open}>
        Stop
      </Button>
      <Confirm
        isOpen={isOpen}
        title={`Stop “${job.name}”?`}
        action="Stop the job"
        isBusy={isPending}
        onConfirm={() => mutate()}
        onClose={close}
      >
        <p>Its tasks end, its actors die and its objects are freed. What it has published and printed stays.</p>
      </Confirm>
    </>
  );
}

function Delete({ job }: { readonly job: JobDetail }) {
  const cache = useQueryClient();
  const navigate = useNavigate();
  const [isOpen, { open, close }] = useDisclosure(false);
  const { mutate, isPending } = useMutation({
    mutationFn: () => api.call('deleteJob', { params: { id: job.id } }),
    onSuccess: async () => {
      await navigate({ to: '/jobs' });
      cache.removeQueries({ queryKey: keyOf('getJob', { params: { id: job.id } }) });
      await cache.invalidateQueries({ queryKey: ['listJobs'] });
      tell('The job is deleted.');
    },
    onError: tellFailure,
    onSettled: close,
  });
  return (
    <>
      <Button variant="default" leftSection={<DeleteIcon size={16} />} onClick={open}>
        Delete
      </Button>
      <Confirm
        isOpen={isOpen}
        title={`Delete “${job.name}”?`}
        action="Delete the job"
        isBusy={isPending}
        onConfirm={() => mutate()}
        onClose={close}
      >
        <p>Its result, its files and its log are deleted with it. This cannot be undone.</p>
      </Confirm>
    </>
  );
}

function Rerun({ job }: { readonly job: JobDetail }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  return (
    <>
      <Button variant="default" leftSection={<AgainIcon size={16} />} onClick={open}>
        Run again
      </Button>
      {isOpen && <RerunDialog job={job} onClose={close} />}
    </>
  );
}
