/**
 * Pictures that a job publishes, also while it goes on painting them.
 */
import { useQuery } from '@tanstack/react-query';
import type { JobDetail } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatSize } from '../format/sizes.ts';
import { Panel } from '../parts/panel.tsx';
import { When } from '../parts/when.tsx';
import { artefactAddress } from './artefact-address.ts';
import styles from './pictures.module.css';

const SHOWN = 6;

/** See above; nothing without any. */
export function Pictures({ job }: { readonly job: JobDetail }) {
  const { data } = useQuery({ ...ask('listArtefacts', { params: { id: job.id } }), enabled: job.kind === 'submitted' });
  const pictures = data?.items.filter(({ isPicture }) => isPicture).slice(0, SHOWN) ?? [];
  if (pictures.length === 0) return null;
  return (
    <Panel title={pictures.length === 1 ? 'Picture' : 'Pictures'}>
      <ul className={styles['pictures']} data-single={pictures.length === 1 || undefined}>
        {pictures.map((picture) => (
          <li key={picture.name}>
            <figure>
              <a href={artefactAddress(job.id, picture)} target="_blank" rel="noreferrer">
                <img src={artefactAddress(job.id, picture)} alt={`${picture.name}, published by the job`} />
              </a>
              <figcaption>
                <span>{picture.name}</span>
                <span className="soft">
                  version {picture.version}, {formatSize(picture.sizeBytes)}, <When at={picture.updatedAt} />
                </span>
              </figcaption>
            </figure>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
