/**
 * Columns of the list of actors: what each is, where it lives, and what waits for it.
 */
import type { Actor } from '#shared/api/schemas.ts';
import { formatQuantity } from '../format/numbers.ts';
import { EntityLink, Id } from '../parts/id.tsx';
import { wordsOf } from '../parts/states.ts';
import { Status } from '../parts/status.tsx';
import type { Column } from '../parts/table/column.ts';

const STATES = ['pending', 'alive', 'restarting', 'dead'].map((value) => ({ value, label: wordsOf(value).label }));

/** See above; `nameOf` gives the name of a node. */
export function actorColumns(nameOf: (node: string) => string): readonly Column<Actor>[] {
  return [
    {
      id: 'id',
      header: 'Actor',
      isTitle: true,
      filter: 'exact',
      isSortable: true,
      cell: ({ id }) => <Id kind="actor" id={id} />,
    },
    {
      id: 'className',
      header: 'Class',
      filter: 'part',
      isSortable: true,
      cell: ({ className }) => <span className="mono">{className}</span>,
    },
    {
      id: 'name',
      header: 'Name',
      filter: 'part',
      isSortable: true,
      cell: ({ name, namespace }) =>
        name === '' ? <span className="soft">–</span> : `${name}${namespace === '' ? '' : ` in ${namespace}`}`,
    },
    { id: 'state', header: 'State', filter: STATES, isSortable: true, cell: ({ state }) => <Status state={state} /> },
    {
      id: 'job',
      header: 'Job',
      filter: 'exact',
      isSortable: true,
      cell: ({ job }) => <EntityLink kind="job" id={job} name={`job ${job}`} />,
    },
    {
      id: 'node',
      header: 'Node',
      filter: 'exact',
      isSortable: true,
      cell: ({ node }) =>
        node === null ? <span className="soft">–</span> : <EntityLink kind="node" id={node} name={nameOf(node)} />,
    },
    {
      id: 'pendingCalls',
      header: 'Calls waiting',
      isNumber: true,
      isSortable: true,
      cell: ({ pendingCalls }) => formatQuantity(pendingCalls),
    },
    {
      id: 'inFlightCalls',
      header: 'Calls running',
      isNumber: true,
      isSortable: true,
      cell: ({ inFlightCalls }) => formatQuantity(inFlightCalls),
    },
    {
      id: 'restarts',
      header: 'Restarts',
      isNumber: true,
      isSortable: true,
      cell: ({ restarts }) => formatQuantity(restarts),
    },
    {
      id: 'incarnation',
      header: 'Life',
      isNumber: true,
      isSortable: true,
      isExtra: true,
      cell: ({ incarnation }) => formatQuantity(incarnation),
    },
    {
      id: 'namespace',
      header: 'Namespace',
      filter: 'part',
      isSortable: true,
      isExtra: true,
      cell: ({ namespace }) => namespace,
    },
  ];
}
