import { afterEach, describe, expect, it, vi } from 'vitest';
import { bundleModule } from '#client/bundler/job-bundler.ts';
import { END_REASON, FUNCTION_KIND } from '#shared/protocol/node-records.ts';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { createStoreBudget } from './shared-store-budget.ts';
import { WorkerThreads } from './worker-threads.ts';

const ID = 1;
// The line leaves in a microtask, and no message is read between it and the loop.
const JOB = `
import { remote } from 'daylight';
export const spin = remote(async () => { console.log('spins'); for (let turn = 0; turn < 10; turn += 1) await null; for (;;); });
`;

interface Ended {
  readonly reason: number;
  readonly message: string;
}

let threads: WorkerThreads | undefined;
afterEach(() => threads?.stopAll());

async function startThread(): Promise<{ said: WorkerRequest[]; ended: Promise<Ended>; run: (gpu: boolean) => void }> {
  const said: WorkerRequest[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<Ended>();
  const started = new WorkerThreads(
    { nodeName: 'test', storeBudget: createStoreBudget(2 ** 20), heapBytes: 2 ** 28, gpu: true },
    {
      onMessages: (_id, messages) => said.push(...messages),
      onExit: (_id, reason, message) => resolve({ reason, message }),
      onOutput: () => undefined,
    },
  );
  threads = started;
  started.spawn('task', ID);
  const { hash, code } = await bundleModule({ source: JOB, fileName: 'job.ts' });
  started.send(ID, {
    kind: 'module',
    module: hash,
    code: new TextEncoder().encode(code),
    sourceMap: new Uint8Array(0),
  });
  started.send(ID, { kind: 'function', fn: 0, module: hash, name: 'job#spin', functionKind: FUNCTION_KIND.task });
  const run = (gpu: boolean): void => {
    // The function that a GPU run names is not known: it ends at once, on a machine with or without a GPU.
    const fn = gpu ? 9 : 0;
    const none = { args: new Uint8Array(0), deps: [], nested: [], claim: 0, actor: 0, saves: false };
    started.send(ID, { kind: 'run', task: 11, attempt: 1, job: 1, fn, gpu, ...none });
    started.flush();
  };
  return { said, ended, run };
}

const until = (condition: () => boolean): Promise<void> =>
  vi.waitFor(() => expect(condition()).toBe(true), { interval: 5, timeout: 10_000 });

describe('the end of a worker thread', () => {
  it('is that of the thread at once, even in an endless loop', async () => {
    const { said, ended, run } = await startThread();
    run(false);
    await until(() => said.some(({ kind }) => kind === 'log'));
    threads?.stop(ID, END_REASON.runtimeLimit, 'it ran too long');
    expect(await ended).toEqual({ reason: END_REASON.runtimeLimit, message: 'it ran too long' });
  });

  it('L7 is left to the thread itself once it had a GPU: terminated, its open promises would end the process', async () => {
    const { said, ended, run } = await startThread();
    run(true);
    await until(() => said.some(({ kind }) => kind === 'result'));
    threads?.stop(ID);
    // 1 is the code of a thread that was terminated.
    expect((await ended).message).toBe('the worker ended with exit code 0');
  });

  it('L7 comes all the same to one that had a GPU and does not listen', async () => {
    const { said, ended, run } = await startThread();
    run(true);
    run(false);
    await until(() => said.some(({ kind }) => kind === 'log'));
    threads?.stop(ID);
    expect((await ended).message).toBe('the worker ended with exit code 1');
  });
});
