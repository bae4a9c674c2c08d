/**
 * The first tab of a job: what matters most now comes first, an error above all.
 */
import { useQuery } from '@tanstack/react-query';
import type { JobDetail } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatAmount } from '../format/numbers.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { type Fact, Facts } from '../parts/facts.tsx';
import { EntityLink } from '../parts/id.tsx';
import { Panel } from '../parts/panel.tsx';
import { RunTime, When } from '../parts/when.tsx';
import { FunctionTree } from './function-tree.tsx';
import { JobErrorView } from './job-error.tsx';
import { JobProgress } from './job-progress.tsx';
import { JobWaiting } from './job-waiting.tsx';
import { Pictures } from './pictures.tsx';
import { ResultPreview } from './result/result-preview.tsx';
import { TimelinePanel } from './timeline/timeline-panel.tsx';

/** See above. */
export function JobOverview({ job }: { readonly job: JobDetail }) {
  const { data: functions } = useQuery(ask('getJobFunctions', { params: { id: job.id } }));
  return (
    <div className="stack">
      <JobErrorView job={job} />
      <Panel title="Progress">
        <div className="stack">
          <JobProgress job={job} withNote />
          <Facts facts={factsOf(job)} />
        </div>
      </Panel>
      <Pictures job={job} />
      {job.hasResult && <ResultPreview job={job} />}
      <JobWaiting job={job} />
      <FunctionTree functions={functions?.items} job={job.id} />
      <TimelinePanel job={job} />
    </div>
  );
}

function factsOf(job: JobDetail): Fact[] {
  return [
    {
      name: 'Id',
      value: (
        <span className="id">
          <span className="mono">{job.id}</span>
          <CopyButton text={job.id} what={`id ${job.id}`} />
        </span>
      ),
    },
    { name: 'Started', value: <When at={job.startedAt} /> },
    { name: 'Run time', value: <RunTime from={job.startedAt} to={job.endedAt} /> },
    { name: 'Ended', value: job.endedAt === null ? undefined : <When at={job.endedAt} /> },
    { name: 'Driver', value: <EntityLink kind="node" id={job.driver} name={`node ${job.driver}`} /> },
    { name: 'Priority', value: formatAmount(job.priority) },
    { name: 'Runs on', value: job.trust === 'own' ? 'trusted nodes only' : 'any node, results unchecked' },
    { name: 'Living actors', value: job.actors > 0 ? String(job.actors) : undefined },
    {
      name: 'Arguments',
      value: job.args === null ? undefined : <code className="wrap">{JSON.stringify(job.args)}</code>,
      isWide: true,
    },
  ];
}
