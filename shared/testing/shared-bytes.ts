/**
 * Shared memory wherever a test runs: a page that is not isolated from others has no `SharedArrayBuffer` to call, though it
 * may well be handed one. WebAssembly makes them everywhere.
 */

interface WebAssemblyMemory {
  readonly buffer: SharedArrayBuffer;
}

/** The part of WebAssembly that is used here; neither the language's nor the project's declarations have it. */
interface WebAssemblyGlobal {
  readonly Memory: new (limits: { initial: number; maximum: number; shared: true }) => WebAssemblyMemory;
}

const PAGE_BYTES = 65_536;

/** Bytes of shared memory, zero, at its start; the memory may be larger. */
export function sharedBytes(sizeBytes: number): Uint8Array<SharedArrayBuffer> {
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyGlobal };
  const pages = Math.max(1, Math.ceil(sizeBytes / PAGE_BYTES));
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return new Uint8Array(memory.buffer, 0, sizeBytes);
}
