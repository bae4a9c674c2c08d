/**
 * The gallery of jobs to begin with: one press puts one into the editor, and one runs it as it is.
 */
import { Button } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { Cluster, Example } from '#shared/api/schemas.ts';
import { api } from '../../api/browser-client.ts';
import { ask } from '../../api/queries.ts';
import { Failure } from '../parts/failure.tsx';
import { PlayIcon } from '../parts/icons.ts';
import styles from './gallery.module.css';
import { NO_FIELDS, submissionOf } from './submission.ts';

/** See above. */
export interface GalleryProps {
  readonly examples: readonly Example[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

/** See above. */
export function Gallery({ examples, chosen, onChoose }: GalleryProps) {
  const { data: cluster } = useQuery(ask('getCluster'));
  const navigate = useNavigate();
  const run = useMutation({
    mutationFn: ({ title, source, fileName, args }: Example) =>
      api.call('submitJob', { body: submissionOf({ source, fileName, args, fields: { ...NO_FIELDS, name: title } }) }),
    onSuccess: ({ id }) => void navigate({ to: '/jobs/$id', params: { id } }),
  });
  if (examples.length === 0) return null;
  return (
    <section aria-labelledby="gallery-heading">
      <h2 id="gallery-heading" className={styles['heading']}>
        Begin with an example
      </h2>
      <ul className={styles['gallery']}>
        {examples.map((example) => (
          <li key={example.id} data-chosen={example.id === chosen || undefined}>
            <button type="button" aria-pressed={example.id === chosen} onClick={() => onChoose(example.id)}>
              <strong>{example.title}</strong>
              <span>{example.summary}</span>
              {example.needs.length > 0 && <em>{needWords(example.needs, cluster)}</em>}
            </button>
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<PlayIcon size={15} />}
              aria-label={`Run as it is: ${example.title}`}
              loading={run.isPending && run.variables.id === example.id}
              disabled={run.isPending}
              onClick={() => run.mutate(example)}
            >
              Run as it is
            </Button>
          </li>
        ))}
      </ul>
      {run.error !== null && <Failure error={run.error} />}
    </section>
  );
}

function needWords(needs: readonly string[], cluster: Cluster | undefined): string {
  const isMissing = needs.some((need) => /gpu/i.test(need)) && cluster?.gpus === 0;
  return `Needs ${needs.join(', ')}${isMissing ? ': no node has one now, it would wait' : ''}`;
}
