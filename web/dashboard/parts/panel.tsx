/**
 * A card with a heading: the piece that pages are laid out with.
 */
import { type ReactNode, useId } from 'react';
import styles from './panel.module.css';

/** What a panel holds. */
export interface PanelProps {
  readonly title: string;
  /** Beside the heading: buttons, a switch. */
  readonly aside?: ReactNode;
  /** Under the heading, in a soft tone. */
  readonly hint?: ReactNode;
  /** Content up to the edge: tables. */
  readonly isFlush?: boolean;
  readonly children: ReactNode;
}

/** See above. */
export function Panel({ title, aside, hint, isFlush = false, children }: PanelProps) {
  const headingId = useId();
  return (
    <section className={styles['panel']} aria-labelledby={headingId} data-flush={isFlush || undefined}>
      <header className={styles['head']}>
        <div>
          <h2 id={headingId}>{title}</h2>
          {hint !== undefined && <p className={styles['hint']}>{hint}</p>}
        </div>
        {aside}
      </header>
      <div className={styles['body']}>{children}</div>
    </section>
  );
}
