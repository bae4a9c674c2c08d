/**
 * A real server with something of everything in it, and its API as programs use it, for tests.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TSchema } from 'typebox';
import Value from 'typebox/value';
import { ApiClient, ApiFailure } from '#shared/api/client.ts';
import { BackPressureError } from '#shared/errors/daylight-error.ts';
import { objectKey } from '#shared/ids/object-key.ts';
import type { JobBundler } from '#shared/ports/job-bundler.ts';
import { definitions, failed, finish, finishStored, put, submit } from '../../gcs/testing/records.ts';
import { RawNode } from '../../gateway/testing/raw-node.ts';
import { type RunningServer, type ServerConfig, startServer } from '../../main.ts';

export const OPERATOR = 'operate';
export const VIEWER = 'look';
export const JOIN = 'join';

/** Takes what does not say "wrong", and has no room for what says "crowd"; no form fits "misfit". What a real one finds is its own tests' business. */
const bundler: JobBundler = {
  bundle: ({ source, fileName, argument }) => {
    if (source.includes('crowd')) return Promise.reject(new BackPressureError('try again in a few seconds'));
    const line = source.split('\n').findIndex((text) => text.includes('wrong')) + 1;
    const place = { file: fileName, line, column: 1 };
    if (line > 0)
      return Promise.resolve({ problems: [{ ...place, message: 'this is wrong', severity: 'error', source: 'type' }] });
    const job = {
      hash: '5'.repeat(32),
      code: source,
      sourceMap: '{}',
      hasMain: true,
      functions: ['square'],
      args: null,
    };
    const misfits = argument?.value === 'misfit' ? ['the argument must be an object'] : [];
    return Promise.resolve({ problems: [], job, misfits });
  },
  close: () => Promise.resolve(),
};

/** A server in a folder of its own. */
export class ApiWorld {
  readonly server: RunningServer;
  readonly directory: string;
  readonly nodes: RawNode[] = [];

  private constructor(server: RunningServer, directory: string) {
    this.server = server;
    this.directory = directory;
  }

  static async start(config: Partial<ServerConfig> = {}): Promise<ApiWorld> {
    const directory = await mkdtemp(join(tmpdir(), 'daylight-api-'));
    const tokens = { operatorToken: OPERATOR, viewerToken: VIEWER, joinToken: JOIN };
    const webFolder = join(directory, 'web');
    const server = await startServer({ port: 0, dataDirectory: directory, webFolder, bundler, ...tokens, ...config });
    return new ApiWorld(server, directory);
  }

  async stop(): Promise<void> {
    for (const node of this.nodes) node.close();
    await this.server.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** A client with these headers. */
  client(headers: Readonly<Record<string, string>> = { authorization: `Bearer ${OPERATOR}` }): ApiClient {
    return new ApiClient(async ({ method, path, body }) => {
      const response = await fetch(`${this.server.url}${path}`, {
        method,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body }),
      });
      return {
        status: response.status,
        json: () => response.json(),
        bytes: async () => new Uint8Array(await response.arrayBuffer()),
      };
    });
  }

  node(): RawNode {
    const node = new RawNode(this.server.url);
    node.acknowledges = true;
    this.nodes.push(node);
    return node;
  }

  /**
   * A driver's job on a host: tasks 1 and 2 have values, 3 failed, 4 runs and needs 2, which is stored, and 5, which was put. The
   * actor with key 6 lives.
   */
  async busyJob(): Promise<{ host: RawNode; driver: RawNode; session: number; job: string }> {
    const host = this.node();
    const driver = this.node();
    await host.join(JOIN, { nodeName: 'blue', cpuMilli: 4000, resources: [{ name: 'GPU', milli: 1000 }] });
    const { session } = await driver.join(JOIN, { role: 'driver', nodeId: 'd1', cpuMilli: 0, jobName: 'digits' });
    const key = (number: number): number => objectKey(session, number);
    driver.records(...definitions({ maxRetries: 0 }), ...[1, 2, 3].map((number) => submit(session, number)));
    const leased = (number: number) => host.command('lease', ({ task }) => task === key(number));
    await leased(1);
    host.records(finish(key(1), { durationUs: 5000 }));
    await leased(2);
    host.records(finishStored(key(2), { durationUs: 7000 }));
    await leased(3);
    host.records(failed(key(3)));
    driver.records(
      put(session, 5, { value: Uint8Array.of(1), sizeBytes: 1 }),
      submit(session, 4, { deps: [key(2), key(5)] }),
      submit(session, 6, { fn: 1, options: 1 }),
    );
    await leased(4);
    await leased(6);
    host.records(finish(key(6)));
    host.send({ type: 'log', task: key(4), level: 1, text: 'one' });
    host.send({ type: 'log', task: key(1), level: 2, text: 'two' });
    await host.durable();
    await driver.durable();
    const [job] = [...this.server.plane.gcs.state.jobs.values()];
    return { host, driver, session, job: String(job?.id) };
  }
}

/** The failure of a call. */
export async function failureOf(call: Promise<unknown>): Promise<Pick<ApiFailure, 'status' | 'code' | 'message'>> {
  const failure: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof ApiFailure))
    throw new Error('the call did not fail as one of the API does', { cause: failure });
  return failure;
}

/** Where a value is not as its schema says. */
export function mistakes(schema: TSchema, value: unknown): readonly unknown[] {
  return Value.Errors(schema, value);
}
