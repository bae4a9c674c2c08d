// Data sets lie packed in their folders and travel packed inside jobs. They are unpacked by what browsers and Node both have.

/** Unpacks a gzip file. `what` names it in the error. */
export async function gunzip(packed: Uint8Array, what: string): Promise<Uint8Array<ArrayBuffer>> {
  // A Blob takes no view of shared memory, which the bytes of a job may be: hence the copy.
  const plain = new Blob([new Uint8Array(packed)]).stream().pipeThrough(new DecompressionStream('gzip'));
  try {
    return new Uint8Array(await new Response(plain).arrayBuffer());
  } catch (cause) {
    throw new Error(`${what}: this is no gzip file, or not all of it`, { cause }); // the platform's error may be empty
  }
}
