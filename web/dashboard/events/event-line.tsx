/**
 * One event as a line: how bad, what, where, when.
 */
import type { Event } from '#shared/api/schemas.ts';
import { EntityLink } from '../parts/id.tsx';
import { When } from '../parts/when.tsx';
import styles from './event-line.module.css';
import { Severity } from './severity.tsx';

/** See above. */
export function EventLine({ event }: { readonly event: Event }) {
  const { at, severity, message, job, session } = event;
  return (
    <li className={styles['event']}>
      <Severity severity={severity} isShort />
      <span className={styles['message']}>
        {message}
        {(job !== 0 || session !== 0) && (
          <span className={styles['where']}>
            {job !== 0 && <EntityLink kind="job" id={String(job)} name={`job ${job}`} />}
            {session !== 0 && <EntityLink kind="node" id={String(session)} name={`node ${session}`} />}
          </span>
        )}
      </span>
      <span className={styles['when']}>
        <When at={at} />
      </span>
    </li>
  );
}
