/**
 * Columns of a list of tasks: what each runs, where, how long, and how it ended.
 */
import type { Task } from '#shared/api/schemas.ts';
import { formatRun } from '../format/durations.ts';
import { Fn } from '../parts/fn.tsx';
import { EntityLink, Id, MaybeId } from '../parts/id.tsx';
import { wordsOf } from '../parts/states.ts';
import { Status } from '../parts/status.tsx';
import type { Column } from '../parts/table/column.ts';
import { When } from '../parts/when.tsx';

const STATES = ['waiting', 'queued', 'local', 'leased', 'succeeded', 'failed', 'cancelled'].map((value) => ({
  value,
  label: wordsOf(value).label,
}));

/** See above; `nameOf` gives the name of a node. */
export function taskColumns(nameOf: (node: string) => string): readonly Column<Task>[] {
  return [
    { id: 'id', header: 'Task', isTitle: true, filter: 'exact', cell: ({ id }) => <Id kind="task" id={id} /> },
    { id: 'fn', header: 'Function', filter: 'part', cell: ({ fn }) => <Fn fn={fn} /> },
    { id: 'state', header: 'State', filter: STATES, cell: ({ state }) => <Status state={state} /> },
    {
      id: 'job',
      header: 'Job',
      filter: 'exact',
      cell: ({ job }) => <EntityLink kind="job" id={job} name={`job ${job}`} />,
    },
    {
      id: 'node',
      header: 'Node',
      filter: 'exact',
      cell: ({ node }) =>
        node === null ? <span className="soft">–</span> : <EntityLink kind="node" id={node} name={nameOf(node)} />,
    },
    { id: 'attempts', header: 'Attempts', isNumber: true, cell: ({ attempts }) => attempts },
    { id: 'submittedAt', header: 'Submitted', cell: ({ submittedAt }) => <When at={submittedAt} /> },
    {
      id: 'runMs',
      header: 'Ran',
      isNumber: true,
      cell: ({ runMs }) => (runMs === null ? <span className="soft">–</span> : formatRun(runMs)),
    },
    {
      id: 'error',
      header: 'Error',
      filter: 'part',
      cell: ({ error }) => (error === null ? null : <span className="bad clip">{error}</span>),
    },
    {
      id: 'parent',
      header: 'Called by',
      isExtra: true,
      filter: 'exact',
      cell: ({ parent }) => <MaybeId kind="task" id={parent} />,
    },
    {
      id: 'actor',
      header: 'Actor',
      isExtra: true,
      filter: 'exact',
      cell: ({ actor }) => <MaybeId kind="actor" id={actor} />,
    },
    { id: 'demand', header: 'Asks for', isExtra: true, filter: 'part', cell: ({ demand }) => demand },
    { id: 'startedAt', header: 'Started', isExtra: true, cell: ({ startedAt }) => <When at={startedAt} /> },
    { id: 'endedAt', header: 'Ended', isExtra: true, cell: ({ endedAt }) => <When at={endedAt} /> },
  ];
}
