/*
 * The command line as scripts and people use it: help, exit codes, JSON on standard output and everything else on standard
 * error, Ctrl-C.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { repositoryRoot } from '../scripts/source-files.ts';
import { Cluster, jobFile } from './fixtures/cluster.ts';
import type { Ended } from './fixtures/processes.ts';
import { until } from './fixtures/until.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'daylight-cli-'));
const HELLO = 'examples/hello/job.ts';
const COMMANDS = [
  ...[
    'up',
    'join',
    'run',
    'submit',
    'status',
    'list',
    'logs',
    'stop',
    'rerun',
    'delete',
    'why',
    'timeline',
    'put',
    'get',
    'completion',
  ],
];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start([{ name: 'host', cpus: 2 }]);
});
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

function daylight(...args: readonly string[]): Promise<Ended> {
  return cluster.processes.daylight(args).end(30_000);
}

/** Files about servers that run here. */
function serversKnown(): string[] {
  return readdirSync(path.join(cluster.processes.home, 'servers'));
}

describe('help', () => {
  it.each(COMMANDS)('of %s says what it does, its options and an example', async (command) => {
    const { code, stdout, stderr } = await daylight(command, '--help');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`Usage: daylight ${command}`));
    expect(stdout).toMatch(new RegExp(`Examples?:\\n.*daylight ${command}\\b`));
    expect(stdout).toContain('--help');
    expect((await daylight('help', command)).stdout).toBe(stdout);
  });

  it('of all commands lists them, and their exit codes', async () => {
    const { code, stdout } = await daylight('--help');
    expect(code).toBe(0);
    expect((await daylight('help')).stdout).toBe(stdout);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).toContain('130 interrupted');
  });

  it('has the version of the package', async () => {
    const manifest: { version: string } = JSON.parse(readFileSync(path.join(repositoryRoot, 'package.json'), 'utf8'));
    expect((await daylight('--version')).stdout.trim()).toBe(manifest.version);
  });
});

describe('exit codes', () => {
  it.each([
    ['an unknown command', ['stauts'], /Did you mean status\?/],
    ['an unknown option', ['run', HELLO, '--arg', '1'], /Did you mean --args\?/],
    ['an unknown list', ['list', 'taks'], /did you mean "tasks"/],
    ['an unknown column', ['list', 'tasks', '--where', 'status=failed'], /did you mean "state"/],
    ['a column to sort by that is not there', ['list', 'jobs', '--sort', '-start'], /"start"/],
    ['a filter without a value', ['list', 'tasks', '--where', 'state'], /column=value/],
    ['two forms at once', ['list', 'tasks', '--json', '--csv'], /not both/],
    ['an id that is none', ['why', '17'], /3\.1057/],
    ['a priority that is none', ['submit', HELLO, '--priority', '0'], /0\.01 to 100/],
    ['a shell that is none', ['completion', 'tcsh'], /bash, zsh, fish/],
    ['a time that is none', ['put', HELLO, '--hold', 'long'], /10m/],
    ['artefacts of an object', ['get', '1.1', '--artefacts', 'x'], /for jobs/],
    ['arguments that are no JSON', ['run', HELLO, '--args', '{n: 1}'], /not JSON/],
    ['a port that is none', ['up', '--port', '70000'], /65535/],
    ['an address without a token', ['run', HELLO, '--address', 'localhost:7700'], /token/],
    ['a resource without an amount', ['join', 'localhost:7700', '--token', 't', '--resource', 'gpu'], /name=amount/],
  ])('are 2 for %s', async (_, args, message) => {
    const { code, stdout, stderr } = await daylight(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('are 3 for a server that is not there', async () => {
    // They look for it for ten seconds, in case it is just starting: all at once.
    const absent = 'http://127.0.0.1:1';
    const ends = await Promise.all([
      daylight('run', HELLO, '--address', absent, '--token', 't'),
      daylight('join', absent, '--token', 't'),
      ...[
        ['status'],
        ['list', 'jobs'],
        ['logs', '7'],
        ['stop', '7', '--yes'],
        ['why', '1.1'],
        ['timeline', '7'],
        ['get', '1.1'],
        ['get', '7'],
        ['put', HELLO],
        ['submit', HELLO],
      ].map((args) => daylight(...args, '--address', absent, '--token', 't')),
    ]);
    // Who joins hears of it at once, and again at the end.
    expect(ends[1]?.stderr.match(/127\.0\.0\.1:1 cannot be reached .*, trying again for some seconds/g)).toHaveLength(
      1,
    );
    for (const { code, stdout, stderr } of ends) {
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toContain('127.0.0.1:1');
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it('are 3 for a token that the server does not know, and 2 where no server is known', async () => {
    const wrong = await daylight('status', '--address', cluster.address.url, '--token', 'wrong');
    expect(wrong).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('--token or DAYLIGHT_TOKEN') });
    const env = { DAYLIGHT_HOME: path.join(folder, 'nowhere') };
    for (const args of [['status'], ['submit', HELLO], ['join']]) {
      const { code, stderr } = await cluster.processes.daylight(args, { env }).end();
      expect(code).toBe(2);
      expect(stderr).toMatch(/say which (cluster|server): .*runs on this machine/);
    }
  });

  it('are 2 for a job module that is not there, or no file', async () => {
    const { url, operatorToken } = cluster.address;
    for (const command of ['run', 'submit']) {
      const args = [command, '--address', url, '--token', operatorToken];
      expect(await daylight(...args, 'no-such-job.ts')).toEqual({
        code: 2,
        stdout: '',
        stderr: 'daylight: no-such-job.ts: there is no such file\n',
      });
      expect(await daylight(...args, folder)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('is not a file'),
      });
    }
  });

  it('are 2 for an argument that does not fit what the module says of it', async () => {
    const file = path.join(folder, 'form.ts');
    writeFileSync(
      file,
      "export const args = { type: 'object', properties: { upTo: { type: 'integer', minimum: 1000 } } } as const;\nexport default async function main({ upTo = 1000 } = {}) {\n  return upTo;\n}\n",
    );
    const { url, operatorToken } = cluster.address;
    for (const command of ['run', 'submit']) {
      const args = [command, file, '--address', url, '--token', operatorToken];
      expect(await daylight(...args, '--args', '{"upTo": 5}')).toEqual({
        code: 2,
        stdout: '',
        stderr: 'daylight: upTo must be an integer of at least 1000\n',
      });
    }
    writeFileSync(path.join(folder, 'args.json'), '{"upTo": 2000}');
    const args = [
      'run',
      file,
      '--address',
      url,
      '--token',
      operatorToken,
      '--args',
      `@${path.join(folder, 'args.json')}`,
    ];
    expect(await daylight(...args)).toMatchObject({ code: 0, stdout: '2000\n' });
  });
});

describe('daylight run', () => {
  it('prints the result alone on standard output: one line with --json, indented without', async () => {
    const { url, joinToken } = cluster.address;
    const args = ['run', HELLO, '--address', url, '--token', joinToken, '--args', '{"n":3}'];
    const [plain, json] = await Promise.all([daylight(...args), daylight(...args, '--json')]);
    expect(json.stdout).toBe('{"squares":[0,1,4],"total":5}\n');
    expect(plain.stdout).toBe(`${JSON.stringify({ squares: [0, 1, 4], total: 5 }, undefined, 2)}\n`);
    expect(plain.stderr).toContain('3 squares are there');
  });

  it('takes address and token from the environment', async () => {
    const { url, joinToken } = cluster.address;
    const env = { DAYLIGHT_ADDRESS: url, DAYLIGHT_TOKEN: joinToken };
    const { code } = await cluster.processes.daylight(['run', HELLO, '--name', 'from the environment'], { env }).end();
    expect(code).toBe(0);
    expect((await cluster.jobs()).map(({ name, status }) => [name, status])).toContainEqual([
      'from the environment',
      'succeeded',
    ]);
  });

  it('shows what tasks print, with their ids', async () => {
    const { stderr } = await cluster.run('chatty.ts');
    expect(stderr).toMatch(/^\[\d+\.\d+\] task 1 says hello$/m);
    expect(stderr).toMatch(/^\[\d+\.\d+\] task 2 says hello$/m);
    expect(stderr).toMatch(/^main says hello$/m);
  });

  it('has a cluster of its own without an address', async () => {
    const { code, stdout } = await daylight('run', HELLO, '--args', '{"n":2}', '--cpus', '1', '--json');
    expect({ code, stdout }).toEqual({ code: 0, stdout: '{"squares":[0,1],"total":1}\n' });
  });

  it('cancels the job at Ctrl-C', async () => {
    const job = cluster.startJob('chatty.ts', { args: { forever: true }, name: 'interrupted' });
    await job.says(/task 1 says hello/);
    job.signal('SIGINT');
    const { code, stdout, stderr } = await job.end(15_000);
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    expect(stderr).toContain('cancelling the job');
    const ended = await until('the job has ended', async () =>
      (await cluster.jobs()).find(({ name, status }) => name === 'interrupted' && status !== 'running'),
    );
    expect(ended).toMatchObject({ status: 'stopped', unfinished: 0 });
    await until('its tasks are gone', async () => (await cluster.nodeIs('host', 'connected')).runningTasks === 0);
  });

  it('says nothing of its own cluster that Ctrl-C has ended, too', async () => {
    const args = ['bin/daylight.ts', 'run', jobFile('chatty.ts'), '--args', '{"forever": true}', '--cpus', '2'];
    // As in a terminal: the signal goes to all processes of the group.
    const { running } = cluster.processes.group(process.execPath, ['--conditions=daylight-source', ...args]);
    await running.says(/task 1 says hello/);
    running.signal('SIGINT');
    const { code, stderr } = await running.end(15_000);
    expect(code).toBe(130);
    expect(stderr).not.toContain('out of reach');
  });

  it('leaves at once at a second Ctrl-C', async () => {
    const job = cluster.startJob('chatty.ts', { args: { forever: true }, name: 'left' });
    await job.says(/task 1 says hello/);
    // A server that does not answer makes the orderly way long.
    cluster.server.signal('SIGSTOP');
    try {
      job.signal('SIGINT');
      await job.says(/cancelling the job/);
      job.signal('SIGINT');
      // The shell says 130 of either.
      expect([130, 'SIGINT']).toContain((await job.end(2_500)).code);
    } finally {
      cluster.server.signal('SIGCONT');
    }
    await until(
      'the job has ended',
      async () => (await cluster.jobs()).some(({ name, status }) => name === 'left' && status !== 'running'),
      60_000,
    );
  });
});

describe('daylight status', () => {
  it('shows nodes, jobs and load, for people and as JSON', async () => {
    const { url, operatorToken } = cluster.address;
    const args = ['status', '--address', url, '--token', operatorToken];
    const [plain, json] = await Promise.all([daylight(...args), daylight(...args, '--json')]);
    expect(plain.stdout).toMatch(/1 nodes?, \S+ of 2 CPUs free/);
    expect(plain.stdout).toMatch(/^NODE +NAME +ROLE/m);
    expect(plain.stdout).toMatch(/^\d+ +host +host +connected/m);
    expect(json.stdout.trimEnd().split('\n').length).toBe(1);
    // The server of this machine is found without a word.
    expect((await daylight('status')).stdout).toMatch(/^NODE +NAME +ROLE/m);
    expect(JSON.parse(json.stdout)).toMatchObject({
      cluster: { hosts: 1, cpus: 2, infeasible: [] },
      nodes: expect.arrayContaining([expect.objectContaining({ name: 'host', state: 'connected' })]),
      jobs: expect.any(Array),
    });
  });
});

describe('daylight up and join', () => {
  it('tell people what to do next, and leave in order', async () => {
    const up = cluster.processes.daylight(['up', '--port', '0', '--data', path.join(folder, 'up'), '--cpus', '1']);
    const [, url = ''] = await up.says(/Daylight listens on (http:\S+)/);
    const [, token = ''] = await up.says(/daylight run job\.ts --address \S+ --token (\S+)/);
    const join = cluster.processes.daylight(['join', url, '--token', token, '--cpus', '1', '--name', 'guest']);
    await join.says(/joined http:\S+ as node \d+ \(guest\) with 1 CPU/);
    const { stdout } = await daylight('run', HELLO, '--address', url, '--token', token, '--args', '{"n":2}', '--json');
    expect(stdout).toBe('{"squares":[0,1],"total":1}\n');
    const later = cluster.processes.daylight(['join', '--cpus', '1', '--name', 'second', '--json']);
    // Two streams: the line of the one may be here before that of the other.
    await until('it says so in JSON', () => later.stdout.endsWith('\n'));
    expect(JSON.parse(later.stdout)).toEqual({ name: 'second', url, cpus: 1 });
    later.signal('SIGINT');
    expect((await later.end(10_000)).code).toBe(0);
    expect(serversKnown()).toHaveLength(2);
    join.signal('SIGINT');
    expect(await join.end(10_000)).toMatchObject({ code: 0, stderr: expect.stringContaining('guest has left') });
    up.signal('SIGINT');
    expect((await up.end(10_000)).code).toBe(0);
    // The other server of this account is found again.
    expect(serversKnown()).toEqual([`${cluster.server.pid}.json`]);
    expect((await daylight('status')).stdout).toMatch(/^\d+ +host +host +connected/m);
  });

  it('know the files of jobs wherever they are called from', async () => {
    const { url, joinToken } = cluster.address;
    const args = ['run', 'chatty.ts', '--address', url, '--token', joinToken];
    const { code } = await cluster.processes.daylight(args, { cwd: path.dirname(jobFile('chatty.ts')) }).end();
    expect(code).toBe(0);
  });
});
