/**
 * Why tasks went where they went: the candidates of the last decisions with every term of their estimates (rule S2).
 *
 * A decision is written for every task and read when a person asks. So there is no index, and the terms are numbers in
 * flat memory, not objects that the collector would have to look after.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { estimatedWaitUs, type ScoredCandidate } from '#shared/scheduling/waiting-time.ts';

const DEFAULT_CAPACITY = 100_000;
/** Candidates of one decision that are kept; the scheduler weighs no more. */
const MAX_CANDIDATES = 16;
/** Decisions in one piece of memory: a server that decides little takes little. */
const CHUNK = 1_000;
/** Queued work, slots, missing bytes, bandwidth, start cost, what it takes longer. */
const TERMS = 6;

/** Some decisions. */
interface Chunk {
  readonly tasks: Float64Array;
  readonly counts: Uint8Array;
  readonly sessions: Uint32Array;
  readonly terms: Float32Array;
}

/** A ring of the last decisions. */
export class DecisionLog {
  readonly #capacity: number;
  readonly #chunks: Chunk[] = [];
  #next = 0;
  #size = 0;

  constructor(capacity: number = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#size;
  }

  /** @param candidates best first; the first was chosen. */
  record(task: ObjectKey, candidates: readonly ScoredCandidate[]): void {
    const chunk = (this.#chunks[Math.floor(this.#next / CHUNK)] ??= newChunk());
    const row = this.#next % CHUNK;
    chunk.tasks[row] = task;
    const count = Math.min(candidates.length, MAX_CANDIDATES);
    chunk.counts[row] = count;
    for (let index = 0; index < count; index++) {
      const candidate = candidates[index];
      if (candidate) writeCandidate(chunk, row * MAX_CANDIDATES + index, candidate);
    }
    this.#next = (this.#next + 1) % this.#capacity;
    this.#size = Math.min(this.#size + 1, this.#capacity);
  }

  /** The candidates of the latest decision about a task; empty if there was none, or it is too long ago. */
  of(task: ObjectKey): ScoredCandidate[] {
    for (let back = 1; back <= this.#size; back++) {
      const at = (this.#next - back + this.#capacity) % this.#capacity;
      const chunk = this.#chunks[Math.floor(at / CHUNK)];
      const row = at % CHUNK;
      if (chunk?.tasks[row] !== task) continue;
      const first = row * MAX_CANDIDATES;
      return Array.from({ length: chunk.counts[row] ?? 0 }, (_, index) => readCandidate(chunk, first + index));
    }
    return [];
  }
}

function newChunk(): Chunk {
  const places = CHUNK * MAX_CANDIDATES;
  return {
    tasks: new Float64Array(CHUNK),
    counts: new Uint8Array(CHUNK),
    sessions: new Uint32Array(places),
    terms: new Float32Array(places * TERMS),
  };
}

function writeCandidate({ sessions, terms }: Chunk, place: number, candidate: ScoredCandidate): void {
  sessions[place] = candidate.session;
  const at = place * TERMS;
  terms[at] = candidate.queuedUs;
  terms[at + 1] = candidate.slots;
  terms[at + 2] = candidate.missingBytes;
  terms[at + 3] = candidate.bytesPerSecond;
  terms[at + 4] = candidate.startUs;
  terms[at + 5] = candidate.slowerUs;
}

function readCandidate({ sessions, terms }: Chunk, place: number): ScoredCandidate {
  const at = place * TERMS;
  const candidate = {
    session: sessions[place] ?? 0,
    queuedUs: terms[at] ?? 0,
    slots: terms[at + 1] ?? 0,
    missingBytes: terms[at + 2] ?? 0,
    bytesPerSecond: terms[at + 3] ?? 0,
    startUs: terms[at + 4] ?? 0,
    slowerUs: terms[at + 5] ?? 0,
  };
  return { ...candidate, waitUs: estimatedWaitUs(candidate) };
}
