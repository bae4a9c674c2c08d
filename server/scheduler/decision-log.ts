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

/** A ring of the last decisions with an index by task. */
export class DecisionLog {
  readonly #capacity: number;
  readonly #ring: Decision[] = [];
  readonly #byTask = new Map<ObjectKey, Decision>();
  #next = 0;

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#ring.length;
  }

  record(task: ObjectKey, wallMs: number, candidates: readonly ScoredCandidate[]): void {
    const decision = { task, wallMs, candidates: candidates.slice(0, KEPT_CANDIDATES) };
    const old = this.#ring[this.#next];
    if (old && this.#byTask.get(old.task) === old) this.#byTask.delete(old.task);
    this.#ring[this.#next] = decision;
    this.#byTask.set(task, decision);
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** The candidates of the latest decision about a task; empty if there was none, or it is too long ago. */
  of(task: ObjectKey): readonly ScoredCandidate[] {
    return this.#byTask.get(task)?.candidates ?? [];
  }
}
