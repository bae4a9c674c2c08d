/**
 * Time in the simulator: one queue of events for everything that happens anywhere, in the order of a clock that moves only
 * from one event to the next. With the seed it decides everything, so a run can be had again.
 */
import { type Random, seededRandom } from '#shared/ports/random.ts';
import { Story } from './story.ts';

interface Event {
  readonly atMs: number;
  /** Breaks ties: what was planned first happens first. */
  readonly number: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** Something that must never happen has happened. */
export class SimulationError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SimulationError';
  }
}

/** A simulated world: its time, its chance and its story. */
export class World {
  readonly seed: number;
  readonly story: Story;
  nowMs = 0;
  events = 0;
  /** Called after every event; throws if something must not be as it is. */
  afterEvent: () => void = () => undefined;
  readonly #heap: Event[] = [];
  #planned = 0;
  #failure: Error | undefined;

  constructor(seed: number) {
    this.seed = seed;
    this.story = new Story(() => this.nowMs);
  }

  /** A source of chance of its own, so that more of it used in one place changes nothing elsewhere. */
  random(purpose: string): Random {
    let mixed = this.seed | 0;
    for (const char of purpose) mixed = Math.imul(mixed ^ (char.codePointAt(0) ?? 0), 0x01000193) ^ (mixed >>> 15);
    return seededRandom(mixed);
  }

  /** Plans an event; returns a function that takes it back. */
  plan(delayMs: number, run: () => void): () => void {
    return this.planAt(this.nowMs + delayMs, run);
  }

  /** Plans an event for a time. What is planned for one time happens in the order in which it was planned. */
  planAt(atMs: number, run: () => void): () => void {
    const event: Event = { atMs: Math.max(this.nowMs, atMs), number: this.#planned++, run, cancelled: false };
    this.#push(event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Something is wrong: the run ends after this event. */
  fail(message: string): void {
    this.#failure ??= new SimulationError(message);
  }

  /** Lets events happen until `isDone`, or until the limit. Returns false if the limit came first. */
  async run(isDone: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.nowMs + limitMs;
    while (!isDone()) {
      const event = this.#pop();
      if (!event || event.atMs > endMs) {
        if (event) this.#push(event);
        this.nowMs = endMs;
        return isDone();
      }
      if (event.cancelled) continue;
      this.nowMs = event.atMs;
      this.events += 1;
      event.run();
      // What awaits a promise in the meantime goes on before the next event.
      await settled();
      this.afterEvent();
      if (this.#failure) throw this.#failure;
    }
    return true;
  }

  #push(event: Event): void {
    const heap = this.#heap;
    let place = heap.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (!above || isBefore(above, event)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = event;
  }

  #pop(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      const right = heap[child + 1];
      let below = heap[child];
      if (!below) break;
      if (right && isBefore(right, below)) {
        child += 1;
        below = right;
      }
      if (isBefore(last, below)) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
    return first;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
}

/** Resolves when every promise that can settle by itself has. */
function settled(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
