/**
 * Who is logged in, and what they may do. Until the server has said so, nothing is offered that it could refuse.
 */
import { useQuery } from '@tanstack/react-query';
import { ask } from '../../api/queries.ts';

/** See above. */
export interface WhoAsks {
  /** May submit, stop and delete. */
  readonly isOperator: boolean;
  /** May look only. */
  readonly isViewer: boolean;
  /** Address of the donate page, with its key; null for viewers. */
  readonly joinUrl: string | null;
}

/** See above. */
export function useMe(): WhoAsks {
  const { data } = useQuery(ask('me'));
  return {
    isOperator: data?.role === 'operator',
    isViewer: data?.role === 'viewer',
    joinUrl: data?.joinUrl ?? null,
  };
}
