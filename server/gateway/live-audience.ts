/**
 * Who listens to the live channel, and what each has heard: a snapshot is made once for all, only while somebody listens, and sent
 * to those for whom something has changed. Who is slow to read passes over what others get, and then gets what is the case by then.
 */
import type { LiveSnapshot } from '#shared/api/live.ts';

/** One page that listens. */
export interface Listener {
  /** False while what it was sent before has not left yet. */
  readonly isWritable: boolean;
}

/** What there is to tell. */
export interface LiveSource {
  /** To everybody. */
  shared(): Omit<LiveSnapshot, 'job'>;
  /** To who looks at this job; undefined if there is none. */
  job(id: string): LiveSnapshot['job'];
}

/** A part of a snapshot as it was told last. */
interface Told {
  readonly text: string;
  /** Another one each time the text is another. */
  readonly version: number;
}

/** What a listener has said and heard. */
interface Place {
  job: string | undefined;
  heard: string;
}

/** All who listen. */
export class LiveAudience<L extends Listener> {
  readonly #source: LiveSource;
  readonly #send: (listeners: readonly L[], snapshot: LiveSnapshot) => void;
  readonly #places = new Map<L, Place>();
  #shared: Told | undefined;
  #jobs = new Map<string, Told>();
  #versions = 0;

  /** @param send sends one snapshot to some of them */
  constructor(source: LiveSource, send: (listeners: readonly L[], snapshot: LiveSnapshot) => void) {
    this.#source = source;
    this.#send = send;
  }

  get size(): number {
    return this.#places.size;
  }

  add(listener: L): void {
    this.#places.set(listener, { job: undefined, heard: '' });
  }

  remove(listener: L): void {
    this.#places.delete(listener);
  }

  /** It looks at this job from now on, or at none. */
  looksAt(listener: L, job: string | undefined): void {
    const place = this.#places.get(listener);
    if (place) place.job = job;
  }

  /** Tells everybody what has changed. */
  tell(): void {
    if (this.#places.size === 0) return;
    const snapshot = this.#source.shared();
    // That time goes on is no news.
    const shared = (this.#shared = this.#told(this.#shared, {
      ...snapshot,
      cluster: { ...snapshot.cluster, now: null },
    }));
    const jobs = new Map<string, Told>();
    for (const [id, listeners] of Map.groupBy(
      this.#places.keys(),
      (listener) => this.#places.get(listener)?.job ?? '',
    )) {
      const job = id === '' ? undefined : this.#source.job(id);
      const told = job && this.#told(this.#jobs.get(id), job);
      if (told) jobs.set(id, told);
      const news = `${shared.version} ${told?.version ?? 0}`;
      const due = listeners.filter((listener) => listener.isWritable && this.#places.get(listener)?.heard !== news);
      if (due.length === 0) continue;
      this.#send(due, job ? { ...snapshot, job } : snapshot);
      for (const listener of due) {
        const place = this.#places.get(listener);
        if (place) place.heard = news;
      }
    }
    this.#jobs = jobs;
  }

  #told(before: Told | undefined, part: unknown): Told {
    const text = JSON.stringify(part);
    if (before?.text === text) return before;
    this.#versions += 1;
    return { text, version: this.#versions };
  }
}
