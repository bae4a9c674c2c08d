/**
 * The waiting tasks of one job and one shape (rule S5): higher priority first, then age.
 *
 * Most tasks come in the order of their age, so each priority has a plain list, and beside it a heap for the few that
 * come later than younger ones: sent back from a lost node, or kept up by their inputs. Adding and taking cost the
 * same with ten tasks and with a million.
 */
import { Heap, NO_PLACE } from './heap.ts';

/** What waits in a queue keeps its place there for it; {@link NOT_QUEUED} in none. */
export interface Queued {
  queuePlace: number;
}

export const NOT_QUEUED = -1;

/** How tasks are told apart. */
export interface TaskOrder<T> {
  priorityOf(task: T): number;
  /** True if `a` was submitted before `b`. */
  isOlder(a: T, b: T): boolean;
}

/** True if `a` goes before `b`, of the same job. */
export function goesBefore<T>(order: TaskOrder<T>, a: T, b: T): boolean {
  const [priority, other] = [order.priorityOf(a), order.priorityOf(b)];
  return priority === other ? order.isOlder(a, b) : priority > other;
}

/** Places at the front that may be empty before the others move up. */
const MAX_EMPTY_PLACES = 1024;
/** Places below this are those of the heap. */
const FIRST_LATE_PLACE = -2;

/** A queue whose members can leave from anywhere. */
export class TaskQueue<T extends Queued> {
  readonly #order: TaskOrder<T>;
  /** Highest priority first. An empty one stays only as the single one: the next task is likely to be like the last. */
  readonly #levels: Level<T>[] = [];
  #size = 0;

  constructor(order: TaskOrder<T>) {
    this.#order = order;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds a task that is in no queue. */
  add(task: T): void {
    const priority = this.#order.priorityOf(task);
    if (this.#size === 0 && this.#levels[0]?.priority !== priority) this.#levels.length = 0;
    const at = this.#levelAt(priority);
    let level = this.#levels[at];
    if (level?.priority !== priority) {
      level = new Level(priority, this.#order);
      this.#levels.splice(at, 0, level);
    }
    level.add(task);
    this.#size += 1;
  }

  /** The task whose turn it is. */
  first(): T | undefined {
    return this.#levels[0]?.first();
  }

  /** One whose turn is last: of the lowest priority, and the youngest as a rule. */
  last(): T | undefined {
    return this.#levels.at(-1)?.last();
  }

  /** Takes out a task that is in this queue. */
  remove(task: T): void {
    const at = this.#levelAt(this.#order.priorityOf(task));
    const level = this.#levels[at];
    if (!level || task.queuePlace === NOT_QUEUED) return;
    level.remove(task);
    this.#size -= 1;
    if (level.size === 0 && this.#levels.length > 1) this.#levels.splice(at, 1);
  }

  /** Where the level of this priority is, or would be. */
  #levelAt(priority: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#levels[middle]?.priority ?? 0) > priority) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The tasks of one priority. */
class Level<T extends Queued> {
  readonly priority: number;
  readonly #order: TaskOrder<T>;
  /** In the order of their age, with holes where tasks left. A task's place is its index plus what was cut off. */
  #list: (T | undefined)[] = [];
  #head = 0;
  #cutOff = 0;
  #inList = 0;
  /** The last that was added to the list: what is older cannot go behind it. */
  #newest: T | undefined;
  #late: Heap<T> | undefined;

  constructor(priority: number, order: TaskOrder<T>) {
    this.priority = priority;
    this.#order = order;
  }

  get size(): number {
    return this.#inList + (this.#late?.size ?? 0);
  }

  add(task: T): void {
    if (this.#inList === 0) this.#clear();
    if (this.#newest && this.#order.isOlder(task, this.#newest)) {
      this.#late ??= new Heap<T>((a, b) => this.#order.isOlder(a, b), placeLate);
      this.#late.add(task);
      return;
    }
    this.#newest = task;
    task.queuePlace = this.#cutOff + this.#list.length;
    this.#list.push(task);
    this.#inList += 1;
  }

  first(): T | undefined {
    while (this.#head < this.#list.length && this.#list[this.#head] === undefined) this.#head += 1;
    const inTime = this.#list[this.#head];
    const late = this.#late?.first();
    if (inTime === undefined || late === undefined) return inTime ?? late;
    return this.#order.isOlder(late, inTime) ? late : inTime;
  }

  last(): T | undefined {
    if (this.#inList === 0) return this.#late?.at(this.#late.size - 1);
    while (this.#list.at(-1) === undefined) this.#list.pop();
    return this.#list.at(-1);
  }

  remove(task: T): void {
    const place = task.queuePlace;
    if (place <= FIRST_LATE_PLACE) {
      this.#late?.remove(FIRST_LATE_PLACE - place);
      return;
    }
    this.#list[place - this.#cutOff] = undefined;
    task.queuePlace = NOT_QUEUED;
    this.#inList -= 1;
    this.#tidy();
  }

  /** Cuts off the empty places at the front; closes all the others when they are most of the list. */
  #tidy(): void {
    if (this.#list.length < MAX_EMPTY_PLACES * 2) return;
    if (this.#head > MAX_EMPTY_PLACES && this.#head * 2 > this.#list.length) {
      this.#list = this.#list.slice(this.#head);
      this.#cutOff += this.#head;
      this.#head = 0;
    } else if (this.#inList * 4 < this.#list.length) {
      this.#list = this.#list.filter((each) => each !== undefined);
      this.#head = 0;
      this.#cutOff = 0;
      let place = 0;
      for (const each of this.#list) if (each) each.queuePlace = place++;
    }
  }

  #clear(): void {
    this.#list = [];
    this.#head = 0;
    this.#cutOff = 0;
    this.#newest = undefined;
  }
}

function placeLate(task: Queued, place: number): void {
  task.queuePlace = place === NO_PLACE ? NOT_QUEUED : FIRST_LATE_PLACE - place;
}
