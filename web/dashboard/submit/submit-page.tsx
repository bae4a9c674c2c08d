/**
 * Where a job is written and sent off: an editor that opens on something that runs, what is wrong with it at its line, a form
 * for what it takes.
 */
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Example } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { Failure } from '../parts/failure.tsx';
import { useMe } from '../parts/me.ts';
import { Note } from '../parts/note.tsx';
import { PageHeader } from '../parts/page-header.tsx';
import { PageLoading } from '../shell/page-loading.tsx';
import { Gallery } from './gallery.tsx';
import { SubmitForm } from './submit-form.tsx';
import { STARTER } from './starter.ts';

/** See above. */
export function SubmitPage() {
  const { data, error, isPending, refetch } = useQuery(ask('listExamples'));
  const { isViewer } = useMe();
  const { example: chosen } = useSearch({ from: '/shell/submit' });
  const navigate = useNavigate();
  if (isViewer) {
    return (
      <>
        <PageHeader title="Submit a job" />
        <Note title="You may only look">
          <p>Submitting needs the token of an operator. Log out, and log in with that.</p>
        </Note>
      </>
    );
  }
  if (isPending) return <PageLoading />;
  const examples = data?.items ?? [];
  const example: Example = examples.find(({ id }) => id === chosen) ?? examples[0] ?? STARTER;
  return (
    <>
      <PageHeader title="Submit a job">
        A job is one TypeScript module. Its default export runs first and makes tasks, which run on the nodes. It goes
        on when you close this page.
      </PageHeader>
      <div className="stack">
        {error !== null && <Failure error={error} what="example" onRetry={() => void refetch()} />}
        <Gallery
          examples={examples}
          chosen={example.id}
          onChoose={(id) => void navigate({ to: '/submit', search: { example: id }, replace: true })}
        />
        <SubmitForm key={example.id} example={example} />
      </div>
    </>
  );
}
