// Jobs that go wild in a browser's sandbox, and one that quietly does its work beside them.

import { get, remote } from 'daylight';

const scope = globalThis as unknown as Record<string, never>;
const MEGABYTE = 2 ** 20;

/** Allocates buffers and keeps them. */
export const bufferBomb = remote(async (chunkMb: number, pauseMs: number) => {
  const kept: Uint8Array[] = [];
  for (;;) {
    kept.push(new Uint8Array(chunkMb * MEGABYTE));
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
});

/** Fills the JavaScript heap. */
export const heapBomb = remote(() => {
  const kept: object[] = [];
  for (;;) kept.push({ x: new Array<number>(1_000).fill(kept.length) });
});

/** Never comes to an end of its turn. */
export const spin = remote(() => {
  for (;;);
});

/** Prints without a break. */
export const chatter = remote((lines: number) => {
  for (let line = 0; line < lines; line += 1) console.log(`line ${line}`);
  return lines;
});

/** Gets hold of the port to the raylet, and floods it. */
export const flood = remote(async () => {
  const event = scope['MessageEvent'] as unknown as { prototype: object };
  const { promise, resolve } = Promise.withResolvers<{ postMessage(message: unknown): void }>();
  const data = Object.getOwnPropertyDescriptor(event.prototype, 'data');
  Object.defineProperty(event.prototype, 'data', {
    get(this: { target: never }) {
      resolve(this.target);
      return data?.get?.call(this) as unknown;
    },
  });
  // A message has to come in: the answer to this.
  const poked = nothing.options({ numCpus: 0 }).remote();
  const port = await promise;
  void poked;
  for (;;) for (let message = 0; message < 10_000; message += 1) port.postMessage(message);
});

export const nothing = remote(() => undefined);

/** Works in small steps, each in a task of its own. */
export const step = remote(async (index: number, ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return index;
});

/** Steps one after the other until the file `enough` is there; how many, and how many of them were wrong. */
async function steady(enough: string, ms: number, maxRetries: number) {
  const { existsSync } = await import('node:fs');
  let done = 0;
  let wrong = 0;
  for (; !existsSync(enough); done += 1) {
    const index = await get(step.options({ numCpus: 0.25, maxRetries }).remote(done, ms));
    if (index !== done) wrong += 1;
  }
  return { done, wrong };
}

const BOMBS: Record<string, () => ReturnType<typeof nothing.remote>> = {
  buffers: () => bufferBomb.options({ numCpus: 0.25, maxRetries: 0 }).remote(64, 0) as never,
  'buffers slowly': () => bufferBomb.options({ numCpus: 0.25, maxRetries: 0 }).remote(64, 20) as never,
  heap: () => heapBomb.options({ numCpus: 0.25, maxRetries: 0 }).remote() as never,
  loop: () => spin.options({ numCpus: 0.25, maxRetries: 0, runtimeMs: 1_500 }).remote() as never,
  flood: () => flood.options({ numCpus: 0.25, maxRetries: 0 }).remote() as never,
};

interface BombArgs {
  readonly bomb: string;
  /** For `steady`: the file that ends it. */
  readonly enough?: string;
  readonly lines?: number;
  readonly maxRetries?: number;
}

/** Sets off a bomb and says what became of it; `steady` works instead; `chatter` prints. */
export default async function main({ bomb, enough = '', lines = 0, maxRetries = 0 }: BombArgs) {
  if (bomb === 'steady') return steady(enough, 50, maxRetries);
  if (bomb === 'chatter') return { lines: await get(chatter.options({ numCpus: 0.25 }).remote(lines)) };
  try {
    await get(BOMBS[bomb]?.() ?? nothing.remote());
    return { error: 'none' };
  } catch (error) {
    const { name, message } = error as Error;
    // The node is of use again.
    const after = await get(nothing.options({ numCpus: 0.25 }).remote());
    return { error: name, message, after: after ?? 'fine' };
  }
}
