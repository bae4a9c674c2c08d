/**
 * The lives of a node: each time it joined is one.
 */
import { useQuery } from '@tanstack/react-query';
import type { Node } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatNoun } from '../format/numbers.ts';
import { EntityLink } from '../parts/id.tsx';
import { Panel } from '../parts/panel.tsx';
import { nodeState } from '../parts/states.ts';
import { Status } from '../parts/status.tsx';
import { When } from '../parts/when.tsx';
import styles from './node-sessions.module.css';

const SHOWN = 20;

/** See above; nothing while there was but one. */
export function NodeSessions({ node }: { readonly node: Node }) {
  const { data } = useQuery(ask('listNodes', { query: { nodeId: node.nodeId, limit: SHOWN } }));
  if (!data || data.items.length < 2) return null;
  return (
    <Panel title="Its lives" hint="Each time it joined is a new one">
      <ol className={styles['sessions']}>
        {data.items.map((session) => (
          <li key={session.id} aria-current={session.id === node.id ? 'true' : undefined}>
            <span>
              {session.id === node.id ? (
                <strong>Life {session.epoch}</strong>
              ) : (
                <EntityLink kind="node" id={session.id} name={`Life ${session.epoch}`} />
              )}
            </span>
            <Status state={nodeState(session)} />
            <span className="soft">{formatNoun(session.executedTasks, 'task')} done</span>
            <span className="soft">
              joined <When at={session.joinedAt} />
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  );
}
