import { describe, expect, it } from 'vitest';
import { cellText, checkField, headingOf, KINDS, parseKind, sortRows, tableColumn } from './columns.ts';
import { fitTable } from './table.ts';

const NOW_MS = Date.parse('2026-03-10T12:00:00Z');

const NODES = [
  {
    id: '4',
    name: 'lab-1',
    role: 'host',
    state: 'connected',
    labels: ['role=host', 'zone=a'],
    cpus: 8,
    freeCpus: 2.5,
    rssBytes: 3 * 2 ** 30,
  },
  { id: '11', name: '東京', role: 'tab', state: 'dead', cpus: 2, freeCpus: 0, rssBytes: 0, platform: 'Chromium 140' },
];

describe('columns of lists', () => {
  it('are the fields of the API', () => {
    for (const { fields, shown } of Object.values(KINDS)) expect(fields).toEqual(expect.arrayContaining([...shown]));
    expect(KINDS.tasks.fields).toContain('runMs');
    expect(parseKind('jobs')).toBe('jobs');
    expect(parseKind('node')).toBe('nodes');
    expect(() => parseKind('job s')).toThrow(/list jobs, nodes, tasks, actors, objects/);
    expect(() => parseKind('takss')).toThrow(/did you mean "tasks"/);
    expect(() => checkField('tasks', 'status')).toThrow(/tasks have no column "status"; did you mean "state"/);
    expect(() => checkField('tasks', 'colour')).toThrow(/they have id, job, fn/);
  });

  it('have headings in words', () => {
    expect(['id', 'startedAt', 'freeCpus', 'rssBytes', 'runMs', 'className'].map(headingOf)).toEqual([
      'ID',
      'STARTED',
      'FREE',
      'RSS',
      'RUN',
      'CLASS NAME',
    ]);
  });

  it.each([
    ['startedAt', '2026-03-10T11:58:00Z', '2 min ago'],
    ['endedAt', null, '—'],
    ['sizeBytes', 2048, '2 KB'],
    ['runMs', 1500, '1.5 s'],
    ['progress', 0.25, '25 %'],
    ['trusted', false, 'no'],
    ['nodes', ['3', '4'], '3, 4'],
    ['nodes', [], '—'],
    ['resources', { GPU: 1, robot: 2 }, 'GPU=1 robot=2'],
    ['facts', { gpu: { vendor: 'x' } }, 'gpu={"vendor":"x"}'],
    ['cpus', 2.5, '2.5'],
    ['note', '', '—'],
  ])('%s of %j reads %s', (field, value, text) => expect(cellText(field, value, NOW_MS)).toBe(text));

  it('make a table that fits', () => {
    const columns = KINDS.nodes.shown.map((field) => tableColumn(field, NODES, NOW_MS));
    expect(fitTable(columns).lines).toEqual([
      'ID  NAME   ROLE  STATE      CPUS  FREE  RUNNING  EXECUTED  LABELS              RSS  PLATFORM',
      '4   lab-1  host  connected     8   2.5  —        —         role=host, zone=a  3 GB  —',
      '11  東京   tab   dead          2     0  —        —         —                   0 B  Chromium 140',
    ]);
    const { lines, dropped } = fitTable(columns, 30);
    expect(lines[1]).toBe('4   lab-1  connected     8');
    expect(dropped).toContain('PLATFORM');
  });

  it('T1 show no more than one line of what others wrote', () => {
    const rows = [{ error: 'Error: one\ntwo \u001b[31mred\u001b[2J' }];
    expect(tableColumn('error', rows, NOW_MS).cells).toEqual(['Error: one two red']);
  });

  it('sort as people count, what is absent last', () => {
    const rows = [{ id: '10' }, { id: '9', runMs: 5 }, { id: '11', runMs: null }, { id: '2', runMs: 40 }];
    const ids = (field: string, down: boolean): unknown[] => sortRows(rows, field, down).map(({ id }) => id);
    expect(ids('id', false)).toEqual(['2', '9', '10', '11']);
    expect(ids('runMs', false)).toEqual(['9', '2', '10', '11']);
    expect(ids('runMs', true)).toEqual(['2', '9', '10', '11']);
  });
});
