/**
 * A stack trace or other text of a program: as it is, scrolled if it is long.
 */
import type { ReactNode } from 'react';
import { ScrollRegion } from './scroll-region.tsx';
import styles from './stack.module.css';

/** See above. */
export function Stack({ text, aside }: { readonly text: string; readonly aside?: ReactNode }) {
  return (
    <div className={styles['stack']}>
      <ScrollRegion label="Stack trace">
        <pre>{text}</pre>
      </ScrollRegion>
      {aside !== undefined && <div className={styles['aside']}>{aside}</div>}
    </div>
  );
}
