/**
 * One object: who has which copy, who keeps it, who could make it again, and what it came from.
 */
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ObjectInfo } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatQuantity } from '../format/numbers.ts';
import { formatSize } from '../format/sizes.ts';
import { useNodeNames } from '../nodes/node-names.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { type Fact, Facts } from '../parts/facts.tsx';
import { Failure } from '../parts/failure.tsx';
import { EntityLink, Id } from '../parts/id.tsx';
import { PageHeader } from '../parts/page-header.tsx';
import { Panel } from '../parts/panel.tsx';
import { Status } from '../parts/status.tsx';
import { PageLoading } from '../shell/page-loading.tsx';
import { Holder } from './holder.tsx';
import { LineagePanel } from './lineage/lineage-panel.tsx';
import styles from './object-page.module.css';

const SHOWN_HOLDERS = 50;

/** See above. */
export function ObjectPage() {
  const { id } = useParams({ from: '/shell/objects/$id' });
  const { data: object, error, refetch } = useQuery(ask('getObject', { params: { id } }));
  if (!object && !error) return <PageLoading />;
  return (
    <>
      <PageHeader
        title={`Object ${id}`}
        back="/objects"
        badge={
          <>
            <CopyButton text={id} what={`id ${id}`} />
            {object && <Status state={object.status} isLarge />}
          </>
        }
      />
      {object ? (
        <KnownObject object={object} />
      ) : (
        <Failure error={error} what="object" onRetry={() => void refetch()} />
      )}
    </>
  );
}

function KnownObject({ object }: { readonly object: ObjectInfo }) {
  const nameOf = useNodeNames();
  const { id, nodes, holders } = object;
  return (
    <div className="stack">
      <Panel title="Object">
        <Facts facts={factsOf(object)} />
      </Panel>
      <div className="columns">
        <Panel title="Copies" hint="Nodes that have its bytes">
          {nodes.length === 0 ? (
            <p className="soft">
              {object.status === 'inline' ? 'It is small: the server keeps it.' : 'No node has a copy.'}
            </p>
          ) : (
            <ul className={styles['list']}>
              {nodes.map((node) => (
                <li key={node}>
                  <EntityLink kind="node" id={node} name={nameOf(node)} />
                </li>
              ))}
            </ul>
          )}
        </Panel>
        <Panel title="Holders" hint="While one of them is there, it is not freed">
          {holders.length === 0 ? (
            <p className="soft">Nobody holds it: it is freed within seconds.</p>
          ) : (
            <ul className={styles['list']}>
              {holders.slice(0, SHOWN_HOLDERS).map((holder) => (
                <li key={holder}>
                  <Holder holder={holder} />
                </li>
              ))}
              {holders.length > SHOWN_HOLDERS && (
                <li className="soft">and {formatQuantity(holders.length - SHOWN_HOLDERS)} more</li>
              )}
            </ul>
          )}
        </Panel>
      </div>
      <LineagePanel object={id} />
    </div>
  );
}

function factsOf({ sizeBytes, maker, containsRefs, isStored, waiting, status }: ObjectInfo): Fact[] {
  return [
    { name: 'Size', value: status === 'pending' ? 'not made yet' : formatSize(sizeBytes) },
    {
      name: 'Who can make it again',
      value: maker === null ? 'nobody: it was put, not computed' : <Id kind="task" id={maker} />,
    },
    { name: 'References inside', value: formatQuantity(containsRefs) },
    { name: 'Waited for by', value: formatQuantity(waiting) },
    { name: 'Known by its digest', value: isStored ? 'yes' : 'no: it has not left its node' },
  ];
}
