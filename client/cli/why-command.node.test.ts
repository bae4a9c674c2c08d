import { describe, expect, it } from 'vitest';
import { whyLines } from './why-command.ts';

const TASK = { id: '3.17', fn: 'train', job: '2', state: 'leased', node: '9', demand: '2 CPU' };
const CANDIDATE = {
  node: '4',
  waitUs: 1_520_000,
  queuedUs: 1_500_000,
  slots: 2,
  missingBytes: 2_000_000,
  bytesPerSecond: 100e6,
  startUs: 0,
  slowerUs: 0,
};

describe('why a task waits', () => {
  it('is a reason and the candidates, the soonest first, with their terms', () => {
    const lines = whyLines({
      why: {
        state: 'leased',
        reason: 'it is with node 9',
        candidates: [
          CANDIDATE,
          { ...CANDIDATE, node: '9', waitUs: 20_000, queuedUs: 0, missingBytes: 0, startUs: 20_000 },
          { ...CANDIDATE, node: '12', waitUs: 9e9, closed: 'paused' },
        ],
      },
      task: TASK,
      nodes: [
        { id: '4', name: 'lab-1' },
        { id: '9', name: '東京' },
      ],
    });
    expect(lines).toEqual([
      '3.17 (train) of job 2: leased',
      '  it is with node 9',
      '  it asks for 2 CPU',
      '',
      'NODE  NAME    STARTS IN  QUEUED  SLOTS             INPUTS   CODE  NOT NOW BECAUSE',
      '9     東京        20 ms       —      2                  —  20 ms  —',
      '4     lab-1       1.5 s   1.5 s      2  1.9 MB at 95 MB/s      —  —',
      '12    —      2 h 30 min   1.5 s      2  1.9 MB at 95 MB/s      —  paused',
    ]);
  });

  it('is where it was, once it is over', () => {
    const why = { state: 'unknown', reason: 'no such task, or it is over and forgotten', candidates: [] };
    const over = (node: string | null): string[] =>
      whyLines({ why, task: { ...TASK, state: 'failed', node }, nodes: [{ id: '9', name: '東京' }] });
    expect(over('9')).toEqual([
      '3.17 (train) of job 2: failed',
      '  it is over, and was on node 9 (東京)',
      '  it asked for 2 CPU',
    ]);
    expect(over('4').at(-2)).toBe('  it is over, and was on node 4');
    expect(over(null).at(-2)).toBe('  it is over, and was never with a node');
  });

  it('T1 is the reason alone where nothing was weighed, without what a terminal would obey', () => {
    const why = { state: 'infeasible', reason: 'no node has GPU', candidates: [] };
    expect(whyLines({ why, task: { ...TASK, fn: 'a\u001b[2Jb', demand: 'nothing' }, nodes: [] })).toEqual([
      '3.17 (ab) of job 2: infeasible',
      '  no node has GPU',
      '  it asks for nothing but a node',
    ]);
  });
});
