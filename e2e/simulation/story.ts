/**
 * What happened, for whoever has to understand a failure: the last events of each entity, with their times.
 */

/** Lines remembered per entity. */
const LINES = 200;

interface Line {
  readonly number: number;
  readonly atMs: number;
  readonly text: string;
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

  /** The last lines of all entities (or of those named) in their order. */
  last(count: number, entities?: readonly string[]): string[] {
    const all = [...this.#lines].flatMap(([entity, lines]) =>
      entities && !entities.includes(entity) ? [] : lines.map((line) => ({ ...line, entity })),
    );
    return all
      .toSorted((a, b) => a.number - b.number)
      .slice(-count)
      .map(({ atMs, entity, text }) => `${atMs.toFixed(1).padStart(10)} ms  ${entity.padEnd(10)} ${text}`);
  }
}
