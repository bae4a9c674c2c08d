/**
 * Before a durable `main` begins: what earlier runs of it did is asked for, in pieces, because a long history has more bytes than a
 * frame may have (rule J1).
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { requests } from '#shared/protocol/requests.ts';
import { readEntries } from '#shared/task/history-entries.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import type { EarlierRuns } from './main-run.ts';

/**
 * The history of a task; undefined for one that has none (its job was begun under a former release).
 *
 * @param ask a question by its name and encoded body
 */
export async function openHistory(
  task: ObjectKey,
  attempt: number,
  ask: (method: string, body: Uint8Array) => Promise<Uint8Array>,
): Promise<EarlierRuns | undefined> {
  const { body, answer } = requests.history;
  const piece = async (from: number): Promise<ReturnType<typeof answer.read>> => {
    const writer = new ByteWriter(32);
    body.write(writer, { task, attempt, from });
    return answer.read(new ByteReader(await ask('history', writer.finish())));
  };
  const first = await piece(0);
  if (!first.isDurable) return undefined;
  const entries = readEntries(new ByteReader(first.entries));
  for (let { next } = first; next > 0;) {
    const more = await piece(next);
    for (const entry of readEntries(new ByteReader(more.entries))) entries.push(entry);
    next = more.next;
  }
  const { position, lines, lost, hasState, state, nested } = first;
  return {
    entries,
    position,
    lines,
    lost,
    checkpoint: hasState ? { state: state.slice(), nested } : undefined,
  };
}
