/**
 * What commands show on standard error while they work: log lines with the task they come from, and progress — one bar
 * that stays at the bottom of a terminal, plain lines elsewhere. Standard output is for results alone.
 */
import { Eta } from './eta.ts';
import { formatPercent, formatRemaining } from './format.ts';
import { plainLine, printable } from './printable.ts';
import { truncate } from './text-width.ts';

const BAR_COLUMNS = 30;
/** Plain lines of progress, when nobody watches a bar. */
const PLAIN_EVERY_MS = 2_000;
const DIM = '\u001b[2m';
const PLAIN = '\u001b[0m';
const CLEAR_LINE = '\r\u001b[2K';

/** Where a terminal writes. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One command's lines and bar. */
export class Terminal {
  readonly #stream: TerminalStream;
  readonly #nowMs: () => number;
  readonly #isTty: boolean;
  readonly #isColoured: boolean;
  readonly #eta = new Eta();
  #bar = '';
  #lastPlain = '';
  #lastPlainMs = -Infinity;

  /** `isColoured`: whether a terminal gets colours. */
  constructor(stream: TerminalStream, nowMs: () => number, isColoured = true) {
    this.#stream = stream;
    this.#nowMs = nowMs;
    this.#isTty = stream.isTTY === true;
    this.#isColoured = this.#isTty && isColoured;
  }

  /** A line of our own. */
  line(text: string): void {
    this.#write(`${text}\n`);
  }

  /** What a task printed, each line with the task's id before it. */
  log(label: string, text: string): void {
    const prefix = label === '' ? '' : this.#isColoured ? `${DIM}[${label}]${PLAIN} ` : `[${label}] `;
    const lines = printable(text).replace(/\n$/, '').split('\n');
    this.#write(lines.map((line) => `${prefix}${line}\n`).join(''));
  }

  /** How far the job is: `fraction` from 0 to 1. */
  progress(fraction: number, words: string): void {
    const nowMs = this.#nowMs();
    const leftMs = this.#eta.update(fraction, nowMs);
    const left = leftMs === undefined ? '' : `${formatRemaining(leftMs)} left  `;
    // The bar is one line, whatever a job puts into its note.
    const text = `${formatPercent(fraction).padStart(5)}  ${left}${plainLine(words)}`.trimEnd();
    if (this.#isTty) {
      const full = Math.round(fraction * BAR_COLUMNS);
      const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_COLUMNS - full)} ${text}`;
      this.#bar = truncate(bar, (this.#stream.columns ?? 80) - 1);
      this.#stream.write(`${CLEAR_LINE}${this.#bar}`);
      return;
    }
    const isDue = nowMs - this.#lastPlainMs >= PLAIN_EVERY_MS;
    if (text === this.#lastPlain || (fraction < 1 && !isDue)) return;
    this.#lastPlain = text;
    this.#lastPlainMs = nowMs;
    this.#stream.write(`${text}\n`);
  }

  /** Takes the bar away. */
  end(): void {
    if (this.#bar !== '') this.#stream.write(CLEAR_LINE);
    this.#bar = '';
  }

  #write(text: string): void {
    this.#stream.write(this.#bar === '' ? text : `${CLEAR_LINE}${text}${this.#bar}`);
  }
}
