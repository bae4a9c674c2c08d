/**
 * In place of a page that has failed: also when its script could not be loaded.
 */
import type { ErrorComponentProps } from '@tanstack/react-router';
import { Failure } from '../parts/failure.tsx';

/** See above. */
export function PageFailure({ error }: ErrorComponentProps) {
  return <Failure error={error} onRetry={() => location.reload()} />;
}
