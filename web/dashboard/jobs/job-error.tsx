/**
 * Why a job ended otherwise than well, with the stack of where it happened, in terms of the submitted file.
 */
import type { JobDetail, JobError } from '#shared/api/schemas.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { sentence } from '../parts/failure-words.ts';
import { Note } from '../parts/note.tsx';
import { Stack } from '../parts/stack.tsx';
import styles from './job-error.module.css';
import { splitStack } from './split-stack.ts';

/** See above. */
export function JobErrorView({ job }: { readonly job: JobDetail }) {
  const { status, error, message } = job;
  if (status === 'stopped') return <Note title="Stopped">{message !== '' && <p>{sentence(message)}</p>}</Note>;
  if (status !== 'failed') return null;
  return (
    <Note tone="bad" title={error ? `${error.name}: ${error.message}` : 'The job failed'}>
      {!error && message !== '' && <p>{sentence(message)}</p>}
      {error && error.stack !== '' && <ErrorStack error={error} />}
    </Note>
  );
}

function ErrorStack({ error }: { readonly error: JobError }) {
  const { here, waited } = splitStack(error.stack);
  return (
    <>
      <Stack text={here} aside={<CopyButton text={error.stack} what="the whole stack" />} />
      {waited !== '' && (
        <details className={styles['waited']}>
          <summary>Where the job waited for it</summary>
          <Stack text={waited} />
        </details>
      )}
    </>
  );
}
