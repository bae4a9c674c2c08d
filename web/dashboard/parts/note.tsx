/**
 * Something to know, set apart from the rest: a warning, or advice.
 */
import type { ReactNode } from 'react';
import { AlertIcon, InfoIcon } from './icons.ts';
import styles from './note.module.css';

/** What it says and how urgent that is. */
export interface NoteProps {
  readonly tone?: 'bad' | 'sun' | 'calm';
  readonly title?: string;
  readonly children?: ReactNode;
  /** Whether a screen reader hears it when it comes. */
  readonly isNews?: boolean;
}

/** See above. */
export function Note({ tone = 'calm', title, children, isNews = false }: NoteProps) {
  const Icon = tone === 'calm' ? InfoIcon : AlertIcon;
  return (
    <div className={styles['note']} data-tone={tone} role={isNews ? 'status' : undefined}>
      <Icon size={20} aria-hidden />
      <div>
        {title !== undefined && <p className={styles['title']}>{title}</p>}
        {children}
      </div>
    </div>
  );
}
