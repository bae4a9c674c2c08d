/**
 * Copies that turned out to be something else (rule T5): a node that got bytes with another digest says whose they were. That counts
 * against whoever gave them, and where another copy is at hand theirs is none any more. The only one stays until it was said again
 * and again: it may have been the way and not the copy, and what nobody can read in the end is as good as lost.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { ObjectRecord, SessionRecord } from './entities.ts';
import type { GcsState } from './state.ts';

/** Words against the only copy at hand, until it counts as none. */
const MAX_WORDS = 8;

/** Words against copies. */
export class CorruptCopies {
  readonly #state: GcsState;
  readonly #refuse: (object: ObjectRecord, session: SessionRecord) => void;
  readonly #words = new Map<ObjectKey, Map<number, number>>();
  /** Since the server started, by session: how often a node was said to have given wrong bytes. */
  readonly bySession = new Map<number, number>();

  /** @param refuse ends a copy */
  constructor(state: GcsState, refuse: (object: ObjectRecord, session: SessionRecord) => void) {
    this.#state = state;
    this.#refuse = refuse;
  }

  /** Somebody got wrong bytes of an object. */
  told(object: ObjectRecord, source: SessionRecord, reporter: SessionRecord, offset: number): void {
    this.bySession.set(source.id, (this.bySession.get(source.id) ?? 0) + 1);
    this.#state.ports.event({
      severity: 'warning',
      kind: 'corrupt-chunk',
      message: `${source.nodeName} gave ${reporter.nodeName} wrong bytes of object ${object.key} (at ${offset})`,
      job: 0,
      session: source.id,
    });
    // Whoever could take copies off the list by a word could make the cluster lose everything.
    if (!reporter.trusted || !object.locations?.has(source.id)) return;
    const words = this.#count(object.key, source.id);
    const isAtHand = (id: number): boolean => id !== source.id && this.#state.sessions.get(id)?.state === 'connected';
    if (words < MAX_WORDS && ![...object.locations].some(isAtHand)) return;
    this.#refuse(object, source);
  }

  #count(object: ObjectKey, source: number): number {
    // What was said of objects that are gone is of no use.
    for (const key of this.#words.keys()) if (!this.#state.objects.has(key)) this.#words.delete(key);
    const ofObject = this.#words.get(object) ?? new Map<number, number>();
    this.#words.set(object, ofObject);
    const words = (ofObject.get(source) ?? 0) + 1;
    ofObject.set(source, words);
    return words;
  }
}
