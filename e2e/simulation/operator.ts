/**
 * The operator of a simulated cluster: stops a job now and then, and goes home. Of a stopped job nothing may stay (rule J3).
 */
import type { Cluster } from './cluster.ts';

/** So many clusters have an operator who does. */
const SHARE = 0.1;
/** A driver learns that its job was stopped, and ends within so much time. */
const MOST_STAY_MS = 2_000;

/** Plans what the operator does, if anything. @param untilMs by then it is done */
export function planOperator(cluster: Cluster, untilMs: number): void {
  const random = cluster.world.random('operator');
  if (random.next() >= SHARE) return;
  const dice = random.next();
  cluster.world.plan(random.next() * untilMs, () => {
    const running = cluster.drivers.filter(({ state }) => state === 'running');
    const driver = running[Math.floor(dice * running.length)];
    const { plane } = cluster.server;
    const session = driver?.node.shell?.session.session ?? 0;
    const job = plane?.gcs.state.sessions.get(session)?.job;
    // Some jobs shall be there to come to the right end.
    if (!plane || !driver || job?.status !== 'running' || cluster.drivers.length < 2) return;
    plane.step((gcs) => {
      gcs.jobs.stop(job, 'the operator stopped it');
      gcs.settle();
    });
    driver.stopped(random.next() * MOST_STAY_MS);
  });
}
