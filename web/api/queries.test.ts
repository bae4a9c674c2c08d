import { describe, expect, it } from 'vitest';
import { ApiFailure } from '#shared/api/client.ts';
import { headersOf, NoConnectionError } from './browser-client.ts';
import { keyOf, pollingOf } from './queries.ts';
import { mayHelpToRetry } from './query-cache.ts';

describe('how fresh an answer is', () => {
  it('is the live channel’s business where that tells', () => {
    expect(pollingOf(keyOf('getCluster'), true)).toBe(false);
    expect(pollingOf(keyOf('getCluster'), false)).toBeGreaterThan(0);
    expect(pollingOf(keyOf('listTasks'), true)).toBeGreaterThan(0);
  });

  it('is asked for where a filter stands in between', () => {
    expect(pollingOf(keyOf('listJobs', { query: { limit: 100 } }), true)).toBe(false);
    expect(pollingOf(keyOf('listJobs', { query: { limit: 100, status: 'running' } }), true)).toBeGreaterThan(0);
  });

  it('ends where nothing changes, and where somebody reads far down', () => {
    expect(pollingOf(keyOf('listExamples'), false)).toBe(false);
    expect(pollingOf(keyOf('listTasks'), true, 4)).toBe(false);
    expect(pollingOf(['something else'], true)).toBeGreaterThan(0);
  });
});

describe('a request', () => {
  it('says that it comes from this page when it changes something', () => {
    expect(headersOf({ method: 'GET', path: '/', body: undefined })).not.toHaveProperty('x-daylight');
    expect(headersOf({ method: 'POST', path: '/', body: '{}' })).toMatchObject({
      'x-daylight': '1',
      'content-type': 'application/json',
    });
    expect(headersOf({ method: 'DELETE', path: '/', body: undefined })).not.toHaveProperty('content-type');
  });

  it('is repeated if that may help', () => {
    expect(mayHelpToRetry(0, new NoConnectionError(new TypeError('failed')))).toBe(true);
    expect(mayHelpToRetry(1, new ApiFailure(503, 'busy', '', []))).toBe(true);
    expect(mayHelpToRetry(9, new ApiFailure(503, 'busy', '', []))).toBe(false);
    expect(mayHelpToRetry(0, new ApiFailure(404, 'not-found', '', []))).toBe(false);
  });
});
