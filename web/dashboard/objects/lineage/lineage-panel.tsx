/**
 * What an object came from, drawn; the same as a list for those who cannot see it.
 */
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { Lineage } from '#shared/api/schemas.ts';
import { ask } from '../../../api/queries.ts';
import { shortFunction } from '../../format/function-name.ts';
import { formatNoun } from '../../format/numbers.ts';
import { Failure } from '../../parts/failure.tsx';
import { Panel } from '../../parts/panel.tsx';
import { wordsOf } from '../../parts/states.ts';
import { BOX_HEIGHT, BOX_WIDTH, layOut } from './layers.ts';
import styles from './lineage.module.css';
import { ScrollRegion } from '../../parts/scroll-region.tsx';

/** See above. */
export function LineagePanel({ object }: { readonly object: string }) {
  const { data, error, refetch } = useQuery(ask('getLineage', { params: { id: object } }));
  return (
    <Panel
      title="Lineage"
      hint="What it was made of. If every copy of an object is lost, the tasks behind it run again."
    >
      {error !== null && !data && <Failure error={error} what="lineage" onRetry={() => void refetch()} />}
      {!data && error === null && <Skeleton height={140} />}
      {data && <Graph lineage={data} object={object} />}
      {data?.isCut && <p className="soft small">There is more behind this than is shown.</p>}
    </Panel>
  );
}

function Graph({ lineage, object }: { readonly lineage: Lineage; readonly object: string }) {
  const picture = useMemo(() => layOut(lineage), [lineage]);
  const infos = useMemo(() => new Map(lineage.nodes.map((node) => [node.id, node])), [lineage]);
  const inputs = lineage.nodes.length - 1;
  return (
    <ScrollRegion
      className={styles['scroll']}
      label={inputs > 0 ? `Made of ${formatNoun(inputs, 'object')}` : 'Made of no other object'}
    >
      <div className={styles['picture']} style={{ width: picture.width, height: picture.height }}>
        <svg width={picture.width} height={picture.height} aria-hidden>
          {picture.edges.map(({ from, to, path }) => (
            <path key={`${from} ${to}`} d={path} className={styles['edge']} />
          ))}
        </svg>
        <ul>
          {picture.nodes.map(({ id, x, y }) => (
            <li key={id} style={{ left: x, top: y, width: BOX_WIDTH, height: BOX_HEIGHT }}>
              <Box info={infos.get(id)} isThis={id === object} />
            </li>
          ))}
        </ul>
      </div>
    </ScrollRegion>
  );
}

function Box({ info, isThis }: { readonly info: Lineage['nodes'][number] | undefined; readonly isThis: boolean }) {
  if (!info) return null;
  const { id, fn, status, isRebuildable } = info;
  const { label, tone } = wordsOf(status);
  return (
    <Link
      to="/objects/$id"
      params={{ id }}
      className={styles['box']}
      data-this={isThis || undefined}
      data-tone={tone}
      title={`${label}; ${isRebuildable ? 'can be made again' : 'cannot be made again'}`}
    >
      <span className={styles['fn']}>{fn === null ? 'put' : shortFunction(fn)}</span>
      <span className={styles['under']}>
        <span className="mono">{id}</span>
        <span>{isRebuildable ? label : `${label}, only copy`}</span>
      </span>
    </Link>
  );
}
