/**
 * The empty state: says what will be here, and how to make it so.
 */
import type { ComponentType, ReactNode } from 'react';
import styles from './empty.module.css';

/** What is not there yet. */
export interface EmptyProps {
  readonly icon: ComponentType<{ size?: number; stroke?: number; 'aria-hidden'?: boolean }>;
  readonly title: string;
  /** What to do. */
  readonly children?: ReactNode;
}

/** See above. */
export function Empty({ icon: Icon, title, children }: EmptyProps) {
  return (
    <div className={styles['empty']}>
      <span className={styles['sign']}>
        <Icon size={24} stroke={1.6} aria-hidden />
      </span>
      <p className={styles['title']}>{title}</p>
      {children !== undefined && <div className={styles['advice']}>{children}</div>}
    </div>
  );
}
