/**
 * Objects between nodes (rules O2, O6, B1): pulls what this node needs, serves what others ask for. Pulls of one object are one.
 * What does not fit into memory beside the others waits, what a program asked for before what a task needs later.
 *
 * Pure: frames, memory, digests and time come through ports.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { CHUNKS_IN_FLIGHT } from '#shared/protocol/limits.ts';
import type { SessionFrameOf } from '#shared/protocol/session-frames.ts';
import type { QueueLevel } from '#shared/queue-level.ts';
import { CHUNK_DIGEST_BYTES, manifestDigest, MAX_OBJECT_BYTES } from '#shared/transfer/chunk-layout.ts';
import { ManifestShelf } from './manifest-shelf.ts';
import { PULL_PRIORITY, type PullDone, type PullPriority, type TransferPorts } from './ports.ts';
import { Pull, type PullOwner } from './pull.ts';
import { ServeDesk } from './serve-desk.ts';

/** Memory of objects that are on their way here; a pull beyond it waits for another to end. */
const MAX_BYTES_IN_FLIGHT = 256 * 1024 * 1024;

/** Everything that is said to a node about transfers. */
export type TransferFrame = SessionFrameOf<'fetch' | 'fetchFrom' | 'describe' | 'piece' | 'manifest' | 'sources'>;

/** All transfers of one session. */
export class ObjectManager implements PullOwner {
  readonly #ports: TransferPorts;
  readonly #shelf: ManifestShelf;
  readonly #serving: ServeDesk;
  readonly #pulls = new Map<ObjectKey, Pull>();
  readonly #running = new Map<number, Pull>();
  /** By priority, then age. */
  #waiting: Pull[] = [];
  #nextTransfer = 1;
  #bytesInFlight = 0;
  /** Payload bytes received. */
  receivedBytes = 0;

  constructor(ports: TransferPorts) {
    this.#ports = ports;
    this.#shelf = new ManifestShelf(ports);
    this.#serving = new ServeDesk(ports, this.#shelf, (key) => this.#runningPull(key));
  }

  /** Pulls that are under way or wait for memory. */
  get pullCount(): number {
    return this.#pulls.size;
  }

  /** Payload bytes sent. */
  get sentBytes(): number {
    return this.#serving.sentBytes;
  }

  /** Memory taken by unfinished pulls. */
  get bytesInFlight(): number {
    return this.#bytesInFlight;
  }

  *levels(): Iterable<QueueLevel> {
    // One always runs, whatever its size.
    const isLone = this.#running.size === 1;
    yield { queue: 'pull bytes', level: isLone ? 0 : this.#bytesInFlight, bound: MAX_BYTES_IN_FLIGHT };
    yield { queue: 'bytes of manifests', ...this.#shelf.level };
    for (const { askedCount } of this.#running.values())
      yield { queue: 'pieces asked for', level: askedCount, bound: CHUNKS_IN_FLIGHT };
  }

  /** Brings an object here. `done` is called once, never before this returns. */
  pull(key: ObjectKey, sizeBytes: number, done: PullDone, priority: PullPriority = PULL_PRIORITY.get): void {
    if (sizeBytes > MAX_OBJECT_BYTES) {
      this.#ports.clock.after(0, () => done(undefined, true));
      return;
    }
    let pull = this.#pulls.get(key);
    if (!pull) {
      pull = new Pull(this.#ports, this, { key, transfer: this.#nextTransfer, sizeBytes, priority });
      this.#nextTransfer += 1;
      this.#pulls.set(key, pull);
      this.#enqueue(pull);
    }
    pull.done.push(done);
    this.hasten(key, priority);
    this.#admit();
  }

  /** Somebody cannot wait as long as those before. */
  hasten(key: ObjectKey, priority: PullPriority): void {
    const pull = this.#pulls.get(key);
    if (!pull || pull.priority <= priority) return;
    pull.priority = priority;
    if (pull.state !== 'waiting') return;
    this.#waiting = this.#waiting.filter((other) => other !== pull);
    this.#enqueue(pull);
  }

  /** What the server or another node says. */
  onFrame(frame: TransferFrame): void {
    switch (frame.type) {
      case 'fetch':
      case 'fetchFrom':
        this.#serving.onFetch(frame);
        return;
      case 'describe':
        this.#serving.onDescribe(frame);
        return;
      default: {
        const pull = this.#running.get(frame.transfer);
        if (pull?.key !== frame.object) return;
        if (frame.type === 'sources') pull.onSources(frame);
        else if (frame.type === 'manifest') pull.onManifest(frame);
        else {
          this.receivedBytes += frame.data.length;
          pull.onPiece(frame);
        }
      }
    }
  }

  /** There is a connection (again): what was asked over the last one is asked anew. */
  connected(): void {
    for (const pull of this.#running.values()) pull.connected();
  }

  /** The session is void: nobody waits for these objects any more, so nobody is called. */
  clear(): void {
    for (const pull of this.#pulls.values()) pull.abandon();
    this.#pulls.clear();
    this.#running.clear();
    this.#waiting = [];
    this.#shelf.clear();
    this.#bytesInFlight = 0;
  }

  resized(_pull: Pull, byBytes: number): void {
    this.#bytesInFlight += byBytes;
  }

  finished(pull: Pull, memory: Attachment | undefined, isTooLarge: boolean): void {
    const { key, sizeBytes, manifest } = pull;
    this.#pulls.delete(key);
    this.#running.delete(pull.transfer);
    this.#bytesInFlight -= sizeBytes;
    this.#admit();
    for (const done of pull.done) done(memory, isTooLarge);
    if (!memory || !manifest) return;
    // Behind the word that a copy is here.
    this.#shelf.keep(key, new Uint8Array(memory, 0, sizeBytes), manifest);
    // Who gave a small one has told.
    if (manifest.length > CHUNK_DIGEST_BYTES)
      this.#ports.described(key, sizeBytes, manifestDigest(sizeBytes, manifest));
  }

  #runningPull(key: ObjectKey): Pull | undefined {
    const pull = this.#pulls.get(key);
    return pull?.state === 'waiting' ? undefined : pull;
  }

  #enqueue(pull: Pull): void {
    const later = this.#waiting.findIndex(({ priority }) => priority > pull.priority);
    this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, pull);
  }

  /** Starts waiting pulls, in their order, while there is room; one always runs, whatever its size. */
  #admit(): void {
    for (;;) {
      const pull = this.#waiting[0];
      if (!pull || (this.#bytesInFlight > 0 && this.#bytesInFlight + pull.sizeBytes > MAX_BYTES_IN_FLIGHT)) return;
      this.#waiting.shift();
      this.#bytesInFlight += pull.sizeBytes;
      this.#running.set(pull.transfer, pull);
      pull.begin();
    }
  }
}
