// What another system reaches in the same shapes.
import type { RowName } from '../micro/row-list.ts';

/** Figures of one peer, in the units of the rows. A row without a counterpart is absent. */
export interface PeerFigures {
  readonly name: string;
  readonly values: Readonly<Partial<Record<RowName, number>>>;
  /** Where the figures are from; part of each row's note. */
  readonly note: string;
}
