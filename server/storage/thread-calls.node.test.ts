/** Calls to a thread: what happens to them when it answers, fails, or is gone. */
import { describe, expect, it } from 'vitest';
import { CallThread } from './thread-calls.ts';

interface Calls {
  double: { argument: number; result: number };
}

/** A thread whose whole program is `body`, run for each request. */
function threadOf(body: string): CallThread<Calls> {
  const program = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', (request) => { ${body} });`;
  return new CallThread<Calls>(new URL(`data:text/javascript,${encodeURIComponent(program)}`), 'test', null);
}

describe('thread calls', () => {
  it('each call gets its own answer, whatever the order', async () => {
    const thread = threadOf(
      'globalThis.held ??= []; held.push(request); if (held.length === 3)' +
        ' for (const { id, argument } of held.reverse()) parentPort.postMessage({ id, result: argument * 2 });',
    );
    expect(await Promise.all([1, 2, 3].map((n) => thread.call('double', n)))).toEqual([2, 4, 6]);
    await thread.stop();
    await expect(thread.call('double', 1)).rejects.toMatchObject({ code: 'closed' });
  });

  it('when the thread ends, every call under way and every later one rejects with closed and the reason', async () => {
    const thread = threadOf("throw new Error('out of luck');");
    const calls = await Promise.allSettled([thread.call('double', 1), thread.call('double', 2)]);
    expect(calls.map((call) => call.status)).toEqual(['rejected', 'rejected']);
    expect(thread.ended).toBe(true);
    await expect(thread.call('double', 3)).rejects.toThrow('out of luck');
  });
});
