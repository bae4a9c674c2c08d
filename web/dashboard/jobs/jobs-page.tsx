/**
 * All jobs, also of former lives of the server.
 */
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { Empty } from '../parts/empty.tsx';
import { JobIcon, PlayIcon } from '../parts/icons.ts';
import { useMe } from '../parts/me.ts';
import { PageHeader } from '../parts/page-header.tsx';
import { DataTable } from '../parts/table/data-table.tsx';
import { useAddressState } from '../parts/table/table-state.ts';
import { JOB_COLUMNS } from './job-columns.tsx';

/** See above. */
export function JobsPage() {
  const state = useAddressState();
  const { isOperator } = useMe();
  const submit = isOperator && (
    <Button renderRoot={(props) => <Link to="/submit" {...props} />} leftSection={<PlayIcon size={16} />}>
      Submit a job
    </Button>
  );
  return (
    <>
      <PageHeader title="Jobs" actions={submit || undefined}>
        A job is a program that somebody runs here. It makes tasks and actors, which nodes run.
      </PageHeader>
      <DataTable
        list="listJobs"
        columns={JOB_COLUMNS}
        state={state}
        noun="job"
        rowKey={({ id }) => id}
        empty={
          <Empty icon={JobIcon} title="No job has run yet">
            <p>
              Submit one here, or from a terminal: <code>daylight submit job.ts</code>.
            </p>
            {submit}
          </Empty>
        }
      />
    </>
  );
}
