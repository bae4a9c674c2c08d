/**
 * The gallery of jobs to begin with: one press puts one into the editor.
 */
import { useQuery } from '@tanstack/react-query';
import type { Cluster, Example } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import styles from './gallery.module.css';

/** See above. */
export interface GalleryProps {
  readonly examples: readonly Example[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

/** See above. */
export function Gallery({ examples, chosen, onChoose }: GalleryProps) {
  const { data: cluster } = useQuery(ask('getCluster'));
  if (examples.length === 0) return null;
  return (
    <section aria-labelledby="gallery-heading">
      <h2 id="gallery-heading" className={styles['heading']}>
        Begin with an example
      </h2>
      <ul className={styles['gallery']}>
        {examples.map(({ id, title, summary, needs }) => (
          <li key={id}>
            <button type="button" aria-pressed={id === chosen} onClick={() => onChoose(id)}>
              <strong>{title}</strong>
              <span>{summary}</span>
              {needs.length > 0 && <em>{needWords(needs, cluster)}</em>}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function needWords(needs: readonly string[], cluster: Cluster | undefined): string {
  const isMissing = needs.some((need) => /gpu/i.test(need)) && cluster?.gpus === 0;
  return `Needs ${needs.join(', ')}${isMissing ? ': no node has one now, it would wait' : ''}`;
}
