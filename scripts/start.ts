/*
 * `npm start`: a whole cluster on this machine — server, one node with two workers — and the main example run on it, to
 * the result. Everything goes through the command line that users have, each part a process of its own. Progress is on
 * standard error, the result on standard output. Stays up until Ctrl-C; `--exit` leaves after the job with its exit
 * code, `--json` prints the result as the last line instead of as a table.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

import { ensureWebBuilt } from './build-web.ts';
import { repositoryRoot } from './source-files.ts';

const DAYLIGHT = 'bin/daylight.ts';
const JOB = 'examples/digits/job.ts';
const WORKERS = 2;
const DEFAULT_PORT = 7700;
const STOP_LIMIT_MS = 5_000;

interface ServerAddress {
  url: string;
  joinToken: string;
  operatorUrl: string;
  donateUrl: string;
}

interface Trial {
  params: { learningRate: number; hidden: number; momentum: number };
  validationAccuracy: number;
  rung: number;
  node: string;
}

interface SearchResult {
  trials: Trial[];
  best: { params: Trial['params']; accuracy: number };
  nodes: { id: string; tasks: number }[];
  seconds: number;
}

/** Starts `daylight` with these arguments; what it says goes to our standard error. */
function daylight(args: readonly string[], stdin: 'pipe' | 'ignore'): ChildProcess {
  return spawn(process.execPath, [DAYLIGHT, ...args], { cwd: repositoryRoot, stdio: [stdin, 'pipe', 'inherit'] });
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Everything a child prints, and the first line as soon as it is there. */
function outputOf(child: ChildProcess): { firstLine: Promise<string>; all: () => string } {
  let text = '';
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')));
    });
    child.once('exit', (code) => reject(new Error(`it ended with exit code ${code}`)));
  });
  firstLine.catch(() => undefined);
  return { firstLine, all: () => text };
}

/** The trials, best first, and the winner. */
function table({ trials, best, nodes, seconds }: SearchResult): string {
  const percent = (fraction: number): string => `${(100 * fraction).toFixed(2)} %`;
  const rows = [
    ['rank', 'rate', 'hidden', 'momentum', 'rung', 'validation', 'node'],
    ...trials.map(({ params, validationAccuracy, rung, node }, index) =>
      [index + 1, params.learningRate, params.hidden, params.momentum, rung, percent(validationAccuracy), node].map(
        String,
      ),
    ),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '));
  const { learningRate, hidden, momentum } = best.params;
  const total = nodes.reduce((sum, node) => sum + node.tasks, 0);
  const tasks = `${total} tasks (${nodes.map((node) => `${node.tasks} on ${node.id}`).join(', ')})`;
  return [
    ...lines,
    '',
    `Best: rate ${learningRate}, hidden ${hidden}, momentum ${momentum}: ${percent(best.accuracy)} on digits nobody has looked at`,
    `${tasks}, ${seconds.toFixed(1)} s`,
  ].join('\n');
}

async function stop(server: ChildProcess, node: ChildProcess): Promise<void> {
  const limit = setTimeout(() => [server, node].forEach((child) => child.kill('SIGKILL')), STOP_LIMIT_MS);
  // First the node: a server that ends before it has heard the good-bye waits for that node at its next start.
  if (isRunning(node)) {
    const ended = exitOf(node);
    node.kill('SIGTERM');
    await ended;
  }
  if (isRunning(server)) {
    const ended = exitOf(server);
    server.stdin?.end();
    await ended;
  }
  clearTimeout(limit);
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** A signal may reach the children first (Ctrl-C goes to all) or us alone; either way all end. */
function interrupted(): Promise<undefined> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve(undefined));
    process.once('SIGTERM', () => resolve(undefined));
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      exit: { type: 'boolean' },
      json: { type: 'boolean' },
      port: { type: 'string' },
      data: { type: 'string' },
      args: { type: 'string' },
    },
  });
  const port = values.port ?? String(values.exit === true ? 0 : DEFAULT_PORT);
  const whenInterrupted = interrupted();
  await ensureWebBuilt();
  const server = daylight(
    ['up', '--port', port, '--data', values.data ?? '.data', '--json', '--until-stdin-closes'],
    'pipe',
  );
  let address: ServerAddress;
  try {
    address = JSON.parse(await outputOf(server).firstLine) as ServerAddress;
  } catch {
    return 1; // The server has said why.
  }
  const { url, joinToken, operatorUrl, donateUrl } = address;
  const node = daylight(['join', url, '--token', joinToken, '--cpus', String(WORKERS)], 'ignore');
  const job = daylight(
    [
      'run',
      JOB,
      '--address',
      url,
      '--token',
      joinToken,
      '--cpus',
      '0',
      '--json',
      ...(values.args === undefined ? [] : ['--args', values.args]),
    ],
    'ignore',
  );
  const output = outputOf(job);
  const ended = exitOf(job);
  const code = await Promise.race([ended, whenInterrupted]);
  if (code === 0) {
    const line = output.all().trim();
    console.log(values.json === true ? line : table(JSON.parse(line) as SearchResult));
  }
  if (code !== undefined && values.exit !== true) {
    console.error(`\nThe cluster stays up: ${operatorUrl}\nA browser can help too: ${donateUrl}\nCtrl-C ends it.`);
    const ends = [whenInterrupted, exitOf(server).then(() => 'server'), exitOf(node).then(() => 'node')];
    const gone = await Promise.race(ends);
    // Decided once: after Ctrl-C they end because they are told to.
    if (gone !== undefined) console.error(`\nThe ${gone} has ended by itself, and so does this.`);
  } else if (code === undefined) {
    job.kill('SIGTERM');
    await ended;
  }
  await stop(server, node);
  return code ?? 130;
}

process.exit(await main());
