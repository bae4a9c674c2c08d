/*
 * The command line as somebody with a workload uses it: a job is handed over, watched, explained, stopped and taken home, by the
 * commands alone. The server is never named: commands find the one that runs on this machine.
 */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Cluster, jobFile } from './fixtures/cluster.ts';
import type { Ended } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-cli-jobs-'));
const OBSERVED = jobFile('observed.ts');

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start([{ name: 'host', cpus: 2 }]);
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

function daylight(...args: readonly string[]): Promise<Ended> {
  return cluster.processes.daylight(args, { cwd: folder }).end(60_000);
}

/** What a command prints with `--json`. @throws Error with its words if it fails */
async function json<T>(...args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await daylight(...args, '--json');
  if (code !== 0) throw new Error(`daylight ${args.join(' ')} ended with ${code}:\n${stderr}`);
  expect(stdout.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(stdout) as T;
}

/** Of a trace file, what is looked at here. */
interface Trace {
  readonly traceEvents: readonly {
    readonly ph: string;
    readonly name: string;
    readonly ts?: number;
    readonly dur?: number;
    readonly args: Readonly<Record<string, unknown>>;
  }[];
}

interface Submitted {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly url: string;
}

function submit(mode: string, ...args: readonly string[]): Promise<Submitted> {
  return json('submit', OBSERVED, '--args', JSON.stringify({ mode }), ...args);
}

async function failedJob(): Promise<Submitted> {
  const ended = await daylight('submit', OBSERVED, '--args', '{"mode":"fail"}', '--wait', '--json');
  expect(ended.code).toBe(1);
  return JSON.parse(ended.stdout) as Submitted;
}

describe('daylight submit', () => {
  it('hands a job over and says where it is', async () => {
    const { code, stdout } = await daylight('submit', OBSERVED, '--args', '{"mode":"result"}', '--name', 'handed over');
    expect(code).toBe(0);
    const [, id, url] = /^job (\d+) \(handed over\)\n {2}(\S+)\n {2}daylight logs \1 -f\n$/.exec(stdout) ?? [];
    expect(url).toBe(`${cluster.address.url}/jobs/${id}`);
    await until('it has succeeded', async () =>
      (await cluster.jobs()).some((job) => job.id === id && job.status === 'succeeded'),
    );
  });

  it('waits for the end with --wait, and ends as the job does', async () => {
    const [good, bad] = await Promise.all([
      daylight('submit', OBSERVED, '--args', '{"mode":"result"}', '--wait', '--purpose', 'to see', '--priority', '2'),
      daylight('submit', OBSERVED, '--args', '{"mode":"fail"}', '--wait'),
    ]);
    expect(good).toMatchObject({ code: 0, stdout: expect.stringMatching(/^job \d+ \(observed\): succeeded after/) });
    expect(good.stderr).toMatch(/^ *\d+ % .*after step \d, \d of \d tasks?$/m);
    expect(good.stderr).toMatch(/100 %/);
    expect(good.stderr).not.toContain('step 1 of 4');
    expect(bad).toMatchObject({ code: 1, stdout: expect.stringMatching(/^job \d+ \(observed\): failed after/) });
    expect(bad.stderr).toMatch(/RangeError: step 4 has no ground/);
    expect(bad.stderr).toMatch(/remote stack:\nRangeError: .*\n\s+at .*observed\.ts:\d+:\d+/);
    // The frames of who waited are the user's, too, and nothing of Daylight stands between them.
    expect(bad.stderr).toMatch(/^\s+at async main .*observed\.ts:\d+:\d+/m);
    expect(bad.stderr).not.toMatch(/job:\/\/|file:\/\/|node:internal/);
    const [failedId] = /\d+/.exec(bad.stdout) ?? [];
    expect(bad.stderr).toContain(`daylight logs ${failedId}`);
    expect(bad.stderr).toContain(`daylight list tasks --where job=${failedId} --where state=failed`);
    const [id] = /\d+/.exec(good.stdout) ?? [];
    expect(await json('list', 'jobs', '--where', `id=${id}`, '--columns', 'purpose,priority,kind')).toEqual({
      items: [{ purpose: 'to see', priority: 2, kind: 'submitted' }],
      next: null,
    });
  });

  it('prints what the job logs with --follow', async () => {
    const { code, stderr } = await daylight('submit', OBSERVED, '--args', '{"mode":"result"}', '--follow');
    expect(code).toBe(0);
    expect(stderr).toMatch(/^\[\d+\.\d+\] step 1 of 4$/m);
    expect(stderr).toMatch(/main in mode result$/m);
  });

  it('prints the job as one line of JSON', async () => {
    const submitted = await submit('result');
    expect(submitted).toMatchObject({ id: expect.stringMatching(/^\d+$/), name: 'observed', status: 'running' });
    expect(submitted.url).toBe(`${cluster.address.url}/jobs/${submitted.id}`);
    expect(await submit('result', '--wait')).toMatchObject({ status: 'succeeded', hasResult: true, artefactCount: 2 });
  });

  it('runs a job without arguments', async () => {
    const file = path.join(folder, 'defaults.ts');
    writeFileSync(file, 'export default async function main({ n = 3 } = {}) {\n  return n;\n}\n');
    const { id } = await json<Submitted>('submit', file, '--wait');
    expect(await json('get', id)).toBe(3);
  });

  it('shows what is wrong with a source at its line', async () => {
    const file = path.join(folder, 'wrong.ts');
    writeFileSync(
      file,
      "import { get } from 'daylight';\n\nexport default async function main() {\n  return get(;\n}\n",
    );
    const { code, stdout, stderr } = await daylight('submit', file);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^wrong\.ts:4:14: /m);
    expect(stderr).toMatch(/^> 4 │ {3}return get\(;$/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    const plain = await daylight('submit', file, '--json');
    expect(JSON.parse(plain.stdout)).toMatchObject({ problems: [{ file: 'wrong.ts', line: 4, column: 14 }] });
  });

  it('lets the server check the types with --source', async () => {
    const file = path.join(folder, 'types.ts');
    writeFileSync(file, 'export default async function main() {\n  const n: number = "one";\n  return n;\n}\n');
    const { code, stderr } = await daylight('submit', file, '--source');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^types\.ts:2:9: .*not assignable to type 'number'/m);
    expect(stderr).toMatch(/^> 2 │ {3}const n: number = "one";$/m);
    writeFileSync(file, 'export default async function main() {\n  return 1;\n}\n');
    expect(await json('submit', file, '--source', '--wait')).toMatchObject({ status: 'succeeded' });
  });

  it('says why nothing moves while it waits', async () => {
    const args = ['submit', OBSERVED, '--args', '{"mode":"wait"}', '--wait', '--name', 'stuck'];
    const waiting = cluster.processes.daylight(args);
    const [, task = ''] = await waiting.says(/impossible\) asks for what no node has: daylight why (\S+)$/m);
    expect((await daylight('why', task)).stdout).toContain('it asks for 1 CPU, 1 unicorn');
    expect(await daylight('stop', 'stuck', '--yes')).toMatchObject({ code: 0 });
    expect((await waiting.end(10_000)).code).toBe(1);
  });

  it('leaves the job running at Ctrl-C while it waits', async () => {
    const waiting = cluster.processes.daylight([
      'submit',
      OBSERVED,
      '--args',
      '{"mode":"wait"}',
      '--wait',
      '--name',
      'left',
    ]);
    await waiting.says(/after step 4/);
    waiting.signal('SIGINT');
    const { code, stderr } = await waiting.end(10_000);
    expect(code).toBe(130);
    const [, id = ''] = /job (\d+) goes on/.exec(stderr) ?? [];
    expect((await cluster.jobs()).find((job) => job.id === id)?.status).toBe('running');
    expect(await daylight('stop', id, '--yes')).toMatchObject({ code: 0, stdout: `${id} (left): stopped\n` });
  });
});

describe('daylight list', () => {
  it('filters, sorts and shows what is asked for, as a table, CSV and JSON', async () => {
    const { id } = await failedJob();
    const where = ['list', 'tasks', '--where', `job=${id}`];
    const { items } = await json<{ items: Record<string, unknown>[] }>(...where);
    expect(items.map(({ state }) => state)).toContain('failed');
    const failed = await daylight(...where, '--where', 'state=failed', '--where', 'fn=*step', '--columns', 'state,fn');
    expect(failed.stdout).toMatch(/^STATE {3}FN\nfailed {2}\S*observed#step\n$/);
    const byName = await json<{ items: { job: string }[] }>('list', 'tasks', '--where', 'job=observed');
    expect(new Set(byName.items.map(({ job }) => job))).toEqual(new Set([id]));
    expect(await daylight('list', 'tasks', '--where', 'job=obsrved')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('did you mean "observed"?'),
    });
    const csv = await daylight(...where, '--columns', 'id,state', '--csv', '--limit', '2');
    expect(csv.stdout).toMatch(/^id,state\r\n\d+\.\d+,\w+\r\n\d+\.\d+,\w+\r\n$/);
    expect(csv.stderr).toContain('--all');
    const sorted = await json<{ items: { runMs: number | null }[] }>(
      ...where,
      '--sort',
      '-runMs',
      '--columns',
      'runMs',
    );
    const longest = await json<{ items: { runMs: number }[] }>(
      ...where,
      ...['--sort', '-runMs', '--columns', 'runMs', '--limit', '1'],
    );
    // The first of all, not of the newest.
    expect(longest.items).toEqual(sorted.items.slice(0, 1));
    const times = sorted.items.flatMap(({ runMs }) => runMs ?? []);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    const jobs = await json<{ items: { id: string }[] }>(
      'list',
      'jobs',
      '--sort',
      'startedAt',
      '--columns',
      'id',
      '--all',
    );
    expect(jobs.items.map((job) => Number(job.id))).toEqual(jobs.items.map((_, index) => index + 1));
  });

  it('fits the terminal', async () => {
    const narrow = await cluster.processes.daylight(['list', 'nodes'], { env: { COLUMNS: '40' } }).end();
    for (const line of narrow.stdout.trimEnd().split('\n')) expect(line.length).toBeLessThanOrEqual(40);
    expect(narrow.stdout).toMatch(/^\d+ +host +host +connected/m);
    expect(narrow.stderr).toMatch(/columns left out .*PLATFORM/);
  });

  it('has nodes, actors and objects, too, and says when there is nothing', async () => {
    expect((await daylight('list', 'nodes', '--where', 'role=host')).stdout).toMatch(/^\d+ +host +host +connected/m);
    for (const kind of ['actors', 'objects']) expect(await json('list', kind)).toEqual({ items: [], next: null });
    expect(await daylight('list', 'actors')).toMatchObject({ code: 0, stdout: '', stderr: 'no actors\n' });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const program = path.resolve('bin/daylight.ts');
    const env = { ...process.env, DAYLIGHT_HOME: cluster.processes.home };
    const script = `"${process.execPath}" "${program}" list tasks --all --csv | head -1; exit \${PIPESTATUS[0]}`;
    expect(execFileSync('bash', ['-c', script], { env, encoding: 'utf8' })).toMatch(/^id,/);
  });
});

describe('daylight logs', () => {
  it('ends with what the job failed of, and with 0', async () => {
    const { id } = await failedJob();
    const { code, stdout, stderr } = await daylight('logs', id, '-f');
    expect({ code, stderr }).toEqual({ code: 0, stderr: `job ${id}: failed, RangeError: step 4 has no ground\n` });
    expect(stdout).toMatch(/step 4 of 4\n$/);
  });

  it('B1 tells how many lines were dropped at the end of a task', async () => {
    const file = path.join(folder, 'noisy.ts');
    writeFileSync(
      file,
      "import { get, remote } from 'daylight';\nexport const noisy = remote(() => {\n  for (let line = 0; line < 50_000; line++) console.log('x');\n});\nexport default async function main() {\n  await get(noisy.remote());\n}\n",
    );
    const { id } = await json<Submitted>('submit', file, '--wait');
    expect((await daylight('logs', id)).stdout).toMatch(/\d+ lines were dropped/);
  });
});

describe('a job that is over', () => {
  it('is run again, with the same argument or another', async () => {
    const { id, name } = await submit('result', '--wait', '--purpose', 'to see');
    const again = await json<Submitted & { args: unknown; purpose: string }>('rerun', id, '--wait');
    expect(again).toMatchObject({ name, status: 'succeeded', purpose: 'to see', args: { mode: 'result' } });
    expect(again.id).not.toBe(id);
    const other = await daylight('rerun', id, '--args', '{"mode":"fail"}', '--follow');
    expect(other).toMatchObject({ code: 1, stdout: expect.stringMatching(/^job \d+ \(observed\): failed after/) });
    expect(other.stderr).toMatch(/main in mode fail$/m);
    const plain = await daylight('rerun', id);
    expect(plain).toMatchObject({ code: 0, stdout: expect.stringMatching(/^job \d+ \(observed\)\n {2}http/) });
  });

  it('is not, if it was run from a terminal', async () => {
    await cluster.run('chatty.ts', { name: 'from a terminal' });
    const { code, stderr } = await daylight('rerun', 'from a terminal');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^daylight: .*cannot be run again/) });
  });

  it('is deleted only when that is meant', async () => {
    const { id } = await submit('result', '--wait');
    expect(await daylight('delete', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await daylight('delete', id, 'no such job', '--yes')).toMatchObject({ code: 1 });
    expect(await json('delete', id, '--yes')).toEqual({ deleted: [id] });
    expect(await daylight('logs', id)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`there is no job ${id}`),
    });
  });
});

describe('a job that goes on', () => {
  let id = '';
  beforeAll(async () => {
    ({ id } = await submit('wait', '--name', 'long one'));
    await until('it waits', async () =>
      (await cluster.tasks(`&job=${id}`)).some(({ fn }) => fn.endsWith('impossible')),
    );
  });

  it('has logs, which can be followed to its end', async () => {
    const whole = await daylight('logs', id);
    expect(whole.code).toBe(0);
    expect(whole.stdout).toMatch(/^\[\d+\.\d+\] main in mode wait\n(\[\d+\.\d+\] step \d of 4\n){4}$/);
    const [, task = ''] = /^\[(\S+)\] step 2 of 4$/m.exec(whole.stdout) ?? [];
    expect((await daylight('logs', id, '--task', task)).stdout).toBe(`[${task}] step 2 of 4\n`);
    const late = await daylight('logs', 'long one', '--since', '3', '--json');
    expect(
      late.stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { number: number }).number),
    ).toEqual([4, 5]);
  });

  it('is explained: why a task waits, and why another ran where it ran', async () => {
    const tasks = await cluster.tasks(`&job=${id}`);
    const waiting = tasks.find(({ fn }) => fn.endsWith('impossible'))?.id ?? '';
    const unicorn = await daylight('why', waiting);
    expect(unicorn.stdout).toMatch(
      new RegExp(`^${waiting.replace('.', '\\.')} \\(.*impossible\\) of job ${id}: infeasible\n.*no node has`),
    );
    const ran = tasks.find(({ fn, state }) => fn.endsWith('step') && state === 'succeeded')?.id ?? '';
    expect(await json('why', waiting)).toMatchObject({
      state: 'infeasible',
      candidates: [{ node: '1', closed: expect.stringContaining('too little of what is asked for') }],
    });
    expect((await daylight('why', ran)).code).toBe(0);
    const missing = await daylight('why', '9999.1');
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no task 9999.1') });
  });

  it('may be looked at by a viewer, who may not stop it', async () => {
    const viewer = ['--token', cluster.address.viewerToken];
    expect(await daylight('status', ...viewer)).toMatchObject({ code: 0, stdout: expect.stringMatching(/long one/) });
    const { code, stderr } = await daylight('stop', id, '--yes', ...viewer);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('this token may only read') });
    expect((await daylight('submit', OBSERVED, ...viewer)).code).toBe(1);
  });

  it('is stopped only when that is meant', async () => {
    expect(await daylight('stop', id)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    expect(await daylight('stop', id, 'no such job', '--yes')).toMatchObject({ code: 1 });
    expect(await daylight('delete', id, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`still running: daylight stop ${id}`),
    });
    expect((await cluster.jobs()).find((job) => job.id === id)?.status).toBe('running');
    const following = cluster.processes.daylight(['logs', id, '-f']);
    await following.says(/step 4 of 4/);
    const stopped = await json<{ items: { status: string }[] }>('stop', id, '--yes');
    expect(stopped.items.map(({ status }) => status)).toEqual(['stopped']);
    expect(await following.end(10_000)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`job ${id}: stopped`),
    });
    expect((await daylight('stop', 'long one')).stdout).toContain('is over already: stopped');
    const misspelled = await daylight('logs', 'long oen');
    expect(misspelled.stderr).toContain('did you mean "long one"?');
  });
});

describe('what is taken home', () => {
  let id = '';
  beforeAll(async () => {
    ({ id } = await submit('result', '--wait'));
  });

  it('is the result as JSON or as an archive', async () => {
    expect(await json('get', id)).toEqual({
      squares: [1, 4, 9, 16],
      weights: { $npy: 'result.weights.npy', dtype: '<f4', length: 4 },
    });
    expect((await daylight('get', id)).stderr).toContain(`job-${id}-result.zip`);
    const files = unzipSync(readFileSync(path.join(folder, `job-${id}-result.zip`)));
    expect(Object.keys(files).toSorted()).toEqual(['result.json', 'result.weights.npy']);
    expect(strFromU8(files['result.json'] ?? new Uint8Array())).toContain('"squares"');
  });

  it('is the form that the file is called by', async () => {
    for (const file of ['result.json', 'result.npy'])
      expect(await daylight('get', id, '--out', file)).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(path.join(folder, 'result.json'), 'utf8'))).toMatchObject({
      squares: [1, 4, 9, 16],
    });
    expect(readFileSync(path.join(folder, 'result.npy')).subarray(1, 6).toString()).toBe('NUMPY');
    expect(await daylight('get', id, '--out', 'result.csv')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('.zip, .json or .npy'),
    });
  });

  it('and the files that it published', async () => {
    expect(await daylight('get', id, '--artefacts', 'files')).toMatchObject({ code: 0 });
    expect(readdirSync(path.join(folder, 'files')).toSorted()).toEqual([
      'dot.svg',
      `job-${id}-result.zip`,
      'squares.csv',
    ]);
    expect(readFileSync(path.join(folder, 'files', 'squares.csv'), 'utf8')).toBe('1,4,9,16');
  });

  it('is refused with a reason where there is none', async () => {
    const { code, stderr } = await daylight('get', (await failedJob()).id);
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no result: it failed \(.*step 4 has no ground\): daylight logs/);
  });

  it('is a timeline that Perfetto opens, and one to read at once', async () => {
    const text = await daylight('timeline', id);
    expect(text.stdout).toMatch(/^job \d+ \(observed\): \d+ tasks on 1 node in /);
    expect(text.stdout).toMatch(/^host +\d+ +0 /m);
    expect(text.stdout).toMatch(/^\S*observed#step +4 +0 /m);
    await daylight('timeline', id, '--out', 'trace.json');
    const trace = JSON.parse(readFileSync(path.join(folder, 'trace.json'), 'utf8')) as Trace;
    const events = trace.traceEvents.filter(({ ph }) => ph === 'X');
    expect(events.filter(({ name }) => name.endsWith('step'))).toHaveLength(4);
    for (const { ts, dur } of events)
      expect([ts, dur].every((us) => Number.isInteger(us) && Number(us) >= 0)).toBe(true);
    expect(trace.traceEvents.filter(({ name }) => name === 'process_name').map(({ args }) => args['name'])).toEqual([
      expect.stringMatching(/^node \d+: host$/),
    ]);
    const nowhere = await daylight('timeline', id, '--out', path.join(folder, 'trace.json', 'x.json'));
    expect(nowhere).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^daylight: \S+x\.json cannot be written/),
    });
  });
});

describe('objects', () => {
  it('are put, held, fetched by their id, and gone afterwards', async () => {
    writeFileSync(path.join(folder, 'data.json'), '{"n": [1, 2]}');
    const bytes = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
    writeFileSync(path.join(folder, 'data.bin'), bytes);
    const holders = [['data.json'], ['data.bin', '--json']].map((args) =>
      cluster.processes.daylight(['put', ...args], { cwd: folder }),
    );
    const [small, large] = holders;
    const [, value = ''] = (await small?.says(/^(\d+\.\d+)$/m)) ?? [];
    const [line = ''] = (await large?.says(/^\{.*\}$/m)) ?? [];
    const { id: binary, ...rest } = JSON.parse(line) as { id: string };
    expect(rest).toEqual({ job: expect.stringMatching(/^\d+$/), sizeBytes: 300_000, form: 'bytes' });
    expect(await json('get', value)).toEqual({ n: [1, 2] });
    await daylight('get', binary, '--out', 'again.bin');
    expect(new Uint8Array(readFileSync(path.join(folder, 'again.bin')))).toEqual(bytes);
    expect(await daylight('get', value, '--out', 'again.json')).toMatchObject({ code: 0, stdout: '' });
    expect(JSON.parse(readFileSync(path.join(folder, 'again.json'), 'utf8'))).toEqual({ n: [1, 2] });

    // They are jobs of their own, which only who asks for them wants to see.
    const namesOf = async (...args: readonly string[]): Promise<string[]> =>
      (await json<{ items: { name: string }[] }>('list', 'jobs', ...args)).items.map(({ name }) => name);
    const errands = ['put data.json', 'put data.bin', `get ${value}`, `get ${binary}`];
    const everyday = [...(await namesOf('--limit', '1000')), (await daylight('status')).stdout].join('\n');
    for (const name of errands) expect(everyday).not.toContain(name);
    expect(await namesOf('--all')).toEqual(expect.arrayContaining(errands));
    expect(await namesOf('--where', 'kind=driver')).toEqual(expect.arrayContaining(errands));
    // Nor are their sessions nodes that lend.
    const nodes = await json<{ items: { name: string; role: string }[] }>('list', 'nodes');
    expect(nodes.items.map(({ name }) => name)).toEqual(['host']);
    expect(
      (await json<{ items: { role: string }[] }>('list', 'nodes', '--all')).items.map(({ role }) => role),
    ).toContain('driver');

    for (const holder of holders) holder.signal('SIGINT');
    for (const holder of holders) expect((await holder.end(10_000)).code).toBe(0);
    const gone = await daylight('get', value);
    expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining(`there is no object ${value}`) });
  });

  it('are held no longer than they should be', async () => {
    writeFileSync(path.join(folder, 'short.txt'), 'short');
    const { code, stdout, stderr } = await daylight('put', 'short.txt', '--hold', '300ms');
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\n$/) });
    expect(stderr).toContain('let go');
  });
});

describe('a server that is started again', () => {
  it('G2 is waited for by who follows a job', async () => {
    const args = ['submit', OBSERVED, '--args', '{"mode":"wait"}', '--follow', '--name', 'patient'];
    const watching = cluster.processes.daylight(args);
    await watching.says(/step 4 of 4/);
    await cluster.killServer();
    await watching.says(/the server is out of reach, trying again/);
    await cluster.startServer();
    await watching.says(/the server is back/);
    await cluster.nodeIs('host', 'connected', 60_000);
    expect(await daylight('stop', 'patient', '--yes')).toMatchObject({ code: 0 });
    const { code, stdout, stderr } = await watching.end(20_000);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/\(patient\): stopped after/) });
    expect(stderr.match(/step 4 of 4/g)).toHaveLength(1);
  });
});

describe('daylight completion', () => {
  it('offers the jobs of the server', async () => {
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(
      path.join(bin, 'daylight'),
      `#!/bin/sh\nexec "${process.execPath}" "${path.resolve('bin/daylight.ts')}" "$@"\n`,
      { mode: 0o755 },
    );
    const script = `source <(daylight completion bash); COMP_WORDS=(daylight logs ''); COMP_CWORD=2; _daylight; echo "\${COMPREPLY[@]}"`;
    const env = { ...process.env, DAYLIGHT_HOME: cluster.processes.home, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const offered = execFileSync('bash', ['-c', script], { env, encoding: 'utf8' }).trim().split(' ');
    const jobs = (await cluster.jobs()).filter(({ name }) => !/^(put|get) /.test(name)).map(({ id }) => id);
    expect(offered.toSorted()).toEqual(jobs.toSorted());
  });
});
