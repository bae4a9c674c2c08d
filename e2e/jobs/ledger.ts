// An actor with state that two callers change at the same time, while its host is killed: what each is told, and what comes of
// it, must be as if nothing had happened. Every run of a method is noted outside the cluster.

import type { ActorHandle } from 'daylight';
import { context, get, remote } from 'daylight';
import { note } from './files.ts';

interface Args {
  /** File for notes. */
  notes: string;
  /** Calls of each caller. */
  calls: number;
  /** Calls between two checkpoints; 0 for none. */
  everyCalls: number;
  /** What an entry is padded with, so that the state is large. */
  padding?: number;
}

/** What was done, in its order. */
class Ledger {
  #entries: string[] = [];
  readonly #notes: string;
  readonly #padding: string;
  constructor(notes: string, padding: number) {
    this.#notes = notes;
    this.#padding = '.'.repeat(padding);
  }
  async enter(entry: string): Promise<{ place: number; before: string | undefined }> {
    const before = this.#entries.at(-1);
    this.#entries.push(entry);
    await note(this.#notes, `${context().node} ${entry}`);
    return { place: this.#entries.length, before };
  }
  entries(): string[] {
    return this.#entries;
  }
  saveCheckpoint(): { entries: string[]; padding: string } {
    return { entries: this.#entries, padding: this.#padding };
  }
  restoreCheckpoint({ entries, padding }: { entries: string[]; padding: string }): void {
    if (padding !== this.#padding) throw new Error('that is not what was saved');
    this.#entries = entries;
  }
}
export const RemoteLedger = remote(Ledger);

/** Enters lines, a few on the way at a time; gives the places that it was told. */
export const enterAll = remote(async ({ ledger }: { ledger: ActorHandle<Ledger> }, name: string, calls: number) => {
  const replies: { place: number; before: string | undefined }[] = [];
  for (let n = 0; n < calls; n += 4) {
    const refs = [0, 1, 2, 3].map((k) => ledger.enter.remote(`${name} ${n + k}`));
    replies.push(...(await get(refs)));
  }
  return replies;
});

/** Two callers and their actor. */
export default async function main({ notes, calls, everyCalls, padding = 0 }: Args) {
  const checkpoint = everyCalls === 0 ? { everyMs: 3_600_000 } : { everyCalls };
  const seat = { resources: { seat: 1 }, maxRestarts: 5, checkpoint };
  const ledger = RemoteLedger.options(seat).remote(notes, padding);
  const callers = ['one', 'two'].map((name) =>
    enterAll.options({ resources: { desk: 1 } }).remote({ ledger }, name, calls),
  );
  const [one, two] = await get(callers);
  return { one, two, entries: await get(ledger.entries.remote()) };
}
