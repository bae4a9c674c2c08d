/**
 * What happened, for whoever has to understand a failure: the last events of each entity, with their times. Entities are machines
 * and, in a run that is told in detail, tasks and objects by their keys.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';

/** Lines remembered per entity. */
const LINES = 200;
/** Lines shown per entity. */
const SHOWN_LINES = 20;
/** Before the keys of tasks and objects. */
const KEY_MARK = '#';

interface Line {
  readonly number: number;
  readonly atMs: number;
  readonly text: string;
}

/** What the task and the object of this key are called in the story. */
export function keyEntity(key: ObjectKey): string {
  return `${KEY_MARK}${key}`;
}

/** The last events of every entity. */
export class Story {
  readonly #nowMs: () => number;
  readonly #lines = new Map<string, Line[]>();
  #count = 0;
  #digest = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A number that two runs share only if the same things happened in the same order. */
  get digest(): number {
    return this.#digest >>> 0;
  }

  tell(entity: string, text: string): void {
    const atMs = this.#nowMs();
    let lines = this.#lines.get(entity);
    if (!lines) this.#lines.set(entity, (lines = []));
    lines.push({ number: this.#count++, atMs, text });
    if (lines.length > 2 * LINES) lines.splice(0, LINES);
    for (const char of `${atMs}${entity}${text}`)
      this.#digest = Math.imul(this.#digest ^ (char.codePointAt(0) ?? 0), 0x01000193);
  }

  /** The last lines of each machine, and of each task and object whose key is in the text, in their order. */
  about(text: string): string[] {
    const keys = new Set((text.match(/\d+/g) ?? []).map((key) => keyEntity(Number(key))));
    return [...this.#lines]
      .flatMap(([entity, lines]) => {
        const isMeant = !entity.startsWith(KEY_MARK) || keys.has(entity);
        return isMeant ? lines.slice(-SHOWN_LINES).map((line) => ({ ...line, entity })) : [];
      })
      .toSorted((a, b) => a.number - b.number)
      .map(({ atMs, entity, text: what }) => `${atMs.toFixed(1).padStart(10)} ms  ${entity.padEnd(10)} ${what}`);
  }
}
