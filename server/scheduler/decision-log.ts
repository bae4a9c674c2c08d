/**
 * Why tasks went where they went: the candidates of the last decisions with every term of their estimates (rule S2).
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { ScoredCandidate } from '#shared/scheduling/waiting-time.ts';

const DEFAULT_CAPACITY = 100_000;
/** A decision keeps its best candidates; the rest of sixteen tell little. */
const KEPT_CANDIDATES = 4;

/** One decision. */
export interface Decision {
  readonly task: ObjectKey;
  readonly wallMs: number;
  /** Best first; the first was chosen. */
  readonly candidates: readonly ScoredCandidate[];
}

/** A ring of the last decisions. There is no index: writing happens for every task, looking up when a person asks. */
export class DecisionLog {
  readonly #capacity: number;
  readonly #ring: Decision[] = [];
  #next = 0;

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#ring.length;
  }

  record(task: ObjectKey, wallMs: number, candidates: readonly ScoredCandidate[]): void {
    this.#ring[this.#next] = {
      task,
      wallMs,
      candidates: candidates.length > KEPT_CANDIDATES ? candidates.slice(0, KEPT_CANDIDATES) : candidates,
    };
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** The candidates of the latest decision about a task; empty if there was none, or it is too long ago. */
  of(task: ObjectKey): readonly ScoredCandidate[] {
    const count = this.#ring.length;
    for (let back = 1; back <= count; back++) {
      const decision = this.#ring[(this.#next - back + count) % count];
      if (decision?.task === task) return decision.candidates;
    }
    return [];
  }
}
