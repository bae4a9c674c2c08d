/**
 * Digests of the chunks of copies that lie here: made when somebody first asks, for most values never leave their node (rule
 * O1), and kept for the next who asks.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { CHUNK_DIGEST_BYTES, chunkBytesOf, chunkCountOf, manifestDigest } from '#shared/transfer/chunk-layout.ts';
import type { TransferPorts } from './ports.ts';

/** Bytes of manifests that are kept; those asked for longest ago are made again when they are needed. */
const MAX_SHELF_BYTES = 4 * 1024 * 1024;

type Reader = (manifest: Uint8Array) => void;

interface Place {
  readonly buffer: WeakRef<ArrayBufferLike>;
  readonly offset: number;
  readonly sizeBytes: number;
}

interface Entry {
  /** The bytes that it describes: another version of the object lies elsewhere. They are not kept alive by it. */
  readonly place: Place;
  readonly manifest: Uint8Array;
  missing: number;
  /** Who waits for it; `undefined` once it is complete. */
  readers: Reader[] | undefined;
}

/** All manifests of a node. */
export class ManifestShelf {
  readonly #ports: Pick<TransferPorts, 'digest' | 'described'>;
  readonly #entries = new Map<ObjectKey, Entry>();
  #bytes = 0;

  constructor(ports: Pick<TransferPorts, 'digest' | 'described'>) {
    this.#ports = ports;
  }

  get level(): { readonly level: number; readonly bound: number } {
    return { level: this.#bytes, bound: MAX_SHELF_BYTES };
  }

  /** Gives the manifest of these bytes, now or later. */
  read(key: ObjectKey, bytes: Uint8Array, reader: Reader): void {
    const known = this.#entries.get(key);
    if (known && isAt(known.place, bytes)) {
      if (known.readers) known.readers.push(reader);
      else {
        // The last to be given up.
        this.#entries.delete(key);
        this.#entries.set(key, known);
        reader(known.manifest);
      }
      return;
    }
    this.#make(key, bytes, reader);
  }

  /** A copy came with its manifest. */
  keep(key: ObjectKey, bytes: Uint8Array, manifest: Uint8Array): void {
    this.#shelve(key, { place: placeOf(bytes), manifest, missing: 0, readers: undefined });
  }

  #make(key: ObjectKey, bytes: Uint8Array, reader: Reader): void {
    const count = chunkCountOf(bytes.length);
    const chunkBytes = chunkBytesOf(bytes.length);
    const manifest = new Uint8Array(count * CHUNK_DIGEST_BYTES);
    const entry: Entry = { place: placeOf(bytes), manifest, missing: count, readers: [reader] };
    this.#shelve(key, entry);
    for (let chunk = 0; chunk < count; chunk++) {
      this.#ports.digest(bytes.subarray(chunk * chunkBytes, (chunk + 1) * chunkBytes), (digest) => {
        manifest.set(digest, chunk * CHUNK_DIGEST_BYTES);
        entry.missing -= 1;
        if (entry.missing === 0) this.#made(key, entry);
      });
    }
  }

  #made(key: ObjectKey, entry: Entry): void {
    const { manifest, readers = [] } = entry;
    const { sizeBytes } = entry.place;
    entry.readers = undefined;
    this.#ports.described(key, sizeBytes, manifestDigest(sizeBytes, manifest));
    for (const reader of readers) reader(manifest);
  }

  #shelve(key: ObjectKey, entry: Entry): void {
    this.#remove(key);
    this.#entries.set(key, entry);
    this.#bytes += entry.manifest.length;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= MAX_SHELF_BYTES || oldest === key) return;
      this.#remove(oldest);
    }
  }

  #remove(key: ObjectKey): void {
    this.#bytes -= this.#entries.get(key)?.manifest.length ?? 0;
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}

function placeOf({ buffer, byteOffset, length }: Uint8Array): Place {
  return { buffer: new WeakRef(buffer), offset: byteOffset, sizeBytes: length };
}

function isAt({ buffer, offset, sizeBytes }: Place, bytes: Uint8Array): boolean {
  return buffer.deref() === bytes.buffer && offset === bytes.byteOffset && sizeBytes === bytes.length;
}
