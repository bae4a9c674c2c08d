/**
 * In place of a page whose script is being loaded.
 */
import { Skeleton } from '@mantine/core';

/** See above. */
export function PageLoading() {
  return (
    <div className="stack" aria-busy="true">
      <p className="unseen" role="status">
        Loading
      </p>
      <Skeleton height={34} width={220} />
      <Skeleton height={180} radius="lg" />
      <Skeleton height={240} radius="lg" />
    </div>
  );
}
