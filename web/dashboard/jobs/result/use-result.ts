/**
 * The result of a job, fetched and opened once.
 */
import { useQuery } from '@tanstack/react-query';
import { api } from '../../../api/browser-client.ts';
import { keyOf } from '../../../api/queries.ts';
import { openResult } from './archive.ts';

/** See above. */
export function useResult(job: string, isThere: boolean) {
  return useQuery({
    queryKey: keyOf('getJobResult', { params: { id: job } }),
    queryFn: async () => {
      const archive = await api.call('getJobResult', { params: { id: job } });
      return { ...openResult(archive), archiveBytes: archive.length };
    },
    enabled: isThere,
    staleTime: Infinity,
  });
}
