/**
 * A machine of the simulated world: its clocks, and a process on it that may be killed, stand still or sleep. What was planned
 * for a process dies with it; what comes while it stands still waits.
 */
import type { Clock } from '#shared/ports/clock.ts';
import { LINK_BYTES_PER_MS } from './link-speed.ts';
import type { World } from './world.ts';

const START_WALL_MS = 1_700_000_000_000;

/** A machine with one process. */
export class Machine implements Clock {
  readonly world: World;
  readonly name: string;
  /** What its connection to the network carries, each way. */
  bytesPerMs = LINK_BYTES_PER_MS;
  /** Counts the lives of its process. */
  life = 1;
  #isStill = false;
  /** The clock stands still as well, as of a machine that sleeps. */
  #sleepsSinceMs: number | undefined;
  /** What its monotonic clock is behind the world's; below 0 once it jumped ahead. */
  #behindMs = 0;
  #wallOffsetMs: number;
  #held: (() => void)[] = [];
  readonly #timers = new Set<object>();

  /** @param wallOffsetMs how wrong its time of day is */
  constructor(world: World, name: string, wallOffsetMs = 0) {
    this.world = world;
    this.name = name;
    this.#wallOffsetMs = wallOffsetMs;
  }

  get isStill(): boolean {
    return this.#isStill;
  }

  /** Timers of its process that have not run out. */
  get timerCount(): number {
    return this.#timers.size;
  }

  tell(text: string): void {
    this.world.story.tell(this.name, text);
  }

  nowMs(): number {
    return (this.#sleepsSinceMs ?? this.world.nowMs) - this.#behindMs;
  }

  wallMs(): number {
    return Math.floor(START_WALL_MS + this.world.nowMs + this.#wallOffsetMs);
  }

  /** Someone sets the clock. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Its monotonic clock is so much later at once, as after a sleep that nobody noticed; timers come when they would have. */
  jumpAhead(byMs: number): void {
    this.#behindMs -= byMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = {};
    let cancel = (): void => undefined;
    const wait = (remainingMs: number): void => {
      const dueMs = this.nowMs() + remainingMs;
      cancel = this.arrive(remainingMs, () => {
        // The clock stood still meanwhile: the timer has not run out yet.
        const leftMs = dueMs - this.nowMs();
        if (leftMs > 0.001) wait(leftMs);
        else {
          this.#timers.delete(timer);
          callback();
        }
      });
    };
    this.#timers.add(timer);
    wait(delayMs);
    return () => {
      this.#timers.delete(timer);
      cancel();
    };
  }

  every(intervalMs: number, callback: () => void): () => void {
    let cancel = (): void => undefined;
    const again = (): void => {
      cancel = this.after(intervalMs, () => {
        again();
        callback();
      });
    };
    again();
    return () => cancel();
  }

  defer(callback: () => void): void {
    this.arrive(0, callback);
  }

  /** Something from outside reaches the process after `delayMs` of the world's time, if it still lives by then. */
  arrive(delayMs: number, callback: () => void): () => void {
    return this.arriveAt(this.world.nowMs + delayMs, callback);
  }

  /** The same at a time of the world's. */
  arriveAt(atMs: number, callback: () => void): () => void {
    const { life } = this;
    let isCancelled = false;
    const happen = (): void => {
      if (isCancelled || this.life !== life) return;
      if (this.#isStill) this.#held.push(happen);
      else callback();
    };
    const cancel = this.world.planAt(atMs, happen);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  /** The process is gone. */
  kill(): void {
    this.life += 1;
    this.#timers.clear();
    this.goOn();
  }

  /** The process stands still. @param sleeps the machine's clock does, too */
  standStill(sleeps: boolean): void {
    if (this.#isStill) return;
    this.#isStill = true;
    if (sleeps) this.#sleepsSinceMs = this.world.nowMs;
  }

  /** It goes on: everything that waited comes at once, in its order. */
  goOn(): void {
    if (!this.#isStill) return;
    this.#isStill = false;
    if (this.#sleepsSinceMs !== undefined) this.#behindMs += this.world.nowMs - this.#sleepsSinceMs;
    this.#sleepsSinceMs = undefined;
    for (const happen of this.#held.splice(0)) happen();
  }
}
