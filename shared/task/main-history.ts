/**
 * A durable `main` and its history (rule J1): what an earlier run did is gone through again, then the run goes on and adds to it.
 *
 * Between two settlements of operations (`get`, `wait` …) a program is deterministic, if it is at all: it computes, and calls. So
 * that this holds also where several of its functions are under way, operations settle one at a time, and the next only when
 * everything that followed from the one before has been done; their order is part of the history. A run that repeats an earlier
 * one takes from the history the keys of what it calls and puts, so nothing is called again, and every outcome in its turn: an
 * operation settles when all that stands before its end has been done again.
 *
 * What a program does by timers or other means of its own may come in another order than before. Therefore a call is looked for
 * among all that are left, the next one first; one that is not there is a {@link Divergence}. No promises here: whoever runs the
 * program asks for {@link MainHistory.next} when nothing of it is left to do.
 */
import type { ObjectKey } from '../ids/object-key.ts';
import { DECISION, type Decision, type HistoryEntry, OPERATION_NAMES } from './history-entries.ts';

const NO_BYTES = new Uint8Array(0);

/** A run does what the one before it did not. */
export class Divergence extends Error {}

/** An operation that settles now. */
export interface Settlement {
  readonly op: number;
  readonly outcome: Uint8Array;
}

/** One that ended, and waits for its turn. */
interface Ended extends Settlement {
  /** It could not have ended in another way. */
  readonly isForced: boolean;
}

/** What is written down. `isForced`: any other run would come to the same, so what follows from it may be seen at once. */
export type DecisionSink = (decision: Decision, isForced: boolean) => void;

interface Places {
  readonly places: number[];
  next: number;
}

/** One run. */
export class MainHistory {
  readonly #write: DecisionSink;
  readonly #entries: readonly HistoryEntry[];
  readonly #names: readonly string[];
  /** Entries other than settlements, by what they are, in their order. */
  readonly #byText = new Map<string, Places>();
  readonly #outcomes = new Map<number, Uint8Array>();
  readonly #done: Uint8Array;
  /** The first entry that was not done again. */
  #cursor = 0;
  /** Operations of the history whose numbers were given. */
  readonly #numbers: ReadonlyMap<number, number>;
  #nextOp: number;
  readonly #open = new Set<number>();
  readonly #prepared = new Set<number>();
  readonly #ended: Ended[] = [];
  /** What this history made: keys that an equal run would have, too. */
  readonly #made = new Set<ObjectKey>();
  #base: number;
  #count = 0;

  /** @param base calls and puts that were made before the history begins */
  constructor(entries: readonly HistoryEntry[], base: number, write: DecisionSink) {
    this.#write = write;
    this.#base = base;
    this.#entries = entries.filter(({ kind }) => kind !== 'name');
    this.#names = entries.flatMap((entry) => (entry.kind === 'name' ? [entry.name] : []));
    this.#done = new Uint8Array(this.#entries.length);
    const numbers = new Map<number, number>();
    this.#entries.forEach((entry, place) => {
      if (entry.kind === 'settled') {
        this.#outcomes.set(entry.op, entry.outcome);
        return;
      }
      if (entry.kind === 'opened') numbers.set(place, numbers.size);
      const text = textOf(entry);
      const places = this.#byText.get(text);
      if (places) places.places.push(place);
      else this.#byText.set(text, { places: [place], next: 0 });
    });
    this.#numbers = numbers;
    this.#nextOp = numbers.size;
  }

  /** Not all of what the run before did was done again. */
  get isReplaying(): boolean {
    return this.#cursor < this.#entries.length;
  }

  /** Operations that have not settled. */
  get openCount(): number {
    return this.#open.size;
  }

  /** Calls and puts before the history begins; see {@link position}. */
  get base(): number {
    return this.#base;
  }

  /** Calls and puts so far, of all runs. */
  get position(): number {
    return this.#base + this.#count;
  }

  /** The references that count in a digest (see `DigestedCall.refs`). */
  own(keys: readonly ObjectKey[]): ObjectKey[] {
    return keys.map((key) => (this.#made.has(key) ? key : 0));
  }

  /** A call: the key that its result has, if the run before made it. @throws Divergence */
  call(name: string, digest: number): ObjectKey | undefined {
    const entry = this.#take(`call ${digest}`, () => `called ${name}`);
    this.#count += 1;
    return entry?.kind === 'call' ? this.made(entry.key) : undefined;
  }

  /** A put, likewise. @throws Divergence */
  put(sizeBytes: number, digest: number): ObjectKey | undefined {
    const entry = this.#take(`put ${sizeBytes} ${digest}`, () => `put ${sizeBytes} bytes`);
    this.#count += 1;
    return entry?.kind === 'put' ? this.made(entry.key) : undefined;
  }

  /** A new call or put has this key. */
  made(key: ObjectKey): ObjectKey {
    this.#made.add(key);
    return key;
  }

  /** @param live what it is, if it is not recorded */
  now(live: number): number {
    return this.#value('now', DECISION.now, live);
  }

  random(live: number): number {
    return this.#value('random', DECISION.random, live);
  }

  #value(kind: 'now' | 'random', what: number, live: number): number {
    const entry = this.#take(kind, () => `called context().${kind}()`);
    if (entry?.kind === kind) return entry.value;
    this.#write({ what, op: 0, number: live, value: NO_BYTES }, false);
    return live;
  }

  /** An operation begins; gives its number. @throws Divergence */
  open(op: number, digest: number): number {
    const place = this.#takePlace(`opened ${op} ${digest}`, () => `called ${OPERATION_NAMES[op] ?? 'something'}`);
    const known = place === undefined ? undefined : this.#numbers.get(place);
    const number = known ?? this.#nextOp++;
    this.#open.add(number);
    if (known === undefined) this.#write({ what: DECISION.opened, op, number: digest, value: NO_BYTES }, true);
    return number;
  }

  /** How the operation ended in the run before; undefined if it did not. */
  outcomeOf(op: number): Uint8Array | undefined {
    return this.#outcomes.get(op);
  }

  /** What the operation gave in the run before can be given again. */
  prepared(op: number): void {
    this.#prepared.add(op);
  }

  /** The operation, of which nothing is recorded, has ended. */
  ended(op: number, outcome: Uint8Array, isForced: boolean): void {
    this.#ended.push({ op, outcome, isForced });
  }

  /** The operation that settles next, if it can now. */
  next(): Settlement | undefined {
    if (this.isReplaying) {
      const entry = this.#entries[this.#cursor];
      if (entry?.kind !== 'settled' || !this.#prepared.delete(entry.op)) return undefined;
      this.#markDone(this.#cursor);
      this.#open.delete(entry.op);
      return entry;
    }
    const ended = this.#ended.shift();
    if (!ended) return undefined;
    const { op, outcome } = ended;
    // Of several that are under way any could have been the first.
    const isForced = ended.isForced && this.#open.size === 1;
    this.#open.delete(op);
    this.#write({ what: DECISION.settled, op, number: 0, value: outcome }, isForced);
    return ended;
  }

  /** `main` is over. @throws Divergence if the run before went on */
  end(): void {
    if (this.isReplaying) throw this.#divergence('ended');
  }

  /** What led here is forgotten: a later run begins with the state that is given to it instead. */
  cut(): void {
    this.#base += this.#count;
    this.#count = 0;
    this.#nextOp = 0;
    this.#outcomes.clear();
    this.#made.clear();
  }

  #take(text: string, said: () => string): HistoryEntry | undefined {
    const place = this.#takePlace(text, said);
    return place === undefined ? undefined : this.#entries[place];
  }

  #takePlace(text: string, said: () => string): number | undefined {
    if (!this.isReplaying) return undefined;
    const places = this.#byText.get(text);
    const place = places?.places[places.next];
    if (!places || place === undefined) throw this.#divergence(said());
    places.next += 1;
    this.#markDone(place);
    return place;
  }

  #markDone(place: number): void {
    this.#done[place] = 1;
    while (this.#done[this.#cursor] === 1) this.#cursor += 1;
  }

  #divergence(said: string): Divergence {
    const left = this.#entries[this.#cursor];
    const before = left ? this.#words(left) : 'ended';
    const isAlike = before === said;
    return new Divergence(`main ${said} where the run before it ${isAlike ? 'did so with something else' : before}`);
  }

  #words(entry: HistoryEntry): string {
    switch (entry.kind) {
      case 'call':
        return `called ${this.#names[entry.fn] ?? 'something'}`;
      case 'put':
        return `put ${entry.sizeBytes} bytes`;
      case 'opened':
        return `called ${OPERATION_NAMES[entry.op] ?? 'something'}`;
      case 'settled':
        return `waited for what it had called`;
      case 'now':
      case 'random':
        return `called context().${entry.kind}()`;
      default:
        return 'went on';
    }
  }
}

function textOf(entry: HistoryEntry): string {
  switch (entry.kind) {
    case 'call':
      return `call ${entry.digest}`;
    case 'put':
      return `put ${entry.sizeBytes} ${entry.digest}`;
    case 'opened':
      return `opened ${entry.op} ${entry.digest}`;
    default:
      return entry.kind;
  }
}
