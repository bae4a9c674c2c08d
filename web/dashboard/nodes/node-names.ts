/**
 * Names of nodes by the id of their session, for pages that only have the id.
 */
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { Node } from '#shared/api/schemas.ts';
import { ask } from '../../api/queries.ts';

const MAX_NODES = 1000;

/** All nodes the server tells of in one answer. */
export function useNodes(): readonly Node[] | undefined {
  return useQuery(ask('listNodes', { query: { limit: MAX_NODES } })).data?.items;
}

/** Name of a session's node; the id if it is not known. */
export function useNodeNames(): (id: string) => string {
  const nodes = useNodes();
  return useMemo(() => {
    const names = new Map(nodes?.map(({ id, name }) => [id, name]));
    return (id) => names.get(id) ?? `node ${id}`;
  }, [nodes]);
}
