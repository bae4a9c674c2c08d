/**
 * A part of a page that scrolls by itself: it has a name, and takes the focus, so that it can be scrolled by keyboard too.
 */
import type { ReactNode } from 'react';

/** See above. */
export interface ScrollRegionProps {
  /** What is in it. */
  readonly label: string;
  readonly className?: string | undefined;
  readonly children: ReactNode;
}

/** See above. */
export function ScrollRegion({ label, className, children }: ScrollRegionProps) {
  return (
    <section className={className} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
