import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiClient, CallInput } from '#shared/api/client.ts';
import { type Answer, type Route, type RouteName, ROUTES } from '#shared/api/routes.ts';
import { ErrorBody } from '#shared/api/schemas.ts';
import { formatObjectKey } from '#shared/ids/object-key.ts';
import { finish } from '../../gcs/testing/records.ts';
import { ApiWorld, failureOf, JOIN, mistakes, OPERATOR } from '../testing/api-world.ts';

const EXAMPLE = {
  id: 'digits',
  title: 'Digits',
  summary: 'Learns digits.',
  fileName: 'digits.ts',
  source: 'export default 1',
  args: { n: 1 },
  schema: null,
  needs: [],
};

let world: ApiWorld;
let client: ApiClient;
const called = new Set<RouteName>();

/** Calls a route and holds its answer against its schema. */
async function ask<N extends RouteName>(name: N, input: CallInput<N> = {}): Promise<Answer<N>> {
  called.add(name);
  const answer = await client.call(name, input);
  const route: Route = ROUTES[name];
  if (typeof route.answer === 'string') expect(answer).toBeInstanceOf(Uint8Array);
  else expect([name, mistakes(route.answer, answer)]).toEqual([name, []]);
  return answer;
}

beforeEach(async () => {
  world = await ApiWorld.start({ examples: [EXAMPLE] });
  client = world.client();
});

afterEach(() => world.stop());

describe('API: answers are as the schemas say', () => {
  it('of every route', async () => {
    called.clear();
    const { session, job, host } = await world.busyJob();
    const id = (number: number): string => `${session}.${number}`;
    await ask('login', { body: { token: OPERATOR } });
    await ask('logout');
    expect(await ask('me')).toEqual({ role: 'operator', joinUrl: world.server.donateUrl });
    expect(await ask('getOpenApi')).toMatchObject({ openapi: '3.1.0' });

    // The cluster and its nodes.
    const { plane } = world.server;
    await vi.waitFor(async () => expect((await ask('getSeries')).values['nodes']).toContain(1));
    expect(await ask('getCluster')).toMatchObject({
      hosts: 1,
      drivers: 1,
      cpus: 4,
      gpus: 1,
      runningJobs: 1,
      unfinishedTasks: 1,
      endedTasks: 4,
      retriesPerMinute: expect.any(Number),
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      isPublic: false,
      storage: 'working',
      infeasible: [],
    });
    expect((await ask('getSeries', { query: { span: '24h' } })).stepMs).toBe(60_000);
    expect((await ask('listNodes', { query: { role: 'host', name: 'b*' } })).items).toMatchObject([
      { name: 'blue', cpus: 4, executedTasks: 3, assignedTasks: 1, resources: { GPU: 1 } },
    ]);
    expect(await ask('getNode', { params: { id: '1' } })).toMatchObject({ name: 'blue' });
    await vi.waitFor(async () =>
      expect((await ask('getNodeSeries', { params: { id: '1' } })).values['cpus']).toContain(4),
    );
    expect((await ask('listEvents', { query: { kind: 'node-*' } })).items).toMatchObject([
      { kind: 'node-joined', session: 2 },
      { kind: 'node-joined', session: 1 },
    ]);

    // Tasks, actors, objects.
    const { items: tasks } = await ask('listTasks', { query: { job } });
    expect(tasks.map(({ id: task, state }) => [task, state])).toEqual([
      [id(4), 'leased'],
      [id(6), 'succeeded'],
      [id(3), 'failed'],
      [id(2), 'succeeded'],
      [id(1), 'succeeded'],
    ]);
    expect(await ask('getTask', { params: { id: id(1) } })).toMatchObject({
      state: 'succeeded',
      runMs: 5,
      attempts: 1,
    });
    expect(await ask('getTask', { params: { id: id(4) } })).toMatchObject({ state: 'leased', node: '1' });
    expect(await ask('why', { params: { id: id(4) } })).toMatchObject({ state: 'leased', candidates: [{ node: '1' }] });
    expect((await ask('why', { params: { id: id(99) } })).state).toBe('unknown');
    expect((await ask('listActors', { query: { sort: '-className' } })).items).toMatchObject([
      { id: id(6), className: 'Counter', state: 'alive', node: '1' },
    ]);
    await ask('getActor', { params: { id: id(6) } });
    expect((await ask('listObjects', { query: { status: 'stored' } })).items).toMatchObject([
      { id: id(2), nodes: ['1'], maker: id(2) },
    ]);
    expect(await ask('getObject', { params: { id: id(5) } })).toMatchObject({ status: 'inline', maker: null });
    expect((await ask('getLineage', { params: { id: id(4) } })).edges).toEqual([
      { from: id(2), to: id(4) },
      { from: id(5), to: id(4) },
    ]);

    // A driver's job.
    expect((await ask('listJobs', { query: { sort: 'name', status: 'running' } })).items).toMatchObject([
      { id: job, name: 'digits', submitted: 5, finished: 4, failed: 1, kind: 'driver', hasResult: false },
    ]);
    expect((await ask('getJobTimeline', { params: { id: job } })).items).toMatchObject([
      { task: id(4), node: '1', endedAt: null },
      { task: id(6) },
      { task: id(3), state: 'failed' },
      { task: id(2), runMs: 7 },
      { task: id(1), runMs: 5 },
    ]);
    expect((await ask('getJobLogs', { params: { id: job } })).items).toMatchObject([
      { number: 1, text: 'one', node: 'blue', task: id(4), level: 1 },
      { number: 2, text: 'two', level: 2 },
    ]);
    expect(await ask('getJobLogs', { params: { id: job }, query: { task: id(1), limit: 1 } })).toMatchObject({
      items: [{ text: 'two' }],
      next: 2,
    });
    expect((await ask('getJobFunctions', { params: { id: job } })).items.map(({ fn }) => fn)).toContain(
      'job.ts#Counter',
    );
    await plane.publish(Number(job), { name: 'a.png', mediaType: 'image/png', data: Uint8Array.of(1, 2) });
    expect((await ask('listArtefacts', { params: { id: job } })).items).toMatchObject([
      { name: 'a.png', isPicture: true, sizeBytes: 2, version: 1 },
    ]);
    expect(await ask('getArtefact', { params: { id: job, name: 'a.png' } })).toEqual(Uint8Array.of(1, 2));
    expect(await ask('stopJob', { params: { id: job } })).toMatchObject({ status: 'stopped', unfinished: 0 });
    expect(await host.command('stopJob')).toMatchObject({ job: Number(job) });
    expect(await ask('deleteJob', { params: { id: job } })).toEqual({});
    expect(await failureOf(client.call('getJob', { params: { id: job } }))).toMatchObject({ status: 404 });

    // A submitted job.
    expect((await ask('listExamples')).items).toEqual([EXAMPLE]);
    expect(await ask('checkSource', { body: { source: 'wrong' } })).toMatchObject({
      hasMain: false,
      problems: [{ file: 'job.ts', line: 1, severity: 'error' }],
    });
    const source = 'export default async function main() {}';
    const mine = await ask('submitJob', { body: { source, args: { n: 2 }, name: 'mine', priority: 2 } });
    expect(mine).toMatchObject({ name: 'mine', kind: 'submitted', priority: 2, args: { n: 2 }, hasSource: true });
    const main = await host.command('lease', ({ task }) => world.server.plane.jobOfTask(task) === Number(mine.id));
    host.records(finish(main.task, { value: Uint8Array.of(80, 75) }));
    const params = { id: mine.id };
    const misfit = { status: 422, code: 'bad-args', message: 'the argument must be an object' };
    expect(await failureOf(client.call('submitJob', { body: { source, args: 'misfit' } }))).toMatchObject(misfit);
    expect(await failureOf(client.call('rerunJob', { params, body: { args: 'misfit' } }))).toMatchObject(misfit);
    await vi.waitFor(async () => expect((await ask('getJob', { params })).status).toBe('succeeded'));
    expect(await ask('getJobSource', { params })).toEqual({ fileName: 'job.ts', source, args: { n: 2 } });
    expect(await ask('getJobResult', { params })).toEqual(Uint8Array.of(80, 75));
    expect(await ask('rerunJob', { params, body: { args: 5 } })).toMatchObject({
      args: 5,
      status: 'running',
      priority: 2,
    });

    expect(Object.keys(ROUTES).filter((name) => !called.has(name as RouteName))).toEqual([]);
  });

  it('of errors, with what to do next', async () => {
    const { session } = await world.busyJob();
    for (const [path, status] of [
      ['jobs?limit=0', 400],
      ['jobs?limit=1.5', 400],
      ['jobs?limit=1001', 400],
      ['jobs?colour=red', 400],
      ['jobs?name=a&name=b', 400],
      ['jobs?sort=colour', 400],
      ['jobs?after=x', 400],
      ['tasks?sort=fn', 400],
      ['tasks?after=hx', 400],
      ['events?after=x', 400],
      ['events?after=', 400],
      ['events?after=%20', 400],
      ['events?after=1e3', 400],
      ['events?after=-1', 400],
      ['series?span=1y', 400],
      ['cluster?limit=1', 400],
      ['jobs/99', 404],
      ['jobs/1%27', 400],
      ['nodes/99/series', 404],
      ['tasks/99', 400],
      ['tasks/1.99', 404],
      [`objects/${session}.999/lineage`, 404],
      ['jobs/1/source', 404],
      ['jobs/1/result.zip', 404],
      ['jobs/1/artefacts/none.png', 404],
      ['jobs/%E0%A4%A', 400],
      ['jobs/1/', 404],
      ['nothing', 404],
    ] as const) {
      const response = await fetch(`${world.server.url}/api/v1/${path}`, {
        headers: { authorization: `Bearer ${OPERATOR}` },
      });
      const body: unknown = await response.json();
      expect([path, response.status, mistakes(ErrorBody, body)]).toEqual([path, status, []]);
    }
  });

  it('T3 of requests that are not what they should be', async () => {
    await world.busyJob();
    const post = async (path: string, body: string, type = 'application/json', method = 'POST'): Promise<unknown[]> => {
      const headers = { authorization: `Bearer ${OPERATOR}`, 'content-type': type };
      const request: RequestInit = { method, headers, body };
      const response = await fetch(`${world.server.url}/api/v1/${path}`, request);
      const answer = Object(await response.json());
      expect(mistakes(ErrorBody, answer)).toEqual([]);
      return [response.status, answer.error.code, answer.error.message];
    };
    expect(await post('jobs', '{')).toMatchObject([400, 'bad-body', expect.stringContaining('JSON')]);
    expect(await post('jobs', '"text"')).toMatchObject([400, 'bad-body', expect.any(String)]);
    expect(await post('check', '{"source":"a"}', 'text/plain')).toMatchObject([400, 'bad-body', expect.any(String)]);
    expect(await post('jobs', '{"source":"a","fileName":"../x"}')).toMatchObject([
      400,
      'bad-body',
      expect.stringContaining('"fileName"'),
    ]);
    expect(await post('jobs', '{"source":"a","colour":1}')).toMatchObject([
      400,
      'bad-body',
      expect.stringContaining('"colour" means nothing here: there are source'),
    ]);
    expect(await post('jobs', '{"source":"a","priority":1000}')).toMatchObject([
      400,
      'bad-body',
      expect.stringMatching(/"priority"/),
    ]);
    const bundle = { code: 'export default () => 1', sourceMap: '{}' };
    for (const [body, what] of [
      ['{}', 'neither'],
      [JSON.stringify({ source: 'a', bundle }), 'both'],
    ] as const)
      expect(await post('jobs', body)).toMatchObject([400, 'bad-body', expect.stringContaining(what)]);
    expect(await post('login', JSON.stringify({ token: 'x'.repeat(20_000) }))).toMatchObject([
      413,
      'too-large',
      expect.stringMatching(/large/),
    ]);
    expect(await post('jobs/1/rerun', '{}')).toMatchObject([409, 'no-source', expect.any(String)]);
    expect(await post('jobs/1', '{}', 'application/json', 'DELETE')).toMatchObject([
      409,
      'running',
      expect.stringMatching(/stop it first/),
    ]);
    expect(await post('cluster', '{}')).toMatchObject([405, 'method', expect.stringContaining('GET')]);
    expect(await post('check', '{"source":"a crowd"}')).toMatchObject([503, 'busy', expect.stringMatching(/again/)]);
    expect(await post('jobs', '{"source":"so\\nwrong"}')).toMatchObject([422, 'problems', 'this is wrong']);
    await expect(client.call('submitJob', { body: { source: 'so\nwrong', fileName: 'a.ts' } })).rejects.toMatchObject({
      status: 422,
      problems: [{ file: 'a.ts', line: 2, message: 'this is wrong' }],
    });
  });
});

describe('API: lists', () => {
  it('goes through tasks live and past, filtered before the limit, in pages', async () => {
    const { session, job } = await world.busyJob();
    const id = (number: number): string => `${session}.${number}`;
    const seen = async (query: CallInput<'listTasks'>['query'] & object): Promise<string[]> => {
      const ids: string[] = [];
      for (let after: string | null | undefined; after !== null;) {
        // oxlint-disable-next-line no-await-in-loop -- one page after the other
        const page = await ask('listTasks', { query: { ...query, ...(after === undefined ? {} : { after }) } });
        ids.push(...page.items.map((task) => task.id));
        after = page.next;
      }
      return ids;
    };
    for (const limit of [1, 2, 3, 5, 100]) {
      expect(await seen({ limit })).toEqual([4, 6, 3, 2, 1].map(id));
      expect(await seen({ limit, state: 'succeeded' })).toEqual([6, 2, 1].map(id));
      expect(await seen({ limit, fn: '*#SQUARE', job })).toEqual([4, 3, 2, 1].map(id));
    }
    expect(await seen({ error: '*crash*' })).toEqual([id(3)]);
    expect(await seen({ endedAt: 'null' })).toEqual([id(4)]);
    expect(await seen({ endedAt: '20*' })).toEqual([6, 3, 2, 1].map(id));
    expect(await seen({ runMs: '5' })).toEqual([id(1)]);
    expect(await seen({ runMs: '05' })).toEqual([]);
    expect(await seen({ node: '1', attempts: '1', state: '*ed' })).toEqual([4, 6, 3, 2, 1].map(id));
    expect(await seen({ demand: '*CPU*' })).toEqual([id(4)]);
    expect(await seen({ parent: 'null', state: 'failed' })).toEqual([id(3)]);
    expect(await seen({ actor: '1.1' })).toEqual([]);
    for (const number of [1, 4]) expect(await seen({ id: id(number) })).toEqual([id(number)]);
    expect(await seen({ id: `${session}.*` })).toEqual([4, 6, 3, 2, 1].map(id));
    expect(await seen({ id: 'x' })).toEqual([]);
    const { submittedAt } = await ask('getTask', { params: { id: id(1) } });
    expect(await seen({ submittedAt: String(submittedAt), id: id(1) })).toEqual([id(1)]);
  });

  it('tells events, also those of before a start of the server', async () => {
    const joins = await Promise.all(
      ['a', 'b', 'c'].map(async (nodeId) => {
        const node = world.node();
        await node.join(JOIN, { nodeId, nodeName: nodeId });
        return node;
      }),
    );
    expect(joins.length).toBe(3);
    const { plane } = world.server;
    await new Promise<void>((resolve) => plane.commits.whenDurable(resolve));
    plane.events.splice(0, 2);
    const messages: string[] = [];
    for (let after: string | null | undefined; after !== null;) {
      // oxlint-disable-next-line no-await-in-loop -- one page after the other
      const page = await ask('listEvents', {
        query: { limit: 1, kind: 'node-joined', ...(after === undefined ? {} : { after }) },
      });
      messages.push(...page.items.map(({ message }) => message));
      after = page.next;
    }
    expect(messages.toSorted()).toEqual(['a joined', 'b joined', 'c joined']);
    expect((await ask('listEvents', { query: { severity: 'error' } })).items).toEqual([]);
  });
});

describe('API: what jobs made', () => {
  it('T1 T2 is never given to a browser as something to run', async () => {
    const { job } = await world.busyJob();
    const script = new TextEncoder().encode('<script>alert(1)</script>');
    const files: Record<string, [string, string, string]> = {
      'page.html': ['text/html', 'application/octet-stream', 'attachment'],
      'picture.svg': ['image/svg+xml', 'application/octet-stream', 'attachment'],
      'code.js': ['text/javascript', 'application/octet-stream', 'attachment'],
      'style.css': ['text/css', 'application/octet-stream', 'attachment'],
      'page.xhtml': ['application/xhtml+xml', 'application/octet-stream', 'attachment'],
      'paper.pdf': ['application/pdf', 'application/octet-stream', 'attachment'],
      'notes.txt': ['text/plain', 'text/plain; charset=utf-8', 'attachment'],
      'data.json': ['application/json', 'application/json', 'attachment'],
      'a.png': ['image/png', 'image/png', 'inline'],
      'b.jpg': ['image/jpeg', 'image/jpeg', 'inline'],
      'c.webp': ['image/webp', 'image/webp', 'inline'],
      'd.gif': ['image/gif', 'image/gif', 'inline'],
      'trick.png': ['text/html;image/png', 'application/octet-stream', 'attachment'],
    };
    for (const [name, [mediaType, sent, disposition]] of Object.entries(files)) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      await world.server.plane.publish(Number(job), { name, mediaType, data: script });
      // oxlint-disable-next-line no-await-in-loop -- as above
      const response = await fetch(`${world.server.url}/api/v1/jobs/${job}/artefacts/${name}`, {
        headers: { authorization: `Bearer ${OPERATOR}` },
      });
      const { headers, status } = response;
      // oxlint-disable-next-line no-await-in-loop -- as above
      expect(new Uint8Array(await response.arrayBuffer())).toEqual(script);
      expect([name, status, headers.get('content-type')]).toEqual([name, 200, sent]);
      expect(headers.get('content-disposition')).toMatch(new RegExp(`^${disposition}`));
      expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });
});

describe('API: identifiers', () => {
  it('are those that the tables have', async () => {
    const { session } = await world.busyJob();
    const keys = [...world.server.plane.gcs.state.objects.keys()].map(formatObjectKey);
    const { items } = await ask('listObjects');
    expect(items.map(({ id }) => id).toSorted()).toEqual(keys.toSorted());
    expect(items[0]?.holders).toEqual([`node ${session}`]);
  });
});
