/**
 * Stands in place of the rows of a table while they are being loaded.
 */
import { Skeleton } from '@mantine/core';
import styles from './data-table.module.css';

const ROWS = 6;
const MAX_COLUMNS = 6;

/** See above. */
export function TableSkeleton({ columns, isPhone }: { readonly columns: number; readonly isPhone: boolean }) {
  const cells = isPhone ? 1 : Math.max(1, Math.min(columns, MAX_COLUMNS));
  return (
    <div className={styles['skeleton']} aria-busy="true">
      <p className="unseen" role="status">
        Loading
      </p>
      {Array.from({ length: ROWS }, (_, row) => (
        <div key={row} className={styles['skeletonRow']}>
          {Array.from({ length: cells }, (_, cell) => (
            <Skeleton key={cell} height={isPhone ? 44 : 14} />
          ))}
        </div>
      ))}
    </div>
  );
}
