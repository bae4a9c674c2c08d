import { describe, expect, it } from 'vitest';
import { ApiFailure } from '#shared/api/client.ts';
import type { FunctionProgress } from '#shared/api/schemas.ts';
import { NoConnectionError } from '../../api/browser-client.ts';
import { functionRows, shareOver } from '../jobs/function-rows.ts';
import { describeFailure, sentence } from './failure-words.ts';
import { readSearch, writeSearch } from './search.ts';
import { nodeState, roleWords, wordsOf } from './states.ts';

describe('a failure', () => {
  const answer = (status: number, message = ''): ApiFailure => new ApiFailure(status, 'code', message, []);

  it('says what it is and what to do', () => {
    expect(describeFailure(new NoConnectionError(new TypeError())).title).toBe('No connection to the server');
    expect(describeFailure(answer(404), 'job').title).toBe('There is no such job');
    expect(describeFailure(answer(404), 'object').advice).toContain('freed');
    expect(describeFailure(answer(403)).title).toBe('You may only look');
    expect(describeFailure(answer(503, 'the storage is full')).advice).toBe('The storage is full.');
    expect(describeFailure(answer(500, 'it failed')).advice).toContain('Its log says why');
    expect(describeFailure(answer(422, 'args is no object')).advice).toBe('Args is no object.');
    expect(describeFailure(new RangeError('odd')).advice).toContain('odd');
  });

  it('is a sentence', () => {
    expect([sentence(' waits for a node '), sentence('Really?'), sentence('')]).toEqual([
      'Waits for a node.',
      'Really?',
      '',
    ]);
  });
});

describe('states', () => {
  it('have words, also those that are not known', () => {
    expect(wordsOf('queued')).toEqual({ label: 'Waits for a node', tone: 'waiting' });
    expect(wordsOf('new-state')).toEqual({ label: 'new-state', tone: 'calm' });
  });

  it('of a node say what its owner decided', () => {
    expect(nodeState({ state: 'connected', paused: true })).toBe('paused');
    expect(nodeState({ state: 'dead', paused: true })).toBe('dead');
    expect(roleWords({ role: 'tab', trusted: false })).toBe('Browser tab of a stranger');
  });
});

describe('the search part of an address', () => {
  it('is text in both directions', () => {
    expect(readSearch('?job=7&sort=-id')).toEqual({ job: '7', sort: '-id' });
    expect(writeSearch({ job: '7', name: 'a b', none: undefined, empty: '' })).toBe('?job=7&name=a+b');
    expect(writeSearch({})).toBe('');
  });
});

describe('the functions of a job', () => {
  const row = (fn: string, kind: FunctionProgress['kind'], succeeded: number, queued = 0): FunctionProgress => ({
    ...{
      fn,
      kind,
      succeeded,
      queued,
      waiting: 0,
      running: 0,
      failed: 0,
      cancelled: 0,
      retries: 0,
      totalMs: 0,
      meanMs: 0,
    },
  });
  const names = (functions: FunctionProgress[]): unknown[] =>
    functionRows(functions).map(({ progress, methods }) => [progress.fn, methods.map(({ fn }) => fn)]);

  it('are a tree: methods stand below their class, what has most calls comes first', () => {
    expect(names([row('add', 'method', 9), row('job#Counter', 'actor', 1), row('job#square', 'task', 5)])).toEqual([
      ['job#square', []],
      ['job#Counter', ['add']],
    ]);
  });

  it('stand alone where it is not clear whose they are', () => {
    const classes = [row('job#One', 'actor', 1), row('job#Two', 'actor', 1)];
    expect(names([...classes, row('One.add', 'method', 2), row('call', 'method', 3)])).toEqual([
      ['call', []],
      ['job#One', ['One.add']],
      ['job#Two', []],
    ]);
  });

  it('are over by that share', () => {
    expect(shareOver(row('f', 'task', 3, 1))).toBe(0.75);
    expect(shareOver(row('f', 'task', 0))).toBe(0);
  });
});
