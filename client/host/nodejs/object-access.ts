/**
 * Objects from outside a job: fetching one by its id, and keeping a value in the cluster. Both are a small job of their own, because
 * an object lives as long as a session or a task holds it (rule O3): what is fetched must stay until it is here, and what is put
 * goes with the session that put it.
 */
import { TaskState } from '#client/worker/task-state.ts';
import type { ObjectKey } from '#shared/ids/object-key.ts';
import { connectDriver, type DriverConnection } from './driver-connection.ts';

/** Where the objects are, and who asks. */
export interface ObjectAccess {
  readonly url: string;
  /** The join token or the operator's. */
  readonly token: string;
  /** Name of the job in lists. */
  readonly jobName: string;
  /** What the job is for, as lists say it. */
  readonly purpose: string;
  readonly signal?: AbortSignal;
  onWarning?: (message: string) => void;
}

/** An object that this process keeps. */
export interface KeptObject {
  readonly id: string;
  readonly job: string;
}

/**
 * The value of an object of any job. Waits for one whose task has not ended. Rejects with the error of that task, with
 * `ObjectLostError` for an object that is gone, and with the signal's reason.
 */
export function fetchObject(access: ObjectAccess, key: ObjectKey): Promise<unknown> {
  return asJob(access, async ({ driver: { core } }) => {
    const ref = core.references.adoptReceived(key, new TaskState(0, 1, 0, 0, 'counted'));
    const [value] = await core.get([ref], { ...(access.signal === undefined ? {} : { signal: access.signal }) });
    return value;
  });
}

/** Puts a value and keeps it until `until` resolves; `onPut` is told once the server knows of it. */
export function keepObject(
  access: ObjectAccess,
  value: unknown,
  { onPut, until }: { onPut: (kept: KeptObject) => void; until: Promise<unknown> },
): Promise<void> {
  return asJob(access, async ({ driver, raylet }) => {
    using ref = driver.core.put(value);
    await driver.flush();
    onPut({ id: ref.id, job: String(raylet.job) });
    await until;
  });
}

/** Does something as a driver, whose job then has succeeded. */
async function asJob<T>(access: ObjectAccess, work: (connection: DriverConnection) => Promise<T>): Promise<T> {
  const { url, token, jobName, purpose, onWarning, signal } = access;
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => undefined);
  const connection = await connectDriver({
    url,
    token,
    numCpus: 0,
    jobName,
    purpose,
    ...(onWarning === undefined ? {} : { onWarning }),
    onFatal: lost.reject,
  });
  try {
    connection.raylet.setKeepsAlive(true);
    let result: T | undefined;
    const main = async (): Promise<void> => {
      signal?.throwIfAborted();
      result = await work(connection);
    };
    await Promise.race([connection.driver.runMain(main, undefined), lost.promise]);
    return result as T;
  } finally {
    await connection.close();
  }
}
