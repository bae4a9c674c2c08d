// Text edits of a rewriting pass, in the order in which the walk found them. Insertions at the same place keep that order,
// which is what makes nested rewrites come out properly nested. An insertion can be taken back until the edits are applied:
// whether a function needs its frame is known only at its end.

import type MagicString from 'magic-string';

/** Inserted text. It may be changed until the edits are applied. */
export interface Insertion {
  text: string;
}

export class EditList {
  readonly #edits: ((text: MagicString) => void)[] = [];

  /** Inserts before the character at `offset`; what is moved away from there leaves the insertion in place. */
  insert(offset: number, insertion: Insertion): Insertion {
    this.#edits.push((target) => {
      if (insertion.text !== '') target.appendLeft(offset, insertion.text);
    });
    return insertion;
  }

  replace(start: number, end: number, text: string): void {
    this.#edits.push((target) => void target.update(start, end, text));
  }

  /** Moves the text of a range, with the edits inside it, to just before `offset`. */
  move(start: number, end: number, offset: number): void {
    this.#edits.push((target) => void target.move(start, end, offset));
  }

  applyTo(text: MagicString): void {
    for (const edit of this.#edits) edit(text);
  }
}
