/**
 * Why a task waits, or runs where it runs: the reason in words, and the candidates with the terms of their waiting time.
 */
import { Skeleton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Candidate } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';
import { formatMicros } from '../format/durations.ts';
import { formatNoun } from '../format/numbers.ts';
import { formatBandwidth, formatSize } from '../format/sizes.ts';
import { useNodeNames } from '../nodes/node-names.ts';
import { Failure } from '../parts/failure.tsx';
import { sentence } from '../parts/failure-words.ts';
import { EntityLink } from '../parts/id.tsx';
import { Note } from '../parts/note.tsx';
import styles from './why-view.module.css';
import { ScrollRegion } from '../parts/scroll-region.tsx';

/** See above; short, the candidates are behind a fold. */
export function WhyView({ task, isShort = false }: { readonly task: string; readonly isShort?: boolean }) {
  const { data, error, refetch } = useQuery(ask('why', { params: { id: task } }));
  if (error && !data) return <Failure error={error} what="task" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton height={48} />;
  const { state, reason, candidates } = data;
  return (
    <div className={styles['why']}>
      <Note tone={state === 'infeasible' || state === 'held' ? 'bad' : 'calm'}>
        <p>{sentence(reason)}</p>
        {isShort && candidates.length > 0 && (
          <details className={styles['fold']}>
            <summary>{formatNoun(candidates.length, 'node')} weighed</summary>
            <Candidates candidates={candidates} />
          </details>
        )}
      </Note>
      {!isShort && candidates.length > 0 && <Candidates candidates={candidates} />}
    </div>
  );
}

function Candidates({ candidates }: { readonly candidates: readonly Candidate[] }) {
  const nameOf = useNodeNames();
  const ordered = [...candidates].sort((one, other) => one.waitUs - other.waitUs);
  return (
    <ScrollRegion className={styles['scroll']} label="Nodes that were weighed">
      <table className={styles['table']}>
        <caption className="unseen">Nodes that were weighed for the task, the best first</caption>
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col" title="The terms on the right, added up">
              Would start in
            </th>
            <th scope="col">Work ahead</th>
            <th scope="col">Inputs to fetch</th>
            <th scope="col">Code to load</th>
            <th scope="col">Slower by</th>
            <th scope="col">Takes it now</th>
          </tr>
        </thead>
        <tbody>
          {ordered.map((candidate) => (
            <CandidateRow key={candidate.node} candidate={candidate} name={nameOf(candidate.node)} />
          ))}
        </tbody>
      </table>
    </ScrollRegion>
  );
}

function CandidateRow({ candidate, name }: { readonly candidate: Candidate; readonly name: string }) {
  const { node, waitUs, queuedUs, slots, missingBytes, bytesPerSecond, startUs, slowerUs, closed } = candidate;
  return (
    <tr>
      <th scope="row">
        <EntityLink kind="node" id={node} name={name} />
      </th>
      <td>
        <strong>{formatMicros(waitUs)}</strong>
      </td>
      <td>
        {formatMicros(queuedUs)}
        <span className="soft"> on {slots} at a time</span>
      </td>
      <td>
        {missingBytes === 0 ? (
          <span className="soft">none</span>
        ) : (
          <>
            {formatSize(missingBytes)}
            <span className="soft"> at {formatBandwidth(bytesPerSecond)}</span>
          </>
        )}
      </td>
      <td>{formatMicros(startUs)}</td>
      <td>{formatMicros(slowerUs)}</td>
      <td>{closed === undefined ? 'yes' : `no: ${closed}`}</td>
    </tr>
  );
}
