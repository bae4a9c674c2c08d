/**
 * What `get` and `wait` give, as a durable `main` records it (rule J1): not the values, which can be had again, but which of them
 * were there.
 */
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { ByteReader } from '#shared/wire/byte-reader.ts';
import { ByteWriter } from '#shared/wire/byte-writer.ts';
import { array, bool, struct, uint } from '#shared/wire/schema.ts';
import { MAX_REFERENCES } from '#shared/protocol/limits.ts';
import { OPERATION } from '#shared/task/history-entries.ts';
import type { MainRun } from './main-run.ts';

/** How a `get` ended. */
export interface GetOutcome {
  readonly timedOut: boolean;
  /** The place of the error that it throws, + 1; 0 for none. */
  readonly failed: number;
  /** How many were not there when the time was over. */
  readonly pending: number;
}

const getOutcome = struct({ timedOut: bool, failed: uint, pending: uint });
const readyPlaces = array(uint, { maxCount: MAX_REFERENCES });

/** What these need of the worker they are in. */
export interface DurableWait {
  readonly keys: readonly ObjectKey[];
  /** It may end before everything is there. */
  readonly isBounded: boolean;
  /** Brings values here that were here in an earlier run. */
  readonly bring: (keys: readonly ObjectKey[]) => Promise<unknown>;
}

/** A `get` of a durable `main`. @param live waits, and says how it ended */
export async function durableGet(
  main: MainRun,
  { keys, isBounded, bring }: DurableWait,
  live: () => Promise<GetOutcome>,
): Promise<GetOutcome> {
  const outcome = await main.operate({
    op: OPERATION.get,
    digest: main.digestOf(keys),
    live: async () => {
      const writer = new ByteWriter(16);
      getOutcome.write(writer, await live());
      return writer.finish();
    },
    again: (recorded) => {
      const { timedOut, failed } = getOutcome.read(new ByteReader(recorded));
      if (failed > 0) return bring(keys.slice(failed - 1, failed));
      return timedOut ? Promise.resolve() : bring(keys);
    },
    isForced: (recorded) => !isBounded && (keys.length === 1 || getOutcome.read(new ByteReader(recorded)).failed === 0),
  });
  return getOutcome.read(new ByteReader(outcome));
}

/** A `wait` of a durable `main`: the places of what is ready. @param live waits, and gives them */
export async function durableWait(
  main: MainRun,
  { keys, isBounded }: Omit<DurableWait, 'bring'>,
  live: () => Promise<number[]>,
): Promise<number[]> {
  const outcome = await main.operate({
    op: OPERATION.wait,
    digest: main.digestOf(keys),
    live: async () => {
      const writer = new ByteWriter(16);
      readyPlaces.write(writer, await live());
      return writer.finish();
    },
    isForced: () => !isBounded,
  });
  return readyPlaces.read(new ByteReader(outcome));
}
