/**
 * Tells a screen reader when the job that is looked at ends.
 */
import { useEffect, useRef } from 'react';
import type { Job } from '#shared/api/schemas.ts';
import { announce } from '../parts/announcer.tsx';
import { wordsOf } from '../parts/states.ts';

/** See above. */
export function useEndAnnouncement(job: Job | undefined): void {
  const before = useRef(job?.status);
  useEffect(() => {
    if (!job) return;
    if (before.current === 'running' && job.status !== 'running') {
      announce(`The job ${job.name}: ${wordsOf(job.status).label}`);
    }
    before.current = job.status;
  }, [job]);
}
