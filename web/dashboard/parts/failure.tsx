/**
 * The error state of whatever could not be loaded.
 */
import { Button } from '@mantine/core';
import { describeFailure } from './failure-words.ts';
import { AgainIcon, AlertIcon } from './icons.ts';
import styles from './note.module.css';

/** What failed, and how to try again. */
export interface FailureProps {
  readonly error: unknown;
  /** Such as `job`. */
  readonly what?: string;
  readonly onRetry?: () => void;
}

/** See above. */
export function Failure({ error, what, onRetry }: FailureProps) {
  const { title, advice } = describeFailure(error, what);
  return (
    <div className={styles['note']} data-tone="bad" role="alert">
      <AlertIcon size={20} aria-hidden />
      <div>
        <p className={styles['title']}>{title}</p>
        <p>{advice}</p>
        {onRetry && (
          <Button variant="default" size="xs" mt="xs" leftSection={<AgainIcon size={14} />} onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </div>
  );
}
