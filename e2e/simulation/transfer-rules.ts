/**
 * What must hold of objects on their way between nodes (rules O1, O4, L4): what arrives is what somebody made, byte for byte; a
 * copy that counts is of the version that was accepted; the last copy is nobody's to drop; what somebody holds has a copy, or a
 * task that makes it again. Written down beside the system, from what programs gave and nodes got.
 */
import { hash } from 'node:crypto';
import type { RayletShell } from '#client/host/raylet-shell.ts';
import type { ControlPlane } from '#server/control-plane.ts';
import type { ObjectRecord, SessionRecord } from '#server/gcs/entities.ts';
import { isHeld } from '#server/gcs/holders.ts';
import type { GcsState } from '#server/gcs/state.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import type { Attachment } from '#shared/ports/transport.ts';
import { sessionOfKey } from '#shared/ids/object-key.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';

/** Digests by object, and of each by session. */
type Digests = Map<ObjectKey, Map<number, string>>;

/** The rules of one run. */
export class TransferRules {
  readonly #fail: (message: string) => void;
  /** What programs gave last, by the node they ran on, … */
  readonly #made: Digests = new Map();
  /** … and ever: a task that runs again may give something else. */
  readonly #everMade = new Map<ObjectKey, Set<string>>();
  /** What came to nodes last. */
  readonly #brought: Digests = new Map();
  /** Of the value that counts now, as far as it is known. */
  readonly #accepted = new Map<ObjectKey, string>();

  /** @param fail told what is wrong */
  constructor(fail: (message: string) => void) {
    this.#fail = fail;
  }

  /** Listens to what the programs of a node make. */
  watchNode(shell: RayletShell): void {
    const onMessages = shell.onMessages.bind(shell);
    shell.onMessages = (id, messages, attachments) => {
      for (const message of messages) this.#hear(shell.session.session, message, attachments);
      onMessages(id, messages, attachments);
    };
  }

  #hear(session: number, message: WorkerRequest, attachments: readonly Attachment[]): void {
    if (message.kind !== 'result' && message.kind !== 'put') return;
    const memory = message.attachment === 0 ? undefined : attachments[message.attachment - 1];
    const bytes = memory ? new Uint8Array(memory, 0, message.sizeBytes) : message.value;
    const [key, digest] = [message.kind === 'put' ? message.object : message.task, digestOf(bytes)];
    note(this.#made, key, session, digest);
    const ever = this.#everMade.get(key);
    if (ever) ever.add(digest);
    else this.#everMade.set(key, new Set([digest]));
  }

  /** A value has come to a node. */
  brought(session: number, key: ObjectKey, bytes: Uint8Array, state: GcsState | undefined): void {
    const digest = digestOf(bytes);
    note(this.#brought, key, session, digest);
    const keys = state ? allKeys(state, key) : [key];
    const made = keys.flatMap((each) => [...(this.#everMade.get(each) ?? [])]);
    // Of what a submitted job's server or a liar made nothing is known.
    if (made.length > 0 && !made.includes(digest))
      this.#fail(`O1 session ${session} got bytes of ${key} that nobody made`);
  }

  /** A server has started: watches what counts, and what is dropped. */
  watchServer(plane: ControlPlane): void {
    const { objects, state } = plane.gcs;
    const setValue = objects.setValue.bind(objects);
    objects.setValue = (object, session, reported) => {
      const digest = this.#madeBy(state, object.key, session.id);
      if (digest === undefined) this.#accepted.delete(object.key);
      else this.#accepted.set(object.key, digest);
      setValue(object, session, reported);
    };
    const addCopy = objects.addCopy.bind(objects);
    objects.addCopy = (object, session, sizeBytes) => {
      addCopy(object, session, sizeBytes);
      if (object.locations?.has(session.id)) this.#checkCopy(state, object, session);
    };
    const command = plane.command.bind(plane);
    plane.command = (session, what) => {
      if (what.kind === 'dropCopy') this.#checkDrop(state, what.object, session);
      command(session, what);
    };
  }

  #checkCopy(state: GcsState, object: ObjectRecord, session: SessionRecord): void {
    const accepted = this.#accepted.get(object.key);
    const brought = allKeys(state, object.key).map((key) => this.#brought.get(key)?.get(session.id));
    const known = brought.filter((digest) => digest !== undefined);
    if (accepted !== undefined && known.length > 0 && !known.includes(accepted))
      this.#fail(`O1 a copy of ${object.key} on ${session.nodeName} counts, and is of another version`);
  }

  #checkDrop(state: GcsState, key: ObjectKey, session: SessionRecord): void {
    // What a node has under another key as well it may drop under this one; a copy that counts it is told to drop under all.
    const object = state.objects.get(key);
    const { locations, status } = object ?? {};
    if (object && status === 'stored' && isHeld(object) && locations?.size === 1 && locations.has(session.id))
      this.#fail(`O4 ${session.nodeName} is told to drop the last copy of ${object.key}`);
  }

  /** What is held and has no copy can be made again, unless it was put by somebody who cannot do that again. */
  checkTables({ objects, tasks, jobs }: GcsState): void {
    for (const object of objects.values()) {
      if (object.status !== 'stored' || !isHeld(object) || (object.locations?.size ?? 0) > 0) continue;
      const isResult = object.maker < 0;
      const isOver = [...jobs.values()].every(({ status }) => status !== 'running');
      if (isResult && !isOver && !tasks.has(object.key))
        this.#fail(`L4 object ${object.key} is held, has no copy, and nobody knows its task`);
    }
  }

  #madeBy(state: GcsState, key: ObjectKey, session: number): string | undefined {
    for (const each of allKeys(state, key)) {
      const digest = this.#made.get(each)?.get(session);
      if (digest !== undefined) return digest;
    }
    return undefined;
  }
}

function note(digests: Digests, key: ObjectKey, session: number, digest: string): void {
  const known = digests.get(key);
  if (known) known.set(session, digest);
  else digests.set(key, new Map([[session, digest]]));
}

/** Every key by which the object is known. */
function allKeys(state: GcsState, key: ObjectKey): ObjectKey[] {
  const main = state.resolve(key);
  const keys = [main];
  for (const [from, to] of state.aliases) if (to === main) keys.push(from);
  return keys.toSorted((a, b) => sessionOfKey(a) - sessionOfKey(b));
}

function digestOf(bytes: Uint8Array): string {
  return hash('sha256', bytes);
}
