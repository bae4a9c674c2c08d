import { describe, expect, it } from 'vitest';
import type { WorkerRequest } from '#shared/protocol/worker-messages.ts';
import { WorkerQuota } from './worker-quota.ts';

const NO_BYTES = new Uint8Array(0);
const RANGE = 1_000;

function fresh() {
  return new WorkerQuota({ count: 0, bytes: 0 });
}

function put(object: number): WorkerRequest {
  return {
    kind: 'put',
    object,
    parent: 1,
    sizeBytes: 0,
    value: NO_BYTES,
    nested: [],
    k: 0,
    digest: NO_BYTES,
    attachment: 0,
  };
}

function block(id: number, names = 1): WorkerRequest {
  return {
    kind: 'block',
    id,
    task: 1,
    objects: Array.from({ length: names }, () => 5),
    needed: 1,
    timeoutMs: 0,
    fetch: true,
  };
}

/** The first answer that is a refusal, and how many messages came before it. */
function refusedAfter(quota: WorkerQuota, message: (number: number) => WorkerRequest, limit: number) {
  for (let number = 0; number < limit; number += 1) {
    const why = quota.admit(message(number));
    if (why !== undefined) return { number, why };
  }
  return undefined;
}

describe('what one sandbox worker may have open', () => {
  it('B1 names are given to who used those he has', () => {
    const quota = fresh();
    const more: WorkerRequest = { kind: 'moreKeys', left: 1 };
    quota.told({ kind: 'keys', from: 0, to: RANGE });
    expect(quota.admit(more)).toMatch(/names/);
    for (let round = 0; round < 3; round += 1) {
      for (let name = 0; name < RANGE * 0.75; name += 1) expect(quota.admit(put(name))).toBeUndefined();
      expect(quota.admit(more)).toBeUndefined();
      quota.told({ kind: 'keys', from: RANGE, to: RANGE * 2 });
    }
    expect(quota.admit(more)).toBeUndefined();
    quota.told({ kind: 'keys', from: 0, to: RANGE * 4 });
    expect(quota.admit(more)).toMatch(/names/);
  });

  it('B1 waiting calls have a bound, in number and in names; those that are over do not count', () => {
    const quota = fresh();
    const pairs = (number: number): WorkerRequest =>
      number % 2 === 0 ? block(number) : { kind: 'unblock', id: number - 1 };
    expect(refusedAfter(quota, pairs, 500_000)).toBeUndefined();
    for (let id = 0; id < 1_000; id += 1) {
      quota.admit(block(id));
      quota.told({ kind: 'unblocked', id, timedOut: false });
    }
    expect(refusedAfter(quota, (id) => block(id), 300_000)?.number).toBe(200_000);
    const large = fresh();
    expect(refusedAfter(large, (id) => block(id, 900_000), 9)?.number).toBe(2);
  });

  it('T1 a call or a question that is open has its number for itself', () => {
    const quota = fresh();
    const ask: WorkerRequest = { kind: 'request', id: 1, method: 'getActor', body: NO_BYTES };
    for (const message of [block(1), ask]) {
      expect(quota.admit(message)).toBeUndefined();
      expect(quota.admit(message)).toMatch(/twice/);
    }
    quota.told({ kind: 'response', id: 1, ok: true, body: NO_BYTES });
    expect(quota.admit(ask)).toBeUndefined();
  });

  it('B1 questions and holdings have a bound', () => {
    const ask = (id: number): WorkerRequest => ({ kind: 'request', id, method: 'getActor', body: NO_BYTES });
    expect(refusedAfter(fresh(), ask, 20_000)?.number).toBe(10_000);
    expect(fresh().admit({ kind: 'request', id: 1, method: 'getActor', body: new Uint8Array(2_000) })).toBeDefined();
    const hold = (object: number): WorkerRequest => ({ kind: 'hold', object, holder: 0 });
    expect(refusedAfter(fresh(), hold, 3_000_000)?.number).toBe(2_000_000);
    const paired = (number: number): WorkerRequest =>
      number % 2 === 0 ? hold(number) : { kind: 'release', object: number - 1, holder: 0 };
    expect(refusedAfter(fresh(), paired, 100_000)).toBeUndefined();
  });

  it('B1 functions and options count for the job, over all its workers', () => {
    const job = { count: 0, bytes: 0 };
    const define = (fn: number): WorkerRequest => ({ kind: 'function', fn, module: '', name: 'f', functionKind: 0 });
    expect(refusedAfter(new WorkerQuota(job), define, 15_000)).toBeUndefined();
    expect(refusedAfter(new WorkerQuota(job), define, 15_000)?.number).toBe(5_000);
    const options = (number: number): WorkerRequest => ({ kind: 'options', options: number, json: 'x'.repeat(16_000) });
    expect(refusedAfter(fresh(), options, 10_000)?.number).toBe(1_048);
    expect(fresh().admit(define(2 ** 40))).toBeDefined();
  });
});
