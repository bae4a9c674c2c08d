/**
 * Chance as those who make programs use it, and what is usual in programs: how long work takes, how large values are, what fails.
 */
import type { Random } from '#shared/ports/random.ts';
import { INLINE_BYTES } from '#shared/protocol/limits.ts';
import type { Failure } from './plan.ts';
import { LEAST_VALUE_BYTES } from './values.ts';

/** Choices. */
export class Dice {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** From 0 to 1. */
  share(): number {
    return this.#random.next();
  }

  /** 32 bits. */
  number(): number {
    return Math.floor(this.share() * 2 ** 32);
  }

  below(count: number): number {
    return Math.floor(this.share() * count);
  }

  chance(share: number): boolean {
    return this.share() < share;
  }

  /** One of them, of which there is at least one. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T; // never called with an empty list
  }

  /** Up to `most` different ones. */
  some(list: readonly number[], most: number): number[] {
    const count = list.length === 0 ? 0 : this.below(most + 1);
    return [...new Set(Array.from({ length: count }, () => this.pick(list)))];
  }

  /** Most tasks are short, some are not. */
  workMs(): number {
    const kind = this.share();
    if (kind < 0.5) return this.share() * 0.4;
    return kind < 0.9 ? this.share() * 60 : this.share() * 2_000;
  }

  /** In the record, in the message, or in the store; the last sometimes in more than one chunk. */
  sizeBytes(): number {
    const kind = this.share();
    if (kind < 0.7) return LEAST_VALUE_BYTES + this.below(200);
    if (kind < 0.9) return 1_100 + this.below(20_000);
    return INLINE_BYTES + this.below(400_000);
  }

  failure(): Failure | undefined {
    const kind = this.share();
    if (kind < 0.03) return { kind: 'throw' };
    if (kind < 0.07) return { kind: 'throwFirst', attempts: 1 + this.below(3) };
    if (kind < 0.1) return { kind: 'crashFirst', attempts: 1 + this.below(2) };
    return kind < 0.11 ? { kind: 'crash' } : undefined;
  }
}
