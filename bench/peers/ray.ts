// Ray as the peer: measured beside us if it is installed for python3, else what an earlier run of Ray's own benchmark
// gave on the same kind of machine. Only the first kind can be quoted as a ratio without a footnote.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Timing } from '../harness/measure.ts';
import { ROW_LIST, type RowName } from '../micro/row-list.ts';
import type { PeerFigures } from './peer-figures.ts';

const PROGRAM = fileURLToPath(new URL('./ray_perf.py', import.meta.url));
/** Exit code by which the program says that Ray is not installed. */
const NO_RAY = 3;

/**
 * Ray 2.58.0, its own ray_perf.py, 2 vCPUs. A `remote driver` row has the peer's figure for a driver on the head node: Ray
 * has no other kind that submits tasks at a comparable rate.
 */
const RECORDED: PeerFigures = {
  name: 'Ray 2.58.0',
  note: 'peer: another run on the same kind of machine (2 vCPU), not this one',
  values: {
    'single client get calls': 17_168,
    'single client put calls': 2_298,
    'single client put gigabytes': 10,
    'single client tasks and get batch': 2.67,
    'single client get object containing 10k refs': 15.5,
    'single client wait 1k refs': 2.24,
    'single client tasks sync': 700,
    'single client tasks async': 2_479,
    'multi client tasks async': 2_650,
    '1:1 actor calls sync': 1_708,
    '1:1 actor calls async': 5_951,
    '1:n actor calls async': 5_959,
    'n:n actor calls async': 6_507,
    'remote driver tasks async': 2_479,
    'remote driver tasks sync': 700,
  },
};

/** Ray's figures: live ones for `wanted` rows if Ray is installed and `live` is set, else the recorded ones. */
export async function rayFigures(live: boolean, timing: Timing, wanted: readonly RowName[]): Promise<PeerFigures> {
  const known = wanted.filter((name) => RECORDED.values[name] !== undefined);
  return (live && known.length > 0 ? await measureRay(timing, known) : undefined) ?? RECORDED;
}

/** Runs our script of the same shapes; undefined without Ray. Rejects if Ray is there and the script fails. */
async function measureRay(timing: Timing, wanted: readonly RowName[]): Promise<PeerFigures | undefined> {
  const child = spawn('python3', [PROGRAM, JSON.stringify({ ...timing, wanted })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exitCode = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(NO_RAY));
    child.once('close', resolve);
  });
  if (exitCode === NO_RAY) return undefined;
  if (exitCode !== 0) throw new Error(`bench/peers/ray_perf.py ended with exit code ${exitCode}`);
  // Ray prints on standard output, too: the answer is the last line.
  const answer: unknown = JSON.parse(output.trim().split('\n').at(-1) ?? '');
  return {
    name: `Ray ${String(Reflect.get(Object(answer), 'version'))}`,
    note: 'peer measured in this run',
    values: valuesOf(answer),
  };
}

function valuesOf(answer: unknown): PeerFigures['values'] {
  const measured: unknown = Reflect.get(Object(answer), 'values');
  const values: Partial<Record<RowName, number>> = {};
  for (const { name } of ROW_LIST) {
    const value: unknown = Reflect.get(Object(measured), name);
    if (typeof value === 'number') values[name] = value;
  }
  return values;
}
