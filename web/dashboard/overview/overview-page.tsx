/**
 * The first page: what this is, what to press, and how the cluster is.
 */
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/queries.ts';
import { Failure } from '../parts/failure.tsx';
import { PageHeader } from '../parts/page-header.tsx';
import { Alerts } from './alerts.tsx';
import { ClusterCharts } from './cluster-charts.tsx';
import { FirstSteps } from './first-steps.tsx';
import { MainButtons } from './main-buttons.tsx';
import { RecentJobs } from './recent-jobs.tsx';
import { RecentEvents } from './recent-events.tsx';
import { Tiles } from './tiles.tsx';

/** See above. */
export function OverviewPage() {
  const { data: cluster, error, refetch } = useQuery(ask('getCluster'));
  const { data: jobs } = useQuery(ask('listJobs', { query: { limit: 8 } }));
  const hasNodes = cluster === undefined || cluster.hosts + cluster.tabs > 0;
  const hasJobs = jobs === undefined || jobs.items.length > 0;
  return (
    <>
      <PageHeader title="Overview" actions={<MainButtons />}>
        Daylight runs TypeScript as many small tasks on computers that people lend: servers, laptops, browser tabs.
      </PageHeader>
      <div className="stack">
        {error !== null && cluster === undefined && (
          <Failure error={error} what="cluster" onRetry={() => void refetch()} />
        )}
        <Alerts cluster={cluster} />
        {(!hasNodes || !hasJobs) && <FirstSteps hasNodes={hasNodes} hasJobs={hasJobs} />}
        <Tiles cluster={cluster} />
        {(hasNodes || hasJobs) && (
          <>
            <RecentJobs jobs={jobs?.items} />
            <ClusterCharts />
          </>
        )}
        <RecentEvents />
      </div>
    </>
  );
}
