/**
 * A state as an icon, a colour and words, so that none of the three has to be seen.
 */
import type { ComponentType } from 'react';
import { CancelledIcon, FailedIcon, QueuedIcon, RunningIcon, SucceededIcon } from './icons.ts';
import { type Tone, wordsOf } from './states.ts';
import styles from './status.module.css';

const ICONS: Record<Tone, ComponentType<{ size?: number; 'aria-hidden'?: boolean }>> = {
  busy: RunningIcon,
  good: SucceededIcon,
  bad: FailedIcon,
  waiting: QueuedIcon,
  calm: CancelledIcon,
};

/** A state, with a background of its own beside headings. */
export function Status({ state, isLarge = false }: { readonly state: string; readonly isLarge?: boolean }) {
  const { label, tone } = wordsOf(state);
  const Icon = ICONS[tone];
  return (
    <span className={styles['status']} data-tone={tone} data-large={isLarge || undefined}>
      <Icon size={isLarge ? 16 : 14} aria-hidden />
      {label}
    </span>
  );
}
