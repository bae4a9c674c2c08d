/**
 * When a screen reader is told of the state: at once when it really changes, but not at every pause for breath between
 * two batches of tasks.
 */
import type { StateTone } from './state-text.ts';

/** A change between computing and waiting is told only this long after the words before. */
const CHATTER_MS = 30_000;

const isWorking = (tone: StateTone | undefined): boolean => tone === 'busy' || tone === 'calm';

/** See above. */
export class Announcer {
  #tone: StateTone | undefined;
  #text = '';
  #spokenAtMs = Number.NEGATIVE_INFINITY;

  /** What to say now; undefined for nothing new. */
  next(tone: StateTone, text: string, nowMs: number): string | undefined {
    if (text === this.#text) return undefined;
    const isChatter = isWorking(tone) && isWorking(this.#tone) && nowMs - this.#spokenAtMs < CHATTER_MS;
    if (isChatter) return undefined;
    this.#tone = tone;
    this.#text = text;
    this.#spokenAtMs = nowMs;
    return text;
  }
}
