/**
 * Looking through a large table in turns of the event loop: a few milliseconds at a time, so that nodes are heard in between, and
 * not for ever: who asks gets what was found, and where to go on.
 */
import type { ServerClock } from '../server-clock.ts';

/** How long the loop belongs to one request at a time; making the answer comes on top. */
const TURN_MS = 2;
/** How long an answer may be looked for. */
export const LOOK_MS = 150;
/** Rows between two looks at the clock: far less than a turn. */
const ROWS = 64;

/** The turns of one request. */
export class Turns {
  readonly #clock: Pick<ServerClock, 'nowMs' | 'defer'>;
  readonly #untilMs: number;
  #turnEndsMs: number;
  #rows = 0;
  #isOver = false;

  constructor(clock: Pick<ServerClock, 'nowMs' | 'defer'>, limitMs: number = LOOK_MS) {
    this.#clock = clock;
    this.#untilMs = clock.nowMs() + limitMs;
    this.#turnEndsMs = clock.nowMs() + TURN_MS;
  }

  /** The time is up: answer with what there is. Never before the first rows were looked at, so that asking again gets on. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Time that is left, in milliseconds. */
  get leftMs(): number {
    return Math.max(0, this.#untilMs - this.#clock.nowMs());
  }

  /** One row is looked at. Answers what to wait for first, now and then. */
  row(): Promise<void> | undefined {
    this.#rows += 1;
    if (this.#rows % ROWS !== 0) return undefined;
    const nowMs = this.#clock.nowMs();
    if (nowMs >= this.#untilMs) this.#isOver = true;
    return nowMs < this.#turnEndsMs ? undefined : this.nextTurn();
  }

  /** Others have their turn now. */
  async nextTurn(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.defer(resolve));
    this.#turnEndsMs = this.#clock.nowMs() + TURN_MS;
  }
}
