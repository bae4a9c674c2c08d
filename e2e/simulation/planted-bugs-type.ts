/**
 * What a planted bug is.
 */
import type { Seam } from './planted-bugs-seam.ts';

/** A mistake that somebody could make. */
export interface PlantedBug {
  readonly name: string;
  /** The rule that it breaks. */
  readonly rule: string;
  /** What is wrong, for people. */
  readonly mistake: string;
  /** Makes the mistake. What it remembers is of this run only. */
  plant(seam: Seam): void;
}
