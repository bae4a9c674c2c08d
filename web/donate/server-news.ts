/**
 * What the page knows of its server before Start: asked at once, and again and again, ever more slowly, while the server
 * is away.
 */
import type { DonateInfo } from '#shared/protocol/donate-info.ts';

const RETRY_DELAYS_MS = [2000, 4000, 8000, 15_000, 30_000];

/** See above. */
export type ServerNews =
  | { readonly kind: 'asking' }
  | { readonly kind: 'away'; readonly trouble: string; readonly retryAtMs: number }
  | { readonly kind: 'known'; readonly info: DonateInfo };

/** What asking needs from outside. */
export interface ServerNewsPorts {
  /** Resolves to the answer's JSON; rejects when there is none. */
  ask(): Promise<unknown>;
  /** Monotonic. */
  nowMs(): number;
  /** Calls once after the delay; returns how to prevent it. */
  later(delayMs: number, run: () => void): () => void;
  /** There is other news. */
  onChange(): void;
}

/** The answer, if it has the right shape. */
export function readDonateInfo(value: unknown): DonateInfo | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { isPublic, protocolVersion, sandboxUrl } = value as Partial<Record<keyof DonateInfo, unknown>>;
  const fits = typeof isPublic === 'boolean' && typeof protocolVersion === 'number' && typeof sandboxUrl === 'string';
  return fits ? { isPublic, protocolVersion, sandboxUrl } : undefined;
}

/** See above. */
export class ServerNewsDesk {
  readonly #ports: ServerNewsPorts;
  #news: ServerNews = { kind: 'asking' };
  #failures = 0;
  #isAsking = false;
  #cancelRetry: () => void = () => undefined;

  constructor(ports: ServerNewsPorts) {
    this.#ports = ports;
  }

  get news(): ServerNews {
    return this.#news;
  }

  /** Asks now, also in the middle of a wait. */
  askNow(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#cancelRetry();
    // What was known stays until there is an answer: a page that flickers at every try cannot be read.
    if (this.#news.kind === 'away') this.#tell({ ...this.#news, retryAtMs: this.#ports.nowMs() });
    this.#ports.ask().then(
      (answer) => this.#take(answer),
      (error: unknown) => this.#miss(error instanceof Error ? error.message : String(error)),
    );
  }

  #take(answer: unknown): void {
    const info = readDonateInfo(answer);
    if (info === undefined) return this.#miss('the answer is not the one of a Daylight server');
    this.#isAsking = false;
    this.#failures = 0;
    this.#tell({ kind: 'known', info });
  }

  #miss(trouble: string): void {
    this.#isAsking = false;
    const delayMs = RETRY_DELAYS_MS[Math.min(this.#failures, RETRY_DELAYS_MS.length - 1)] ?? 0;
    this.#failures += 1;
    this.#cancelRetry = this.#ports.later(delayMs, () => this.askNow());
    this.#tell({ kind: 'away', trouble, retryAtMs: this.#ports.nowMs() + delayMs });
  }

  #tell(news: ServerNews): void {
    this.#news = news;
    this.#ports.onChange();
  }
}
