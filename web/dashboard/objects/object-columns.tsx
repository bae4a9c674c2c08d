/**
 * Columns of the list of objects: where copies are, who holds them, who could make them again.
 */
import type { ObjectInfo } from '#shared/api/schemas.ts';
import { formatNoun, formatQuantity } from '../format/numbers.ts';
import { formatSize } from '../format/sizes.ts';
import { EntityLink, Id, MaybeId } from '../parts/id.tsx';
import { wordsOf } from '../parts/states.ts';
import { Status } from '../parts/status.tsx';
import type { Column } from '../parts/table/column.ts';

const STATUSES = ['pending', 'inline', 'stored', 'error', 'freed'].map((value) => ({
  value,
  label: wordsOf(value).label,
}));
const SHOWN_NODES = 3;

/** See above; `nameOf` gives the name of a node. */
export function objectColumns(nameOf: (node: string) => string): readonly Column<ObjectInfo>[] {
  return [
    { id: 'id', header: 'Object', isTitle: true, filter: 'exact', cell: ({ id }) => <Id kind="object" id={id} /> },
    { id: 'status', header: 'Where', filter: STATUSES, cell: ({ status }) => <Status state={status} /> },
    { id: 'sizeBytes', header: 'Size', isNumber: true, cell: ({ sizeBytes }) => formatSize(sizeBytes) },
    {
      id: 'nodes',
      header: 'Copies on',
      filter: 'exact',
      cell: ({ nodes }) =>
        nodes.length === 0 ? (
          <span className="soft">–</span>
        ) : (
          <>
            {nodes.slice(0, SHOWN_NODES).map((node, index) => (
              <span key={node}>
                {index > 0 && ', '}
                <EntityLink kind="node" id={node} name={nameOf(node)} />
              </span>
            ))}
            {nodes.length > SHOWN_NODES && ` and ${nodes.length - SHOWN_NODES} more`}
          </>
        ),
    },
    { id: 'holders', header: 'Held by', cell: ({ holders }) => formatNoun(holders.length, 'holder') },
    { id: 'maker', header: 'Made by', filter: 'exact', cell: ({ maker }) => <MaybeId kind="task" id={maker} /> },
    {
      id: 'containsRefs',
      header: 'References inside',
      isNumber: true,
      isExtra: true,
      cell: ({ containsRefs }) => formatQuantity(containsRefs),
    },
    { id: 'waiting', header: 'Waited for by', isNumber: true, cell: ({ waiting }) => formatQuantity(waiting) },
  ];
}
