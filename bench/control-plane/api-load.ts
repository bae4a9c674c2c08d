// What the benchmark of the API asks about: a history of tasks that are over, and living actors.
import { connectSocketIo } from '#client/transport/socket-io-transport.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import { MutationBatchBuilder } from '#shared/ports/mutation-batch.ts';
import { FUNCTION_KIND, OUTCOME, PLACE } from '#shared/protocol/node-records.ts';
import { DEFAULT_OPTIONS, optionsToJson } from '#shared/task/task-options.ts';
import { SqliteStorage } from '#server/storage/sqlite-storage.ts';
import { introduce } from './load-nodes.ts';
import { RawNode } from './raw-node.ts';
import type { ServerWord } from './restart-server.ts';

export const ACTORS = 10_000;
/** Rows of one commit while the history is made. */
const BATCH_ROWS = 5_000;
const NO_BYTES = new Uint8Array(0);
/** Jobs, functions and nodes of the history. */
export const JOBS = 20;
const FUNCTIONS = 20;
const NODES = 200;
/** Every so many tasks failed. */
export const FAILED = 100;
/** Steps at which they failed. */
const STEPS = 977;
/** Sessions that the history's tasks were born in: none of those that join. */
const SESSIONS = 50;
const FIRST_SESSION = 1_000;

/** A history of so many tasks, the oldest first; one of them failed like no other. */
export async function writeHistory(directory: string, tasks: number): Promise<void> {
  const storage = new SqliteStorage({ directory });
  await storage.open();
  const builder = new MutationBatchBuilder('bench', 1);
  for (let number = 0; number < tasks; number++) {
    const isFailed = number % FAILED === 0;
    const endedAtMs = Date.UTC(2026, 0, 1) + number * 50;
    builder.appendHistory('task_history', {
      key: objectKey(FIRST_SESSION + Math.floor((number * SESSIONS) / tasks), number),
      job: 1 + Math.floor((number * JOBS) / tasks),
      fn: `jobs/digits.ts#work${number % FUNCTIONS}`,
      state: isFailed ? 'failed' : 'succeeded',
      node: 1 + (number % NODES),
      attempts: 1,
      submittedAtMs: endedAtMs - 20,
      startedAtMs: endedAtMs - 15,
      endedAtMs,
      queuedMs: 5,
      runMs: 15,
      error: isFailed ? (number === 0 ? 'no such file: digits.bin' : `out of memory at step ${number % STEPS}`) : null,
      taskId: NO_BYTES,
    });
    // oxlint-disable-next-line no-await-in-loop -- one commit after the other
    if (number % BATCH_ROWS === BATCH_ROWS - 1) await storage.commit(builder.finish());
  }
  await storage.commit(builder.finish());
  await storage.close();
}

/** A driver that makes the actors, and a host on which they live. */
export async function makeActors(word: ServerWord): Promise<void> {
  const { url, joinToken: token } = word;
  const joined = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const alive = Promise.withResolvers<void>();
  let count = 0;
  const host: RawNode = new RawNode(
    { role: 'host', name: 'host', cpus: 4, token },
    {
      welcomed: joined[0].resolve,
      durable() {},
      commands: (batch) => {
        for (const command of batch) {
          if (command.kind !== 'lease') continue;
          const { task, attempt } = command;
          host.write({
            kind: 'finish',
            task,
            outcome: OUTCOME.value,
            durationUs: 20,
            sizeBytes: 1,
            value: Uint8Array.of(0),
            nested: [],
            attempt,
          });
          count += 1;
        }
        host.flush();
        if (count === ACTORS) alive.resolve();
      },
    },
  );
  const driver = new RawNode(
    { role: 'driver', name: 'driver', cpus: 0, token },
    { welcomed: joined[1].resolve, commands() {}, durable() {} },
  );
  const beat = setInterval(() => [host, driver].forEach((node) => node.ping()), 1000);
  beat.unref();
  host.connect(connectSocketIo(url));
  driver.connect(connectSocketIo(url));
  await Promise.all(joined.map(({ promise }) => promise));
  introduce(driver);
  driver.write({
    kind: 'function',
    fn: 1,
    module: '5'.repeat(64),
    name: 'jobs/noop.ts#Counter',
    functionKind: FUNCTION_KIND.actor,
  });
  for (let number = 1; number <= ACTORS; number++) {
    const actor = { className: `Counter${number % 7}`, methods: ['inc'] };
    const name = `counter ${(number * 7919) % ACTORS}`;
    const options = optionsToJson({ ...DEFAULT_OPTIONS, demand: { cpuMilli: 0, custom: {} }, actor, name });
    driver.write({ kind: 'options', options: number, json: options });
    driver.write({
      kind: 'submit',
      task: objectKey(driver.session, number),
      parent: 0,
      actor: 0,
      fn: 1,
      options: number,
      args: NO_BYTES,
      deps: [],
      nested: [],
      k: number,
      place: PLACE.global,
    });
  }
  driver.flush();
  await alive.promise;
}

/** How many failed at step 500. */
export function rareErrors(tasks: number): number {
  let count = 0;
  for (let number = FAILED; number < tasks; number += FAILED) if (number % STEPS === 500) count += 1;
  return Math.min(100, count);
}
