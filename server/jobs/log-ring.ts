/**
 * The newest lines of one job (rule J2), of a bounded size. Strangers' lines have a fixed part of it and push out only each other:
 * a rate alone would have to be very small to keep many of them, or one that comes back again and again, from pushing out what
 * the job's own nodes printed, and so small a one would leave nothing of what honest strangers print.
 */

/** One message of a task. */
export interface LogLine {
  /** Grows from line to line of a job; the first is 1. */
  readonly number: number;
  readonly wallMs: number;
  readonly task: number;
  readonly node: string;
  readonly level: number;
  readonly text: string;
  /** Printed on the node of a stranger. */
  readonly isStrangers?: true;
}

/** A line that has no number yet. */
export type NewLogLine = Omit<LogLine, 'number'>;

export const MAX_LOG_CHARS = 1024 * 1024;
export const MAX_STRANGERS_CHARS = MAX_LOG_CHARS / 8;
/** Lines go in lots: to take each one out by itself would move all the others. */
const KEPT_SHARE = 15 / 16;
const LINE_OVERHEAD_CHARS = 64;

/** What a line takes: characters of its text, and something for the rest. */
export function charsOf({ text }: Pick<LogLine, 'text'>): number {
  return text.length + LINE_OVERHEAD_CHARS;
}

/** See above. */
export class LogRing {
  #lines: LogLine[] = [];
  #chars = 0;
  #strangersChars = 0;
  #lastNumber = 0;

  get lastNumber(): number {
    return this.#lastNumber;
  }

  get chars(): number {
    return this.#chars;
  }

  /** Oldest first. Numbers have gaps where strangers' lines were. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** @param number that it had before, if it did: it keeps it where none that follows had a higher one */
  add(line: NewLogLine, number = 0): LogLine {
    const numbered = { ...line, number: Math.max(number, this.#lastNumber + 1) };
    this.#lastNumber = numbered.number;
    this.#lines.push(numbered);
    this.#chars += charsOf(line);
    if (line.isStrangers) {
      this.#strangersChars += charsOf(line);
      if (this.#strangersChars > MAX_STRANGERS_CHARS) this.#dropStrangers();
    }
    if (this.#chars > MAX_LOG_CHARS) this.#dropOldest();
    return numbered;
  }

  /** Lines after this number, oldest first. */
  after(number: number, limit: number): readonly LogLine[] {
    let [from, to] = [0, this.#lines.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#lines[middle]?.number ?? 0) > number) to = middle;
      else from = middle + 1;
    }
    return this.#lines.slice(from, from + limit);
  }

  #dropStrangers(): void {
    this.#lines = this.#lines.filter((line) => {
      if (!line.isStrangers || this.#strangersChars <= MAX_STRANGERS_CHARS * KEPT_SHARE) return true;
      this.#forget(line);
      return false;
    });
  }

  #dropOldest(): void {
    let surplus = 0;
    for (const line of this.#lines) {
      if (this.#chars <= MAX_LOG_CHARS * KEPT_SHARE) break;
      this.#forget(line);
      surplus += 1;
    }
    this.#lines.splice(0, surplus);
  }

  #forget(line: LogLine): void {
    this.#chars -= charsOf(line);
    if (line.isStrangers) this.#strangersChars -= charsOf(line);
  }
}
