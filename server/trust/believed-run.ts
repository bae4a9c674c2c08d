/**
 * How long a run is believed to have taken: estimates serve all jobs, so a stranger's word on it has a bound.
 */
import type { SessionRecord, TaskRecord } from '../gcs/entities.ts';

/** At most the time for which the node of a stranger had the task. `wallMs`: the server's wall clock. */
export function believedRunUs(session: SessionRecord, task: TaskRecord, durationUs: number, wallMs: number): number {
  return session.trusted ? durationUs : Math.min(durationUs, Math.max(1, wallMs - task.startedMs) * 1000);
}
